"""GET /auth/assets/{name} and /auth/button.js: cacheable files of the pages."""

import base64
import gzip
from typing import Any

import pytest

from tests.support.calls import Api, Response
from tests.support.layer import layer

ASSET, BUTTON = "GET /auth/assets/{name}", "GET /auth/button.js"
NAMES = [
    "gatehouse.js",
    "mailed.js",
    "second-step.js",
    "passkeys.js",
    "session.js",
    "account.js",
    "tasks.js",
    "gatehouse.css",
    "authenticators.json",
]


def asset_name(name: str) -> str:
    """Return the name under which pages load a file."""
    found: str = layer("pages.assets").find_asset(name).name
    return found


def body_bytes(response: Response) -> bytes:
    """Return the body as sent."""
    return base64.b64decode(response.text)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_immutable_under_its_hashed_name(call: Api, name: str) -> None:
    response = call(ASSET, name=asset_name(name))

    assert response.status == 200
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "pragma" not in response.headers
    assert (
        response.headers["content-type"]
        == {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "json": "application/json"}[
            name.partition(".")[2]
        ]
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert len(response.text) > 1000


def test_any_other_name_is_not_found(call: Api) -> None:
    for name in ("gatehouse.js", "gatehouse.000000000000.js", "..%2f__init__.py", "button.js", "ü", "x" * 1000):
        response = call(ASSET, name=name)
        assert (response.status, response.code) == (404, "NOT_FOUND"), name
        assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_compressed_if_the_client_accepts_it(call: Api, name: str) -> None:
    plain = call(ASSET, name=asset_name(name))
    compressed = call(ASSET, name=asset_name(name), headers={"accept-encoding": "gzip, br"})

    assert compressed.headers["content-encoding"] == "gzip"
    assert compressed.headers["vary"] == "accept-encoding"
    assert gzip.decompress(body_bytes(compressed)).decode() == plain.text
    assert len(body_bytes(compressed)) < len(plain.text) / 2


def test_the_button_has_the_relation_of_its_site(call: Api) -> None:
    for site in ("same-origin", "same-site", "cross-site", "none"):
        response = call(BUTTON, headers={"sec-fetch-site": site})
        assert (site in response.text, "SITE" in response.text) == (True, False), site
        assert response.headers["vary"] == "sec-fetch-site, accept-encoding"
        assert response.headers["cache-control"] == "public, max-age=300"
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"


def test_the_button_contains_nothing_else_of_the_header(call: Api) -> None:
    for site in ('";alert(1);"', "SAME-SITE", "x" * 100, "same-site\n"):
        assert call(BUTTON, headers={"sec-fetch-site": site}).text == call(BUTTON).text, site


def test_the_button_is_the_same_with_an_untrusted_cookie(call: Api) -> None:
    """Cookies and origins that are not trusted make no difference."""
    request: dict[str, Any] = {
        "cookies": ["better-auth.session_token=x"],
        "headers": {"origin": "https://evil.example"},
    }

    assert call(BUTTON, **request).text == call(BUTTON).text
