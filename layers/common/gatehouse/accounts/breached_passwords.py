"""Whether a password is known from a breach: asked of Have I Been Pwned, or of a service like it, where one is set.

The service learns five of the forty digits of the password's SHA-1, which hundreds of passwords share:
https://haveibeenpwned.com/API/v3#SearchingPwnedPasswordsByRange. Without an answer the password is accepted.
"""

from hashlib import sha1

from gatehouse.config import config
from gatehouse.errors.accounts import PasswordCompromised
from gatehouse.telemetry import logger

_SECONDS = 1.0  # seconds, in all
_SHARED = 5  # digits
_HEADERS = {"add-padding": "true", "user-agent": "gatehouse"}  # with padding, the size of an answer tells nothing
_OK = 200


def check_not_breached(password: str) -> None:
    """Raise PasswordCompromised for a password from a breach, where that is asked."""
    url = config().breached_passwords_url
    if not url:
        return
    digest = sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper()
    if digest[_SHARED:] in _known_rests(url, digest[:_SHARED]):
        raise PasswordCompromised


def _known_rests(url: str, prefix: str) -> set[str]:
    """Return the rests of the known digests with a prefix, but for padding, which was seen in no breach."""
    from gatehouse.outbound import RequestFailed, fetch  # noqa: PLC0415 -- not for those who ask nobody

    try:
        status, body = fetch(f"{url.rstrip('/')}/{prefix}", seconds=_SECONDS, headers=_HEADERS)
    except RequestFailed as failure:
        cause = str(failure).replace(prefix, "…")
    else:
        if status == _OK:
            lines = (line.partition(":") for line in body.decode("ascii", "replace").split())
            return {rest.upper() for rest, _, times in lines if times.strip("0")}
        cause = f"status {status}"
    logger.warning("breached passwords not asked", cause=cause)
    return set()
