"""The cookie of a known device: failed sign-ins from elsewhere do not lock it out, and its owner is not told of it."""

from starlette.requests import Request
from starlette.responses import Response

from gatehouse.accounts.known_devices import device_proof
from gatehouse.config import config
from gatehouse.http.cookies import DEVICE, set_cookie

_YEAR = 365 * 86_400  # seconds


def remember_device(request: Request, response: Response, email: str) -> None:
    """Make this browser a known device of an address."""
    if config().rate_limits == "on" or config().notify_new_device:
        set_cookie(request, response, DEVICE, device_proof(email), _YEAR)
