"""CORS as API Gateway handles it for the whole API; CORS headers of functions are dropped."""

from dataclasses import replace

from gatehouse_dev.messages import Headers, Request, Response
from gatehouse_dev.model import Cors


def preflight(cors: Cors | None, request: Request) -> Response | None:
    """Return the response to a preflight; None for other requests."""
    asks = request.header("origin") is not None and request.header("access-control-request-method") is not None
    if cors is None or request.method != "OPTIONS" or not asks:
        return None
    headers = _allowing(cors, request)
    if headers:
        headers += (
            ("access-control-allow-methods", ",".join(cors.allow_methods)),
            ("access-control-allow-headers", ",".join(cors.allow_headers)),
        )
        if cors.max_age is not None:
            headers += (("access-control-max-age", str(cors.max_age)),)
    return Response(status=204, headers=(*headers, ("vary", "origin")))


def add_headers(cors: Cors | None, request: Request, response: Response) -> Response:
    """Add CORS headers for a listed origin."""
    if cors is None:
        return response
    headers = tuple(header for header in response.headers if not header[0].startswith("access-control-"))
    allowing = _allowing(cors, request)
    if allowing and cors.expose_headers:
        allowing += (("access-control-expose-headers", ",".join(cors.expose_headers)),)
    return replace(response, headers=(*headers, *allowing, ("vary", "origin")))


def _allowing(cors: Cors, request: Request) -> Headers:
    origin = request.header("origin")
    if origin is None or not any(_matches(pattern, origin) for pattern in cors.allow_origins):
        return ()
    credentials = (("access-control-allow-credentials", "true"),) if cors.allow_credentials else ()
    anyone = "*" in cors.allow_origins and not cors.allow_credentials
    return (("access-control-allow-origin", "*" if anyone else origin), *credentials)


def _matches(pattern: str, origin: str) -> bool:
    if pattern.endswith("://*"):
        return origin.startswith(pattern[:-1])
    return pattern in ("*", origin)
