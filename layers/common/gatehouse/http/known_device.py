"""The cookie of a known device: failed sign-ins from elsewhere do not lock it out, and its owner is not told of it."""

from starlette.requests import Request
from starlette.responses import Response

from gatehouse.accounts.known_devices import add_device_proof
from gatehouse.config import config
from gatehouse.http.cookies import DEVICE, get_cookies, set_cookie

_YEAR = 365 * 86_400  # seconds


def remember_device(
    request: Request, response: Response, email: str, *, signed_in: bool = True, is_proven: bool = True
) -> None:
    """Make this browser a known device of an address, after a sign-in or a mailed link; until somebody proves the
    mailbox, where a sign-in left the account unproven.
    """
    if config().rate_limits == "on" or config().notify_new_device:
        proofs = add_device_proof(get_cookies(request, DEVICE), email, signed_in=signed_in, is_proven=is_proven)
        set_cookie(request, response, DEVICE, proofs, _YEAR)
