"""Profile pictures: each is a row of its own, which only requests for the picture read.

A picture is sent as a data URL. `image` of the profile is then the URL at which it is served, with an id that changes
with each picture: so it can be cached. A user has one row at most, written together with the profile.
"""

import secrets
from base64 import b64decode
from binascii import Error
from dataclasses import asdict, dataclass

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from gatehouse.accounts.model import is_link
from gatehouse.accounts.table import ProfileRow
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName, TransactItem, batch_get, delete, put
from gatehouse.errors import InvalidInput, NotFound
from gatehouse.errors.accounts import PictureNotSupported, PictureTooLarge

LARGEST = 75_000  # bytes; a PNG of 128 by 128 pixels has 65 752 at most
_PATH = "/api/auth/picture"
_PICTURE = "PICTURE"
_LONGEST_ID = 36  # characters of a user's
_NO_LINK = "Send a link that begins with https:// and has at most 500 characters, or a PNG, JPEG or WebP picture."
_REPLACED = "This picture was replaced or removed. Load the profile again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as it is served."""

    picture_id: str
    media_type: str
    content: bytes


class PictureAttributes:
    """The attributes of a row with a picture."""

    picture_id = UnicodeAttribute()
    media_type = UnicodeAttribute()
    content = BinaryAttribute(legacy_encoding=False)


class PictureRow(PictureAttributes, Row):
    """The picture of a user. Its partition is its own, so that the function that serves it may read no other."""

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_PICTURE)


def parse_image(sent: str | None, user_id: str, base_url: str) -> tuple[str | None, Picture | None]:
    """Return what a client sent as `image`, as the profile has it: a link, or our URL of the picture, and that picture.

    Raises PictureNotSupported, PictureTooLarge, and InvalidInput for what is no acceptable link.
    """
    if not sent:
        return None, None
    if sent.startswith("data:"):
        picture = _parse_data_url(sent)
        return f"{base_url}{picture_path(user_id)}{picture.picture_id}", picture
    if sent.startswith(f"{base_url}{_PATH}/"):
        raise _invalid(_REPLACED)
    if not is_link(sent):
        raise _invalid(_NO_LINK)
    return sent, None


def store(user_id: str, picture: Picture | None) -> TransactItem:
    """Return the write that makes this the user's only picture; None removes it."""
    key = _key(user_id)[1:]
    return put(PictureRow(*key, **asdict(picture))) if picture else delete(PictureRow(*key))


def find_picture(user_id: str, picture_id: str) -> Picture:
    """Return a picture; raises NotFound when it is not the user's current one."""
    row: PictureRow | None = batch_get(_key(user_id))[0] if len(user_id) <= _LONGEST_ID else None
    if not row or row.picture_id != picture_id:
        raise NotFound
    return row.to(Picture)


def own_picture(profile: ProfileRow) -> Picture | None:
    """Return the picture to which a profile points; nothing is read for a link."""
    if picture_path(profile.user_id) not in (profile.image or ""):
        return None
    row: PictureRow | None
    (row,) = batch_get(_key(profile.user_id))
    return row.to(Picture) if row else None


def _parse_data_url(url: str) -> Picture:
    """Return the picture of a data URL, of the type that its content has: browsers that cannot write the type that a
    script asks for write PNG, and the script declares what it asked for.
    """
    declared, _, encoded = url.partition(",")
    try:
        content = b64decode(encoded, validate=True)
    except (Error, ValueError):
        content = b""
    media_type = _media_type(content)
    if not media_type or not declared.startswith("data:image/") or not declared.endswith(";base64"):
        raise PictureNotSupported
    if len(content) > LARGEST:
        raise PictureTooLarge
    return Picture(picture_id=secrets.token_urlsafe(16), media_type=media_type, content=content)


def _media_type(content: bytes) -> str | None:
    """Return the type of a picture by its first bytes; none that can contain a script."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if (content[:4], content[8:12]) == (b"RIFF", b"WEBP") else None


def picture_path(user_id: str) -> str:
    """Return the path of a user's pictures, to which the id of one is added."""
    return f"{_PATH}/{user_id}/"


def _key(user_id: str) -> Key:
    return PictureRow, f"PICTURE#{user_id}", _PICTURE


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(f"[body.image] {message}", details=[{"field": "body.image", "message": message}])
