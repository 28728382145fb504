"""The counters of an address and its user: of wrong passwords, and of mails, each purpose with its own.

Anybody can use up a budget of mails. So while the last link still works, a request beyond it gets the usual response
and no mail; without such a link it is mailed, one link at a time, so that nobody keeps an owner from theirs.
"""

from gatehouse import throttle
from gatehouse.accounts.failures import failure_counters, own_failure_counter
from gatehouse.config import config
from gatehouse.errors import TooManyRequests
from gatehouse.tokens import Purpose

_BY_ANYBODY = (Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD, Purpose.TWO_FACTOR_CODE)
_BY_SIGNED_IN_USERS = (Purpose.CHANGE_EMAIL, Purpose.CONFIRM_EMAIL_CHANGE, Purpose.DELETE_ACCOUNT)


def spend_mail(purpose: Purpose, email: str) -> bool:
    """Count one mail for an address; False, whether or not it has an account, when its budget is used up."""
    try:
        check_mail_rate(purpose, email)
    except TooManyRequests:
        return False
    return True


def check_mail_rate(purpose: Purpose, email: str) -> None:
    """Count one mail for an address, for a signed-in user; raises TooManyRequests when its budget is used up."""
    key, daily = _mail_counters(purpose, email)
    throttle.consume(config().rate_limit_mail_address, *key)
    throttle.consume(config().rate_limit_mail_address_daily, *daily)


def all_counters(email: str, user_id: str) -> list[tuple[str, ...]]:
    """Return the keys of all counters of an address and its user."""
    return _counters(email, user_id, (*_BY_ANYBODY, *_BY_SIGNED_IN_USERS))


def empty_counters(email: str, user_id: str) -> None:
    """Begin anew, because somebody has just proved to have the mailbox: what strangers counted is void.

    Each counter costs a write, so mails that only signed-in users request stay counted.
    """
    throttle.empty_counters(*_counters(email, user_id, _BY_ANYBODY))


def _counters(email: str, user_id: str, purposes: tuple[Purpose, ...]) -> list[tuple[str, ...]]:
    mails = [key for purpose in purposes for key in _mail_counters(purpose, email)]
    return [*failure_counters(email), own_failure_counter(user_id), *mails]


def _mail_counters(purpose: Purpose, email: str) -> list[tuple[str, ...]]:
    """Return the keys for the short window, and for the day."""
    key = ("mail", purpose, throttle.pseudonym(email))
    return [key, (*key, "daily")]
