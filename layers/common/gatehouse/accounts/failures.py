"""Failed checks of a password, counted before the check: parallel guesses would not be counted in time afterwards.

Give a counter back with `throttle.refund` when the password was correct.
"""

from gatehouse import throttle
from gatehouse.config import config

_FAILURES, _OWN = "failed-sign-ins", "wrong-passwords"


def count_failure(email: str, *, known_device: bool) -> throttle.LimitRow | None:
    """Count one failure for an address.

    Known devices have a counter of their own: strangers cannot lock out the owner, and a stolen cookie does not allow
    unlimited attempts.
    """
    unknown, known = failure_counters(email)
    key = known if known_device else unknown
    return throttle.consume(config().rate_limit_failed_sign_ins, *key, fail_closed=True)


def count_own_failure(user_id: str) -> throttle.LimitRow | None:
    """Count one failure for a signed-in user. Nobody else can fill this counter."""
    return throttle.consume(config().rate_limit_failed_sign_ins, *own_failure_counter(user_id), fail_closed=True)


def is_full(counter: throttle.LimitRow | None) -> bool:
    """Whether a counted failure was the last one that is allowed."""
    return counter is not None and counter.calls >= config().rate_limit_failed_sign_ins.calls


def failure_counters(email: str) -> list[tuple[str, ...]]:
    """Return the keys of an address's failure counters: for unknown devices, and for known ones."""
    key = (_FAILURES, throttle.pseudonym(email))
    return [key, (*key, "known")]


def own_failure_counter(user_id: str) -> tuple[str, ...]:
    """Return the key of a signed-in user's failure counter."""
    return _OWN, user_id
