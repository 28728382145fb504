"""Error responses, in the format of Gatehouse's own."""

import re
from uuid import uuid4

from fastapi import Response, WebSocket, status
from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection

from gatehouse_fastapi.refusals import Refusal

_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,128}")


async def error_response(connection: HTTPConnection, refusal: Exception) -> Response | None:
    """Return `{"code", "message", "requestId"}`; None for a WebSocket, whose opening is denied with the same body."""
    assert isinstance(refusal, Refusal)  # noqa: S101 -- it is installed for these alone
    body = {"code": refusal.code, "message": refusal.message, "requestId": request_id(connection)}
    headers = {"cache-control": "no-store", "x-correlation-id": body["requestId"], **(refusal.headers or {})}
    response = JSONResponse(body, refusal.status, headers)
    if not isinstance(connection, WebSocket):
        return response
    if "websocket.http.response" in connection.scope.get("extensions", {}):
        await connection.send_denial_response(response)
    else:  # the server supports no response body here
        await connection.close(status.WS_1008_POLICY_VIOLATION, refusal.code)
    return None


def request_id(connection: HTTPConnection) -> str:
    """Return the caller's own request id when it is well-formed, else a new one; the same for repeated calls."""
    if "gatehouse.request_id" not in connection.scope:
        given = (connection.headers.get(name, "") for name in ("x-correlation-id", "x-request-id"))
        known = next((text for text in given if _WELL_FORMED.fullmatch(text)), None)
        connection.scope["gatehouse.request_id"] = known or str(uuid4())
    found: str = connection.scope["gatehouse.request_id"]
    return found
