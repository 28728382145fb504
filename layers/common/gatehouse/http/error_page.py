"""The error page for redirects that have no other target."""

import re
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gatehouse.config import config
from gatehouse.http.navigation import back_link, plain_page
from gatehouse.http.origin import encode_location
from gatehouse.site import add_query, resolve_target

STATE_COOKIE_MISSING = "state_cookie_missing"
"""The description of an error whose state waits for a cookie that the browser did not send."""
_CODE = re.compile(r"[A-Za-z0-9_'-]{1,64}")


def error_page(request: Request, error: str, description: str, target: str) -> Response:
    """Redirect to the hosted error page, or return a plain one, which leads to `target`, else to the frontend, with the
    code. A malformed code is replaced with UNKNOWN. Of descriptions only ours counts: the page explains it.
    """
    code = error if _CODE.fullmatch(error) else "UNKNOWN"
    back = resolve_target(target) or config().frontend_url
    back = back and encode_location(add_query(back, error=code))
    if config().hosted_pages:
        shown = description if description == STATE_COOKIE_MISSING else code
        location = add_query(f"/error?error={shown}", callbackURL=back or None)
        return Response(status_code=HTTPStatus.FOUND, headers={"location": encode_location(location)})
    return HTMLResponse(plain_page(request, code, back_link(request, back)))
