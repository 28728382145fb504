"""GET /auth/assets/{name} and /auth/button.js: files that may be kept."""

import base64
import gzip
from typing import Any

import pytest

from tests.support.calls import Api, Response
from tests.support.layer import layer

ASSET, BUTTON = "GET /auth/assets/{name}", "GET /auth/button.js"
NAMES = ["gatehouse.js", "gatehouse.css"]


def named(name: str) -> str:
    """The name that pages have for a file."""
    found: str = layer("pages.assets").find_asset(name).name
    return found


def sent(answer: Response) -> bytes:
    """A body as it goes over the wire."""
    return base64.b64decode(answer.text)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_kept_for_ever_under_its_name(call: Api, name: str) -> None:
    answer = call(ASSET, name=named(name))

    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "pragma" not in answer.headers
    assert (
        answer.headers["content-type"]
        == {"gatehouse.js": "text/javascript; charset=utf-8", "gatehouse.css": "text/css; charset=utf-8"}[name]
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.text) > 1000


def test_any_other_name_is_not_there(call: Api) -> None:
    for name in ("gatehouse.js", "gatehouse.000000000000.js", "..%2f__init__.py", "button.js", "ü", "x" * 1000):
        answer = call(ASSET, name=name)
        assert (answer.status, answer.code) == (404, "NOT_FOUND"), name
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_compressed_for_those_who_can_read_it(call: Api, name: str) -> None:
    plain = call(ASSET, name=named(name))
    packed = call(ASSET, name=named(name), headers={"accept-encoding": "gzip, br"})

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "accept-encoding"
    assert gzip.decompress(sent(packed)).decode() == plain.text
    assert len(sent(packed)) < len(plain.text) / 2


def test_the_button_knows_whether_it_is_of_this_site(call: Api) -> None:
    for site in ("same-origin", "same-site", "cross-site", "none"):
        answer = call(BUTTON, headers={"sec-fetch-site": site})
        assert (site in answer.text, "SITE" in answer.text) == (True, False), site
        assert answer.headers["vary"] == "sec-fetch-site, accept-encoding"
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


def test_the_button_takes_no_code_from_a_header(call: Api) -> None:
    for site in ('";alert(1);"', "SAME-SITE", "x" * 100, "same-site\n"):
        assert call(BUTTON, headers={"sec-fetch-site": site}).text == call(BUTTON).text, site


def test_a_file_is_no_credential(call: Api) -> None:
    """Cookies of a site that is not trusted make no difference: nothing is done for them."""
    request: dict[str, Any] = {
        "cookies": ["better-auth.session_token=x"],
        "headers": {"origin": "https://evil.example"},
    }

    assert call(BUTTON, **request).text == call(BUTTON).text
