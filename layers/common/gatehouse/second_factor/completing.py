"""What a second factor does that was given: it completes a sign-in, is turned on, or makes the session fresh."""

from dataclasses import dataclass

from gatehouse.accounts import notices
from gatehouse.accounts.challenges import APP, MAIL, ResponseForm, use_up
from gatehouse.accounts.factor_rows import ChallengeRow
from gatehouse.accounts.gate import open_session_with_both_factors, replace_session
from gatehouse.accounts.lookup import AuthenticatedUser
from gatehouse.accounts.model import User
from gatehouse.accounts.second_factors import set_second_factor
from gatehouse.accounts.trusted_devices import trust
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, put, transact
from gatehouse.errors import Refusal
from gatehouse.errors.second_factor import (
    InvalidBackupCode,
    InvalidTwoFactorCode,
    InvalidTwoFactorCookie,
    OtpHasExpired,
)
from gatehouse.second_factor.checking import check_backup_code, check_mailed_code, check_totp
from gatehouse.second_factor.verification import Verification
from gatehouse.sessions import IssuedSession, end, mark_verified
from gatehouse.tokens import Purpose, TokenRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The user, and the new session of a sign-in that was completed, or in place of the caller's; None where that goes
    on, or none was asked for. `trusted_device` is the token of a device that is trusted from now on.
    """

    user: User
    issued: IssuedSession | None = None
    form: ResponseForm = ResponseForm.BETTER_AUTH
    trusted_device: str | None = None


def verify_totp(verification: Verification, code: str) -> Verified:
    """Use a code of the app; the first one, within a session, turns the second factor on. Raises as `check_totp`."""
    turns_on = APP if verification.profile.two_factor != APP else None
    return _complete(verification, check_totp(verification, code), InvalidTwoFactorCode, turns_on=turns_on)


def verify_mailed_code(verification: Verification, code: str, mailed: TokenRow | None) -> Verified:
    """Use a mailed code; within a session, it turns the second factor on where there was none. Raises as
    `check_mailed_code`.
    """
    turns_on = MAIL if not verification.profile.two_factor else None
    writes = check_mailed_code(verification, code, mailed)
    return _complete(verification, writes, OtpHasExpired, turns_on=turns_on)


def verify_backup_code(verification: Verification, code: str, *, opens_session: bool = True) -> Verified:
    """Use a backup code; raises as `check_backup_code`. Without `opens_session` it ends a sign-in."""
    writes, challenge = check_backup_code(verification, code), verification.challenge
    if opens_session or not challenge:
        return _complete(verification, writes, InvalidBackupCode)
    try:
        transact(use_up(challenge), *writes)
    except ConditionFailed:
        raise _lost(challenge, InvalidBackupCode) from None
    return Verified(user=verification.profile.to_user())


def _complete(
    verification: Verification, writes: list[TransactItem], refusal: type[Refusal], *, turns_on: str | None = None
) -> Verified:
    """Complete a sign-in, turn the second factor on, or make the session fresh, along with `writes`; raises `refusal`
    when another request has used the code.
    """
    profile, challenge = verification.profile, verification.challenge
    turns_on = None if challenge else turns_on
    changes = [*writes, *(_turn_on(verification, turns_on) if turns_on else [])]
    token = None
    if verification.trust_device:
        token, trusting = trust(profile.user_id, profile.epoch, verification.client)
        changes.append(trusting)
    try:
        if challenge:
            issued: IssuedSession | None = open_session_with_both_factors(
                profile, verification.client, use_up(challenge), *changes, remember=challenge.remember
            )
        else:
            issued = _go_on(verification, changes, replaced=turns_on is not None)
    except ConditionFailed:
        raise _lost(challenge, refusal) from None
    if turns_on:
        profile.two_factor = turns_on
    form = ResponseForm(challenge.form) if challenge else ResponseForm.BETTER_AUTH
    return Verified(user=profile.to_user(), issued=issued, form=form, trusted_device=token)


def _turn_on(verification: Verification, method: str) -> list[TransactItem]:
    profile = verification.profile
    notice = notices.security_changed(profile, verification.client, Purpose.TWO_FACTOR_ON)
    return [set_second_factor(profile, method), put(notice)]


def _go_on(verification: Verification, changes: list[TransactItem], *, replaced: bool) -> IssuedSession | None:
    """Write `changes`, and make the caller's session fresh, or replace it."""
    session = verification.session
    assert session  # noqa: S101 -- there is no challenge
    if not replaced:
        transact(mark_verified(session), *changes)
        return None
    account = AuthenticatedUser(session=session, profile=verification.profile)
    issued, opened = replace_session(account, verification.client, epoch=session.epoch, second_factor=True)
    transact(end(session), opened, *changes)
    return issued


def _lost(challenge: ChallengeRow | None, refusal: type[Refusal]) -> Refusal:
    """Return why a code that was right could not be used: the sign-in was completed, or the code was used."""
    if challenge and batch_get((ChallengeRow, challenge.subject, challenge.purpose))[0] is None:
        return InvalidTwoFactorCookie()
    return refusal()
