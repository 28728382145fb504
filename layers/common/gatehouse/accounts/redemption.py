"""What redeeming a mailed token does: of a pending sign-up, of an unverified user, or of a change of address.

Whoever has the mailbox may not be whoever set the password. So a password that is there already counts as proven only
when the browser, the session or the request shows that it belongs to whoever redeems the token.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from gatehouse.accounts import outbox, passwords, waiting_pictures
from gatehouse.accounts.failures import count_own_failure
from gatehouse.accounts.former_addresses import former_key, leave_address, move_address
from gatehouse.accounts.lookup import AuthenticatedUser, discard_sign_up, find_profile, pending_user
from gatehouse.accounts.model import User
from gatehouse.accounts.pointers import email_key, taken_by
from gatehouse.accounts.proofs import mark_verified, mark_verified_unproven
from gatehouse.accounts.table import ProfileRow, assert_unchanged, create_profile, new_profile
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, put
from gatehouse.errors.accounts import InvalidPassword, PasswordRequired
from gatehouse.sessions import ClientInfo, advance_epoch, create_epoch
from gatehouse.tokens import Purpose, TokenRow

_NEW, _CURRENT = {"password": "new"}, {"password": "current"}  # which password is required


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """A request that redeems a mailed token, and what may show whose account it is.

    `sign_up_id` finds the sign-up that this browser began. `password` is to be set for a new user, and is checked for
    an existing one. `session_user` finds the user of the request's session. `proof_required` refuses to let a password
    in that nothing shows to be the redeemer's.
    """

    token: str
    client: ClientInfo
    password: str | None = None
    sign_up_id: Callable[[], str | None] = lambda: None
    session_user: Callable[[], AuthenticatedUser | None] = lambda: None
    proof_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What redeeming a token writes, whether it may sign in, whether this browser's sign-up is completed by it, and
    whether an unproven password becomes active.
    """

    writes: list[TransactItem]
    may_sign_in: bool = False
    completes_sign_up: bool = False
    is_unproven: bool = False


def decide(row: TokenRow, redemption: Redemption) -> Decision:
    """Return what redeeming a token does; raises as `verify_email`, and ConditionFailed when the account has changed
    since the token was mailed.
    """
    if row.purpose == Purpose.CONFIRM_EMAIL_CHANGE:
        (pointer,) = batch_get(email_key(row.new_email))
        taken = taken_by(pointer) not in {None, row.user_id}
        mail = outbox.confirmed_change_email_mail(row, redemption.client, taken=taken)
        return Decision(writes=[assert_unchanged(row.user_id, row.old_email, row.epoch), put(mail)])
    if row.purpose == Purpose.CHANGE_EMAIL:
        return _change_email(row, redemption)
    return _complete_sign_up(row, redemption) if row.password_hash else _verify_user(row, redemption)


def _complete_sign_up(row: TokenRow, redemption: Redemption) -> Decision:
    """Make a user of a pending sign-up, with its password only if one browser alone signed up or this one did so
    last.
    """
    user = replace(pending_user(row), email_verified=True)
    nameless = replace(user, name="", image=None)
    if redemption.password is not None:
        passwords.check_new_password(redemption.password, row.email)
        chosen = passwords.hash_new_password(redemption.password)
        return Decision(writes=_create(new_profile(nameless, chosen)), may_sign_in=True)
    if row.sign_up_id and row.sign_up_id == redemption.sign_up_id():
        return Decision(writes=_create_as_given(user, row), may_sign_in=True, completes_sign_up=True)
    _check_proof_not_required(redemption, _NEW)
    if (row.sign_ups or 1) == 1:
        return Decision(writes=_create_as_given(user, row, unproven=True), is_unproven=True)
    without_password = new_profile(nameless, None)
    mail = outbox.password_reset(
        row.email, redemption.client, owner=nameless, epoch=without_password.epoch, to_owner=True
    )
    return Decision(writes=[*_create(without_password), put(mail)])


def _verify_user(row: TokenRow, redemption: Redemption) -> Decision:
    """Verify an existing user. Without their session or password, whoever has these may not have the mailbox: sessions
    end, and the password is unproven.
    """
    profile, is_theirs = _find_account(row, redemption)
    if profile.email != row.email:
        raise ConditionFailed
    if profile.email_verified:
        return Decision(writes=[])
    if is_theirs or _is_password(profile, redemption):
        return Decision(writes=[mark_verified(profile)])
    _check_proof_not_required(redemption, _CURRENT)
    writes = [mark_verified_unproven(profile), advance_epoch(profile.user_id, profile.epoch)]
    return Decision(writes=writes, is_unproven=True)


def _change_email(row: TokenRow, redemption: Redemption) -> Decision:
    """Move an account to the new address, by its session or password alone: whoever has the new mailbox may not have
    asked for it.
    """
    profile, is_theirs = _find_account(row, redemption)
    if (profile.email, profile.epoch) != (row.old_email, row.epoch):
        raise ConditionFailed
    if not is_theirs and not _is_password(profile, redemption):
        raise PasswordRequired(details=_CURRENT)
    discarded = discard_sign_up(row.new_email)
    if not profile.email_verified:
        return Decision(writes=[*leave_address(row), discarded])
    (former,) = batch_get(former_key(row.user_id))
    return Decision(writes=[*move_address(row, former), discarded, put(outbox.email_changed(row))])


def _find_account(row: TokenRow, redemption: Redemption) -> tuple[ProfileRow, bool]:
    """Return the profile of a token's user, and whether the request carries a session of theirs."""
    signed_in = redemption.session_user()
    is_theirs = signed_in is not None and signed_in.id == row.user_id
    profile = signed_in.profile if signed_in and is_theirs else find_profile(row.user_id)
    if not profile or profile.disabled:
        raise ConditionFailed
    return profile, is_theirs


def _is_password(profile: ProfileRow, redemption: Redemption) -> bool:
    """Whether the request carries the account's password; raises InvalidPassword for a wrong one, which is counted.

    Only whoever got the mail comes here, so strangers cannot use up the counter; redeeming empties it.
    """
    if redemption.password is None:
        return False
    passwords.check_length(redemption.password)
    count_own_failure(profile.user_id)
    if not passwords.is_correct(redemption.password, profile.password_hash):
        raise InvalidPassword
    return True


def _check_proof_not_required(redemption: Redemption, password: dict[str, str]) -> None:
    """Raise PasswordRequired where a mailed link alone is not enough."""
    if redemption.proof_required or config().verification_proof == "password":
        raise PasswordRequired(details=password)


def _create_as_given(user: User, row: TokenRow, *, unproven: bool | None = None) -> list[TransactItem]:
    """Return the writes that create a user with all that waited: password, name and picture."""
    user, picture = waiting_pictures.redeem_waiting(user)
    return [*_create(new_profile(user, row.password_hash, password_unproven=unproven)), *picture]


def _create(profile: ProfileRow) -> list[TransactItem]:
    return [*create_profile(profile), create_epoch(profile.user_id)]
