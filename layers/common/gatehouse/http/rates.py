"""How often one address may call what costs hashing, mail or guesses; API Gateway throttles the rest."""

from gatehouse.config import Rate, config
from gatehouse.throttle import address_of, count_against

_GUESSES = {"sign_in", "sign_in_social", "sign_up", "change_password", "change_email"}
_MAILS = {"request_password_reset", "send_verification_email", "delete_user"}


def check_rate(function: str, ip: str) -> None:
    """One more call of a function from an address; raises TooManyRequests. Aliases share their function's counter."""
    rate = _rate(function)
    if rate:
        count_against(rate, address_of(ip), function, closed=function == "sign_in")


def _rate(function: str) -> Rate | None:
    if function in _GUESSES:
        return config().rate_limit_sign_in
    return config().rate_limit_mail if function in _MAILS else None
