"""What a second factor does that was given: it completes a sign-in, is turned on, or makes the session fresh."""

from collections.abc import Sequence
from dataclasses import dataclass

from gatehouse.accounts.challenges import APP, MAIL, ResponseForm, use_up
from gatehouse.accounts.factor_rows import ChallengeRow
from gatehouse.accounts.gate import open_session_with_both_factors, replace_session
from gatehouse.accounts.lookup import AuthenticatedUser
from gatehouse.accounts.model import User
from gatehouse.accounts.table import ProfileRow, update_profile
from gatehouse.accounts.trusted_devices import trust
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, transact
from gatehouse.errors import Refusal, SessionNotFresh, TwoFactorRequired
from gatehouse.errors.second_factor import (
    InvalidBackupCode,
    InvalidTwoFactorCode,
    InvalidTwoFactorCookie,
    OtpHasExpired,
)
from gatehouse.second_factor.checking import check_backup_code, check_mailed_code, check_totp
from gatehouse.second_factor.enrolment import new_factor, turn_on
from gatehouse.second_factor.verification import Verification
from gatehouse.sessions import IssuedSession, end, is_fresh, lacks_second_factor, mark_verified
from gatehouse.tokens import TokenRow


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
    """Use a code of the app; the first one, within a session, turns the second factor on.

    Raises TwoFactorRequired where the session lacks another factor of the user, and as `check_totp`.
    """
    on = _turn_on(verification, APP) if verification.profile.two_factor != APP else []
    return _complete(verification, check_totp(verification, code), InvalidTwoFactorCode, on=on, method=APP)


def verify_mailed_code(verification: Verification, code: str, mailed: TokenRow | None) -> Verified:
    """Use a mailed code; within a fresh session, it turns the second factor on where there was none.

    Raises SessionNotFresh, EmailNotVerified, TwoFactorRequired as for an app, and as `check_mailed_code`.
    """
    session, on = verification.session, list[TransactItem]()
    if not verification.profile.two_factor:
        if session and not is_fresh(session):
            raise SessionNotFresh
        on = _turn_on(verification, MAIL) + ([] if verification.factor else [new_factor(verification.profile)])
    return _complete(verification, check_mailed_code(verification, code, mailed), OtpHasExpired, on=on, method=MAIL)


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
    verification: Verification,
    writes: list[TransactItem],
    refusal: type[Refusal],
    *,
    on: Sequence[TransactItem] = (),
    method: str | None = None,
) -> Verified:
    """Complete a sign-in, or within a session make that fresh, or turn a method on by the writes `on`, along with
    `writes`; raises `refusal` when another request has used the code.
    """
    profile, challenge = verification.profile, verification.challenge
    changes = [*writes, *on]
    token = None
    if verification.trust_device:
        token, trusting = trust(profile.user_id, profile.epoch, verification.client)
        changes.append(trusting)
    try:
        if challenge:
            changes += _proved_by_app(profile)
            issued: IssuedSession | None = open_session_with_both_factors(
                profile, verification.client, use_up(challenge), *changes, remember=challenge.remember
            )
        else:
            issued = _go_on(verification, changes, replaced=bool(on))
    except ConditionFailed:
        raise _lost(challenge, refusal) from None
    if on:
        profile.two_factor = method
    form = ResponseForm(challenge.form) if challenge else ResponseForm.BETTER_AUTH
    return Verified(user=profile.to_user(), issued=issued, form=form, trusted_device=token)


def _turn_on(verification: Verification, method: str) -> list[TransactItem]:
    """Return the writes that turn a method on; raises TwoFactorRequired in a session that lacks another factor."""
    profile, session = verification.profile, verification.session
    if session and lacks_second_factor(session) and profile.has_second_factor:
        raise TwoFactorRequired
    return turn_on(profile, verification.client, method) if session else []


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


def _proved_by_app(profile: ProfileRow) -> list[TransactItem]:
    """Return the write after which a password that was set by a mailed link counts as any other."""
    mailed = profile.password_mailed and profile.two_factor == APP
    condition = ProfileRow.password_hash == profile.password_hash
    return [update_profile(profile.user_id, ProfileRow.password_mailed.remove(), condition=condition)] if mailed else []


def _lost(challenge: ChallengeRow | None, refusal: type[Refusal]) -> Refusal:
    """Return why a code that was right could not be used: the sign-in was completed, or the code was used."""
    if challenge and batch_get((ChallengeRow, challenge.subject, challenge.purpose))[0] is None:
        return InvalidTwoFactorCookie()
    return refusal()
