"""HEAD, which monitors and link previews send: the response to GET without its body, at every public route to read."""

from typing import Any

import pytest

from gatehouse_dev.gateway import Api as Gateway
from gatehouse_dev.messages import Request
from gatehouse_dev.template import load
from tests.conftest import PARAMETERS, ROOT
from tests.support.aws_failures import UNREACHABLE, failing_calls
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.pictures import PNG

READABLE = {"Health", "Ok", "Jwks", "Error", "ShowPage", "SendAsset", "SendPicture"}
ROUTES = load(ROOT / "template.yaml", PARAMETERS).routes
PATHS = sorted(route.path for route in ROUTES if route.function in READABLE and route.method == "GET")


def call_with(call: Api, method: str, path: str, **request: Any) -> Response:
    """Call a route, with the name of an asset or the ids of a picture where it takes them."""
    asset = layer("pages.assets").find_asset("gatehouse.js").name
    names = {"name": asset, "user_id": "ann", "picture_id": "1"}
    return call(
        f"{method} {path}", **{name: value for name, value in names.items() if f"{{{name}}}" in path}, **request
    )


@pytest.fixture(autouse=True)
def _picture(call: Api) -> None:
    assert call
    pictures, dynamodb = layer("accounts.pictures"), layer("dynamodb")
    picture = pictures.Picture(picture_id="1", media_type="image/png", content=PNG)
    dynamodb.transact(pictures.store("ann", picture))


def test_head_is_routed_where_get_only_reads() -> None:
    """Elsewhere it is 404: GET of a mailed link or of a provider's redirect has effects, other GETs need a session."""
    assert {route.path for route in ROUTES if route.method == "HEAD"} == set(PATHS)
    assert len(PATHS) > 20


@pytest.mark.parametrize("path", PATHS)
def test_head_has_the_headers_of_get_and_no_body(call: Api, path: str) -> None:
    read, head = (call_with(call, method, path, headers={"accept-encoding": "gzip"}) for method in ("GET", "HEAD"))

    assert (head.status, head.text) == (read.status, "")
    assert head.status in {200, 302, 303, 307, 308}
    assert head.headers == dict(read.headers)
    assert head.cookies == read.cookies


def test_head_of_an_error_has_no_body(call: Api) -> None:
    assert call("HEAD /auth/assets/{name}", name="unknown.js").status == 404
    assert call("HEAD /auth/assets/{name}", name="unknown.js").text == ""
    with failing_calls(UNREACHABLE):
        response = call("HEAD /health")
    assert (response.status, response.text) == (503, "")


@pytest.mark.parametrize(
    "path",
    [
        "/api/auth/verify-email?token=x",
        "/api/auth/reset-password/x",
        "/api/auth/delete-user/callback?token=x",
        "/api/auth/unsubscribe?token=x",
        "/api/auth/oauth/google",
        "/api/auth/callback/google?code=x&state=y",
        "/api/tasks",
        "/api/auth/get-session",
    ],
)
def test_head_of_other_routes_reaches_no_function(path: str) -> None:
    assert Gateway(routes=ROUTES, cors=None).match(Request(method="HEAD", raw_path=path.partition("?")[0])) is None
