"""Rate limits per client address, for calls that hash, mail or guess; API Gateway throttles the rest.

Handlers declare them in their policy. Nothing else imports this: most functions count nothing.
"""

from gatehouse.config import config
from gatehouse.throttle import client_network, consume


def limit_sign_in(function: str, ip: str) -> None:
    """Limit guesses of passwords. Raises ServiceUnavailable when they cannot be counted."""
    consume(config().rate_limit_sign_in, client_network(ip), function, fail_closed=True)


def limit_passwords(function: str, ip: str) -> None:
    """Limit calls that hash or check a password, or open sessions by other means."""
    consume(config().rate_limit_sign_in, client_network(ip), function)


def limit_callbacks(function: str, ip: str) -> None:
    """Limit returns from providers."""
    consume(config().rate_limit_callback, client_network(ip), function)


def limit_mail(function: str, ip: str) -> None:
    """Limit calls that send mail."""
    consume(config().rate_limit_mail, client_network(ip), function)
