"""Pictures of sign-ups that wait for their address to be verified."""

from dataclasses import asdict, replace

from pynamodb.attributes import TTLAttribute, UnicodeAttribute

from gatehouse import clock
from gatehouse.accounts.model import User
from gatehouse.accounts.pictures import Picture, PictureAttributes, picture_path, store
from gatehouse.accounts.verification_mail import PENDING_KEPT
from gatehouse.attributes import TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import Row, TableName, TransactItem, batch_get
from gatehouse.tokens import email_subject

_PURPOSE = "picture"


class WaitingPictureRow(PictureAttributes, Row):
    """The picture of a pending sign-up, beside its row, and erased with it: mails and sign-ins do not read it."""

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True, default=_PURPOSE)
    created_at = TimestampAttribute()
    delete_at = TTLAttribute()


def store_waiting(email: str, picture: Picture) -> None:
    """Store the picture of a sign-up whose address must be verified, in place of that of an earlier one."""
    now = clock.now()
    delete_at = now + max(PENDING_KEPT, config().verification_lifetime)
    WaitingPictureRow(email_subject(email), created_at=now, delete_at=delete_at, **asdict(picture)).save()


def redeem_waiting(user: User) -> tuple[User, list[TransactItem]]:
    """Return the user of a pending sign-up, and the write of the picture that waited; without one, if it is gone."""
    if picture_path(user.id) not in (user.image or ""):
        return user, []
    row: WaitingPictureRow | None
    (row,) = batch_get((WaitingPictureRow, email_subject(user.email), _PURPOSE))
    if not row or not str(user.image).endswith(f"/{row.picture_id}"):
        return replace(user, image=None), []
    return user, [store(user.id, row.to(Picture))]
