"""The error page for redirects that have no other target."""

import re
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gatehouse.config import config
from gatehouse.http.navigation import plain_page
from gatehouse.http.origin import encode_location

_CODE = re.compile(r"[A-Za-z0-9_'-]{1,64}")


def error_page(request: Request, error: str) -> Response:
    """Redirect to the hosted error page, or return a plain one. A malformed code is replaced with UNKNOWN."""
    code = error if _CODE.fullmatch(error) else "UNKNOWN"
    if config().hosted_pages:
        return Response(status_code=HTTPStatus.FOUND, headers={"location": encode_location(f"/error?error={code}")})
    return HTMLResponse(plain_page(request, code))
