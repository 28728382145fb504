"""Check a code of the second factor: counted, then compared; what uses it up is written by whoever asked for it."""

from gatehouse import clock
from gatehouse.accounts import notices
from gatehouse.accounts.challenges import count_for
from gatehouse.accounts.factor_rows import ChallengeRow, SecondFactorRow
from gatehouse.dynamodb import ConditionFailed, TransactItem, conditional_write, put, transact, update
from gatehouse.errors import Refusal, SessionEnded
from gatehouse.errors.second_factor import (
    BackupCodesNotEnabled,
    InvalidBackupCode,
    InvalidTwoFactorCode,
    InvalidTwoFactorCookie,
    OtpHasExpired,
    TooManyAttempts,
    TotpNotEnabled,
)
from gatehouse.keys import second_factor as factor_keys
from gatehouse.second_factor import attempts, totp
from gatehouse.second_factor.mailed_codes import count_guess, is_usable
from gatehouse.second_factor.verification import Verification
from gatehouse.tokens import Purpose, TokenRow, mark_used
from gatehouse.tokens.codes import is_code


def check_totp(verification: Verification, code: str) -> list[TransactItem]:
    """Return the write that uses up a code of the app, which confirms a new secret.

    Raises TotpNotEnabled, InvalidTwoFactorCode, and as `_count`.
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
    return [used]


def check_mailed_code(verification: Verification, code: str, mailed: TokenRow | None) -> list[TransactItem]:
    """Return the writes that use up a mailed code.

    Raises OtpHasExpired when none was mailed for this sign-in, TooManyAttempts after five wrong ones,
    InvalidTwoFactorCode, and AccountTemporarilyLocked.
    """
    if not mailed or not is_usable(mailed, verification.profile, verification.asker):
        raise OtpHasExpired
    factor, guess = verification.factor, count_guess(mailed)
    try:
        if factor:
            attempts.count_attempt(factor, guess)
        else:
            transact(guess)
    except ConditionFailed:
        raise TooManyAttempts from None
    if not is_code(mailed, code.replace(" ", "")):
        raise _wrong(verification, factor, InvalidTwoFactorCode())
    return [mark_used(mailed), *([_forgive(factor)] if factor else [])]


def check_backup_code(verification: Verification, code: str) -> list[TransactItem]:
    """Return the writes that use up a backup code and tell the owner.

    Raises BackupCodesNotEnabled, InvalidBackupCode, and as `_count`.
    """
    profile, factor = verification.profile, verification.factor
    if not factor or not (factor.confirmed and factor.backup_codes):
        raise BackupCodesNotEnabled
    _count(verification, factor)
    known = factor_keys.find_backup_code(code.strip(), profile.user_id, factor.backup_codes)
    if not known:
        raise _wrong(verification, factor, InvalidBackupCode())
    used = update(
        SecondFactorRow(factor.pk, factor.sk),
        SecondFactorRow.backup_codes.delete({known}),
        *attempts.forgive(),
        condition=SecondFactorRow.backup_codes.contains(known),
    )
    return [used, put(notices.security_changed(profile, verification.client, Purpose.BACKUP_CODE_USED))]


def _count(verification: Verification, factor: SecondFactorRow) -> None:
    """Count an attempt.

    Raises AccountTemporarilyLocked, TooManyAttempts, which ends the sign-in, and InvalidTwoFactorCookie or SessionEnded
    when there is nothing to verify any more.
    """
    challenge = verification.challenge
    try:
        attempts.count_attempt(factor, *([count_for(challenge)] if challenge else []))
    except ConditionFailed:
        raise (_end(challenge, verification) if challenge else SessionEnded()) from None


def _end(challenge: ChallengeRow, verification: Verification) -> Refusal:
    """End a sign-in with too many attempts; return why it cannot go on."""
    row = ChallengeRow(challenge.subject, challenge.purpose)
    verification.clear_cookie()
    try:
        with conditional_write():
            row.delete(condition=ChallengeRow.subject.exists())
    except ConditionFailed:
        return InvalidTwoFactorCookie()
    return TooManyAttempts()


def _wrong(verification: Verification, factor: SecondFactorRow | None, refusal: Refusal) -> Refusal:
    """Return the refusal of a wrong code; the owner is told of the one that locks."""
    if factor:
        locked = notices.security_changed(verification.profile, verification.client, Purpose.TWO_FACTOR_LOCKED)
        attempts.tell_of_lock(factor, put(locked))
    return refusal


def _forgive(factor: SecondFactorRow) -> TransactItem:
    row = SecondFactorRow(factor.pk, factor.sk)
    return update(row, *attempts.forgive(), condition=SecondFactorRow.pk.exists())
