"""Rate limits per client address for calls that hash, mail or guess; API Gateway throttles the rest."""

from gatehouse.config import Rate, config
from gatehouse.throttle import client_network, consume

_PASSWORD_FUNCTIONS = {"sign_in", "sign_in_social", "sign_up", "change_password", "change_email"}
_MAIL_FUNCTIONS = {"request_password_reset", "send_verification_email", "delete_user"}


def check_rate_limit(function: str, ip: str) -> None:
    """Count one call of a function from an address; raises TooManyRequests. Aliases share their function's counter."""
    rate = _rate(function)
    if rate:
        consume(rate, client_network(ip), function, fail_closed=function == "sign_in")


def _rate(function: str) -> Rate | None:
    if function in _PASSWORD_FUNCTIONS:
        return config().rate_limit_sign_in
    return config().rate_limit_mail if function in _MAIL_FUNCTIONS else None
