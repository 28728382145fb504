"""What it takes to change the second factor: a fresh session, and the password, or where there is none a code."""

from gatehouse.accounts.challenges import APP
from gatehouse.accounts.changes import check_password
from gatehouse.accounts.lookup import AuthenticatedUser
from gatehouse.dynamodb import ConditionFailed, TransactItem, transact
from gatehouse.errors import InvalidInput, Refusal, SessionNotFresh
from gatehouse.errors.second_factor import InvalidBackupCode, InvalidTwoFactorCode, OtpHasExpired
from gatehouse.second_factor.checking import check_backup_code, check_mailed_code, check_totp
from gatehouse.second_factor.enrolment import find_factor
from gatehouse.second_factor.mailed_codes import find_code
from gatehouse.second_factor.verification import Verification
from gatehouse.sessions import ClientInfo, is_fresh

_MARK_OF_BACKUP_CODES = "-"


def check_owner(account: AuthenticatedUser, client: ClientInfo, *, password: str | None, code: str | None) -> None:
    """Check the password, or the code of a user who has none; whoever has no second factor yet either needs neither.

    Raises SessionNotFresh, InvalidInput when it is missing, and as `check_password` and the checks of codes.
    """
    if not is_fresh(account.session):
        raise SessionNotFresh
    if account.profile.password_hash:
        check_password(account, _given("password", password))
    elif account.profile.two_factor:
        _check_code(account, client, _given("code", code))


def _given(name: str, value: str | None) -> str:
    if value is None:
        raise InvalidInput(f"[body.{name}] Field required")
    return value


def _check_code(account: AuthenticatedUser, client: ClientInfo, code: str) -> None:
    factor = find_factor(account.profile)
    used: list[TransactItem]
    refusal: type[Refusal]
    verification = Verification(profile=account.profile, factor=factor, client=client, session=account.session)
    if _MARK_OF_BACKUP_CODES in code:
        used, refusal = check_backup_code(verification, code), InvalidBackupCode
    elif account.profile.two_factor == APP:
        used, refusal = check_totp(verification, code), InvalidTwoFactorCode
    else:
        used, refusal = check_mailed_code(verification, code, find_code(account.id)), OtpHasExpired
    try:
        transact(*used)
    except ConditionFailed:
        raise refusal from None  # another request used it
