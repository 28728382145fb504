"""Turn the second factor on and off, and renew what belongs to it. All of it takes the password, or where there is none
a code.
"""

from dataclasses import dataclass
from typing import Any

from gatehouse import clock
from gatehouse.accounts import notices
from gatehouse.accounts.challenges import APP, MAIL
from gatehouse.accounts.factor_rows import SecondFactorRow, factor_key
from gatehouse.accounts.gate import replace_session
from gatehouse.accounts.lookup import AuthenticatedUser
from gatehouse.accounts.second_factors import remove_second_factor, set_second_factor
from gatehouse.accounts.table import ProfileRow, profile_key, same_account
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, check, put, transact, update
from gatehouse.errors import SessionEnded
from gatehouse.errors.accounts import EmailNotVerified
from gatehouse.errors.second_factor import TotpAlreadyEnabled, TotpNotEnabled, TwoFactorNotEnabled
from gatehouse.keys import second_factor as factor_keys
from gatehouse.second_factor import totp
from gatehouse.second_factor.backup_codes import new_backup_codes
from gatehouse.sessions import ClientInfo, IssuedSession, end
from gatehouse.tokens import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What a user needs to set up an app, shown once."""

    uri: str
    backup_codes: list[str]


def begin_totp(account: AuthenticatedUser, issuer: str) -> Enrolment:
    """Store a new secret and new backup codes, which count once a code of the app was given; raises
    TotpAlreadyEnabled.
    """
    profile, secret, codes = account.profile, totp.new_secret(), new_backup_codes()
    if profile.two_factor == APP:
        raise TotpAlreadyEnabled
    sealed, row = factor_keys.seal(secret, profile.user_id), SecondFactorRow
    stored = update(
        _row(profile),
        row.schema.set(row.schema | 1),
        row.sealed.set(sealed.data),
        row.sealed_by.set(sealed.key),
        row.backup_codes.set(_macs(codes, profile)),
        row.confirmed.set(False),
        row.last_step.set(0),
        row.failures.set(row.failures | 0),
        row.created_at.set(row.created_at | clock.now()),
        condition=row.confirmed != True,  # noqa: E712 -- a condition
    )
    _write(profile, stored, refusal=TotpAlreadyEnabled)
    return Enrolment(uri=_uri(profile, secret, issuer), backup_codes=codes)


def import_totp(profile: ProfileRow, secret: bytes) -> list[TransactItem]:
    """Make an app with a known secret the second factor of a new, unsaved profile; return the write of its row."""
    sealed, now = factor_keys.seal(secret, profile.user_id), clock.now()
    profile.two_factor, profile.two_factor_since = APP, now
    return [put(_row(profile, sealed=sealed.data, sealed_by=sealed.key, confirmed=True, created_at=now))]


def enable_mailed_codes(account: AuthenticatedUser, client: ClientInfo) -> IssuedSession | None:
    """Make mailed codes the second factor, and return the session that replaces the caller's; None where there is a
    second factor already. Raises EmailNotVerified.
    """
    profile = account.profile
    if profile.two_factor:
        return None
    writes = [new_factor(profile), *turn_on(profile, client, MAIL)]
    issued = _replace(account, client, *writes, epoch=profile.epoch, on=True)
    profile.two_factor = MAIL
    return issued


def new_factor(profile: ProfileRow) -> TransactItem:
    """Return the write of a user's row where the second factor are mailed codes."""
    return put(_row(profile, created_at=clock.now()))


def turn_on(profile: ProfileRow, client: ClientInfo, method: str) -> list[TransactItem]:
    """Return the writes that make a method the second factor, and tell the owner; raises EmailNotVerified for mailed
    codes. The factor's row is written along with it.
    """
    if method == MAIL and not profile.email_verified:
        raise EmailNotVerified
    return [set_second_factor(profile, method), put(notices.security_changed(profile, client, Purpose.TWO_FACTOR_ON))]


def totp_uri(account: AuthenticatedUser) -> str:
    """Return the URI of the user's secret; raises TotpNotEnabled."""
    factor = find_factor(account.profile)
    if not factor or not factor.sealed:
        raise TotpNotEnabled
    sealed = factor_keys.SealedSecret(key=factor.sealed_by, data=factor.sealed)
    return _uri(account.profile, factor_keys.unseal(sealed, account.id))


def renew_backup_codes(account: AuthenticatedUser, client: ClientInfo) -> list[str]:
    """Replace the backup codes; raises TwoFactorNotEnabled."""
    profile, codes = account.profile, new_backup_codes()
    if profile.two_factor != APP:
        raise TwoFactorNotEnabled
    renewed = SecondFactorRow.backup_codes.set(_macs(codes, profile))
    notice = put(notices.security_changed(profile, client, Purpose.BACKUP_CODES_RENEWED))
    stored = update(_row(profile), renewed, condition=SecondFactorRow.pk.exists())
    _write(profile, stored, notice, refusal=TwoFactorNotEnabled)
    return codes


def disable(account: AuthenticatedUser, client: ClientInfo) -> IssuedSession | None:
    """Turn the second factor off, which ends all sessions and the trust in devices, and return the session that
    replaces the caller's; None where it was off.
    """
    profile = account.profile
    if not profile.two_factor:
        return None
    notice = put(notices.security_changed(profile, client, Purpose.TWO_FACTOR_OFF))
    issued = _replace(account, client, *remove_second_factor(profile), notice, epoch=profile.epoch + 1, on=False)
    profile.two_factor = None
    return issued


def find_factor(profile: ProfileRow) -> SecondFactorRow | None:
    """Return the row of a user's second factor."""
    row: SecondFactorRow | None
    (row,) = batch_get(factor_key(profile.user_id))
    return row


def _replace(
    account: AuthenticatedUser, client: ClientInfo, *writes: TransactItem, epoch: int, on: bool
) -> IssuedSession:
    issued, opened = replace_session(account, client, epoch=epoch, second_factor=on)
    try:
        transact(*writes, end(account.session), opened)
    except ConditionFailed:
        raise SessionEnded from None
    return issued


def _write(profile: ProfileRow, *writes: TransactItem, refusal: type[Exception]) -> None:
    """Write for an account that has not changed."""
    try:
        transact(check(profile_key(profile.user_id), same_account(profile)), *writes)
    except ConditionFailed:
        raise refusal from None


def _row(profile: ProfileRow, **attributes: Any) -> SecondFactorRow:
    return SecondFactorRow(*factor_key(profile.user_id)[1:], **attributes)


def _macs(codes: list[str], profile: ProfileRow) -> set[bytes]:
    return {factor_keys.backup_code_mac(code, profile.user_id) for code in codes}


def _uri(profile: ProfileRow, secret: bytes, issuer: str = "") -> str:
    return totp.key_uri(secret, issuer=issuer or config().product_name, account=profile.email)
