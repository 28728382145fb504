"""Give a second factor: to complete a sign-in that waits for it, or within a session, which becomes fresh."""

from dataclasses import dataclass

from gatehouse import clock
from gatehouse.accounts import notices
from gatehouse.accounts.gate import open_session_with_both_factors, replace_session
from gatehouse.accounts.lookup import AuthenticatedUser
from gatehouse.accounts.model import User
from gatehouse.accounts.second_factors import set_second_factor
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, conditional_write, put, transact, update
from gatehouse.errors import (
    BackupCodesNotEnabled,
    InvalidBackupCode,
    InvalidTwoFactorCode,
    InvalidTwoFactorCookie,
    OtpHasExpired,
    Refusal,
    SessionEnded,
    TooManyAttempts,
    TotpNotEnabled,
)
from gatehouse.keys import second_factor as factor_keys
from gatehouse.second_factor import attempts, totp
from gatehouse.second_factor.challenges import APP, MAIL, ResponseForm, count_for, use_up
from gatehouse.second_factor.mailed_codes import count_guess, is_usable
from gatehouse.second_factor.table import ChallengeRow, SecondFactorRow
from gatehouse.second_factor.trusted_devices import trust
from gatehouse.second_factor.verification import Verification
from gatehouse.sessions import IssuedSession, end, mark_fresh
from gatehouse.tokens import TokenRow, mark_used
from gatehouse.tokens.codes import is_code


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
    """Check a code of the app; the first one, within a session, turns the second factor on.

    Raises TotpNotEnabled, InvalidTwoFactorCode, and what `_count` raises.
    """
    factor = verification.factor
    if not factor or not factor.sealed or not (factor.confirmed or verification.session):
        raise TotpNotEnabled
    _count(verification, factor)
    sealed = factor_keys.SealedSecret(key=factor.sealed_by, data=factor.sealed)
    secret = factor_keys.unseal(sealed, verification.profile.user_id)
    step = totp.matching_step(secret, code.replace(" ", ""), clock.now(), after=factor.last_step)
    if step is None:
        raise _wrong(verification, factor, InvalidTwoFactorCode())
    used = update(
        SecondFactorRow(factor.pk, factor.sk),
        SecondFactorRow.last_step.set(step),
        SecondFactorRow.confirmed.set(True),
        *attempts.forgive(),
        condition=(SecondFactorRow.last_step < step) & (SecondFactorRow.sealed == factor.sealed),
    )
    turns_on = APP if verification.profile.two_factor != APP else None
    return _complete(verification, used, turns_on=turns_on, refusal=InvalidTwoFactorCode)


def verify_mailed_code(verification: Verification, code: str, mailed: TokenRow | None) -> Verified:
    """Check a mailed code; within a session, it turns the second factor on where there was none.

    Raises OtpHasExpired when there is none for this sign-in, TooManyAttempts after five wrong ones,
    InvalidTwoFactorCode, and what `_count` raises.
    """
    if not mailed or not is_usable(mailed, verification.profile, verification.asker):
        raise OtpHasExpired
    factor = verification.factor
    try:
        if factor:
            attempts.count_attempt(factor, count_guess(mailed))
        else:
            transact(count_guess(mailed))
    except ConditionFailed:
        raise TooManyAttempts from None
    if not is_code(mailed, code.replace(" ", "")):
        raise _wrong(verification, factor, InvalidTwoFactorCode())
    writes = [mark_used(mailed), *([_forgive(factor)] if factor else [])]
    turns_on = MAIL if not verification.profile.two_factor else None
    return _complete(verification, *writes, turns_on=turns_on, refusal=OtpHasExpired)


def verify_backup_code(verification: Verification, code: str, *, opens_session: bool = True) -> Verified:
    """Use up a backup code; the owner is told by mail.

    Raises BackupCodesNotEnabled, InvalidBackupCode, and what `_count` raises.
    """
    factor = verification.factor
    if not factor or not factor.backup_codes:
        raise BackupCodesNotEnabled
    _count(verification, factor)
    macs = factor_keys.backup_code_macs(code.strip(), verification.profile.user_id)
    known = [mac for mac in macs if mac in factor.backup_codes]
    if not known or not verification.profile.two_factor:
        raise _wrong(verification, factor, InvalidBackupCode())
    used = update(
        SecondFactorRow(factor.pk, factor.sk),
        SecondFactorRow.backup_codes.delete({known[0]}),
        *attempts.forgive(),
        condition=SecondFactorRow.backup_codes.contains(known[0]),
    )
    notice = put(notices.security_changed(verification.profile, verification.client, "backup-code-used"))
    if verification.challenge and not opens_session:
        return _end(verification, verification.challenge, used, notice)
    return _complete(verification, used, notice, refusal=InvalidBackupCode)


def _end(verification: Verification, challenge: ChallengeRow, *writes: TransactItem) -> Verified:
    """Use up a backup code, and the sign-in without a session."""
    try:
        transact(use_up(challenge), *writes)
    except ConditionFailed:
        raise _lost(challenge, InvalidBackupCode) from None
    return Verified(user=verification.profile.to_user())


def _count(verification: Verification, factor: SecondFactorRow) -> None:
    """Count an attempt; raises AccountTemporarilyLocked, TooManyAttempts, which ends the sign-in, and
    InvalidTwoFactorCookie when it was completed meanwhile.
    """
    challenge = verification.challenge
    try:
        attempts.count_attempt(factor, *([count_for(challenge)] if challenge else []))
    except ConditionFailed:
        raise _reason(challenge) from None


def _reason(challenge: ChallengeRow | None) -> Refusal:
    if challenge is None:
        return SessionEnded()
    row = ChallengeRow(challenge.subject, challenge.purpose)
    try:
        with conditional_write():
            row.delete(condition=ChallengeRow.subject.exists())
    except ConditionFailed:
        return InvalidTwoFactorCookie()
    return TooManyAttempts()


def _wrong(verification: Verification, factor: SecondFactorRow | None, refusal: Refusal) -> Refusal:
    """Return the refusal of a wrong code; the owner is told of the one that locks."""
    if factor and attempts.is_last(factor):
        notices.security_changed(verification.profile, verification.client, "two-factor-locked").save()
    return refusal


def _forgive(factor: SecondFactorRow) -> TransactItem:
    row = SecondFactorRow(factor.pk, factor.sk)
    return update(row, *attempts.forgive(), condition=SecondFactorRow.pk.exists())


def _complete(
    verification: Verification, *writes: TransactItem, turns_on: str | None = None, refusal: type[Refusal]
) -> Verified:
    """Complete a sign-in, turn the second factor on, or make the session fresh, along with `writes`; raises `refusal`
    when another request has used the code.
    """
    profile, client, challenge = verification.profile, verification.client, verification.challenge
    changes, issued = list(writes), None
    if turns_on and not challenge:
        changes += [
            set_second_factor(profile, turns_on),
            put(notices.security_changed(profile, client, "two-factor-on")),
        ]
    token = None
    if verification.trust_device:
        token, trusting = trust(profile.user_id, profile.epoch, client)
        changes.append(trusting)
    try:
        if challenge:
            issued = open_session_with_both_factors(
                profile, client, use_up(challenge), *changes, remember=challenge.remember
            )
        else:
            issued = _go_on(verification, changes, replaced=turns_on is not None)
    except ConditionFailed:
        raise _lost(challenge, refusal) from None
    if turns_on and not challenge:
        profile.two_factor = turns_on
    form = ResponseForm(challenge.form) if challenge else ResponseForm.BETTER_AUTH
    return Verified(user=profile.to_user(), issued=issued, form=form, trusted_device=token)


def _go_on(verification: Verification, changes: list[TransactItem], *, replaced: bool) -> IssuedSession | None:
    """Write `changes`, and make the caller's session fresh, or replace it."""
    session = verification.session
    assert session  # noqa: S101 -- there is no challenge
    if not replaced:
        transact(mark_fresh(session), *changes)
        return None
    account = AuthenticatedUser(session=session, profile=verification.profile)
    issued, opened = replace_session(account, verification.client, epoch=session.epoch)
    transact(end(session), opened, *changes)
    return issued


def _lost(challenge: ChallengeRow | None, refusal: type[Refusal]) -> Refusal:
    """Return why a code that was right could not be used: the sign-in was completed, or the code was used."""
    if challenge and batch_get((ChallengeRow, challenge.subject, challenge.purpose))[0] is None:
        return InvalidTwoFactorCookie()
    return refusal()
