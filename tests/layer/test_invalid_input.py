"""Invalid input of every kind: a refusal that repeats nothing, and nothing changes."""

import itertools
import json
from base64 import b64encode
from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.every_route import all_of, each, function, send_request
from tests.support.calls import Api, Response
from tests.support.events import event_for
from tests.support.people import People
from tests.support.tables import all_rows

NEED_BODY = {
    f"POST /api/auth/{path}": fields
    for fields, paths in {
        ("email", "password"): ("sign-up/email", "signup", "register", "sign-in/email", "signin", "login"),
        ("email",): ("send-verification-email", "resend-verification", "request-password-reset", "forgot-password"),
        ("email", "redirectTo"): ("forget-password",),
        ("token",): ("verify-email",),
        ("newPassword",): ("reset-password",),
    }.items()
    for path in paths
}
POST = [*NEED_BODY, *(f"POST /api/auth/{path}" for path in ("sign-out", "signout", "logout"))]
GET = [f"GET /api/auth/{path}" for path in ("get-session", "session", "me", "verify-email", "reset-password/{token}")]
FIELDS = {"email": "ann@example.com", "password": "correct horse", "newPassword": "correct horse", "token": "x" * 60}
JSON = {"content-type": "application/json"}
MARK = "5ecret-mark"
NOT_AN_OBJECT = [None, "", " ", "null", "[]", "1", '"text"', "true", "[{}]", "{}", "NaN", "1e999", "9" * 5000]
NOT_JSON = ["{", "{'a': 1}", "a=b", '{"email": }', "{}{}", "[" * 10_000, '{"a":' * 10_000, "[" * 100_000]
NOT_TEXT = [1, -1.5, True, ["x" + MARK], [], {}, {MARK: MARK}, 10**400]
BYTES = [b"\xff\xfe", b'{"email": "\xff"}', b"\x00", b"\x80" * 99, b"\xed\xa0\x80", b"{\x00}\x00"]
HEADERS = [
    {"x-forwarded-port": "abc"},
    {"x-forwarded-proto": "gopher", "forwarded": "host=evil"},
    {"host": "a:b:c"},
    {"host": ""},
    {"host": "[::1]:443"},
    {"x-long": "x" * 200_000},
    {"accept": "\xff", "user-agent": "\xff\u1234"},
    {"content-length": "-1"},
    {"authorization": "Basic \xff"},
    {"authorization": "Bearer"},
    {"authorization": "Bearer " + "x" * 200_000},
    {"authorization": "Bearer a, Bearer b"},
    {"cookie": "\xff=\xff; ;=;"},
    {"origin": "\xff", "cookie": "a"},
]
QUERIES = ["token=a&token=b", "token", "%", "token=%ff%00", "a[]=1&" * 2000, "token=\x7f", "&&=&"]


by_field = all_of([*NEED_BODY], function)
by_kind = all_of([*NEED_BODY])
by_body = all_of(POST)


@pytest.fixture
def unchanged(cloud: Cloud, people: People) -> Callable[[], None]:
    """A user exists; asserts that no table has changed."""
    people.signed_in()
    before = all_rows(cloud)

    def check() -> None:
        assert all_rows(cloud) == before

    return check


def assert_refused(response: Response, *statuses: int) -> None:
    """Assert an error in the usual form, which repeats no input."""
    assert response.status in statuses, (response.status, response.text)
    assert {"code", "message", "requestId"} <= set(response.json) <= {"code", "message", "details", "requestId"}
    assert response.json["code"].isupper()
    assert MARK not in response.text
    assert MARK not in str(response.headers)
    assert response.cookies == []


@by_field
@pytest.mark.parametrize("body", NOT_AN_OBJECT, ids=lambda body: repr(body)[:12])
def test_a_missing_body_or_one_that_is_no_object_is_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], body: str | None
) -> None:
    for route in routes:
        response = call(route, body=body, headers=JSON)
        assert_refused(response, 400)
        assert response.code in {"VALIDATION_ERROR", "BAD_REQUEST"}
    unchanged()


@by_body
@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: body[:12])
def test_a_body_that_is_no_json_is_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], body: str
) -> None:
    for route in routes:
        response = call(route, body=body, headers=JSON)
        assert_refused(response, 400)
        assert (response.json["message"], call.aws_operations) == ("Invalid JSON in request body", [])
    unchanged()


@by_kind
@pytest.mark.parametrize("depth", [100, 500, 900, 990, 1_000, 3_000, 20_000])
def test_a_deeply_nested_body_is_refused(call: Api, routes: list[str], depth: int) -> None:
    """S-06: whichever parser fails first."""
    for body in ('{"email":' + "[" * depth + "]" * depth + "}", '{"a":' * depth + "1" + "}" * depth):
        for route in routes:
            assert_refused(call(route, body=body, headers=JSON), 400)


@by_field
@pytest.mark.parametrize("value", NOT_TEXT, ids=lambda value: repr(value)[:12])
def test_a_field_of_another_type_is_refused_by_its_name(
    call: Api, unchanged: Callable[[], None], routes: list[str], value: object
) -> None:
    for route in routes:
        for field in NEED_BODY[route]:
            if not value and field == "redirectTo":
                continue  # as if absent
            response = call(route, json=FIELDS | {field: value})
            assert_refused(response, 400)
            assert field in response.json["message"]
            assert call.aws_operations == []
    unchanged()


@by_body
@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "text/json", "x"]
)
def test_cve_2021_32677_another_content_type_is_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], content_type: str | None
) -> None:
    """S-22: a form on another site can send these without a preflight request."""
    headers = {} if content_type is None else {"content-type": content_type}

    for route in routes:
        response = call(route, body='{"email": "a@example.com", "password": "correct horse"}', headers=headers)
        assert_refused(response, 415)
        assert (response.code, call.aws_operations) == ("UNSUPPORTED_MEDIA_TYPE", [])
    unchanged()


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"])
def test_spellings_of_the_content_type_are_accepted(call: Api, content_type: str) -> None:
    response = call(
        "POST /api/auth/forgot-password", body='{"email": "a@b.co"}', headers={"content-type": content_type}
    )

    assert response.status == 200


@by_body
@pytest.mark.parametrize("size", [257 * 1024, 5_000_000])
def test_a_body_that_is_too_large_is_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], size: int
) -> None:
    for route in routes:
        response = call(route, json=FIELDS | {"password": MARK + "x" * size})
        assert_refused(response, 413)
        assert (response.code, call.aws_operations) == ("PAYLOAD_TOO_LARGE", [])
    unchanged()


@by_kind
@pytest.mark.parametrize("raw", BYTES, ids=repr)
def test_bytes_that_are_no_utf_8_are_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], raw: bytes
) -> None:
    for route in routes:
        assert_refused(send_bytes(call, route, raw), 400)
    unchanged()


def send_bytes(call: Api, route: str, raw: bytes) -> Response:
    """Call a route with bytes as the body."""
    event = event_for(route, body=b64encode(raw).decode(), headers=JSON) | {"isBase64Encoded": True}
    result = call.invoke(call._functions[route], event)
    return Response(status=result["statusCode"], headers=result["headers"], text=result["body"])


@by_kind
@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"]
)
@pytest.mark.parametrize("text", ["x", "\ud800"], ids=ascii)
def test_json_in_another_encoding_is_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], encoding: str, text: str
) -> None:
    """RFC 8259, 8.1; a check for surrogates in the bytes would not find them in other encodings."""
    for route, email in itertools.product(routes, ("ann@example.com", "nobody@example.com")):
        body = json.dumps(FIELDS | {"email": email, "password": text * 9})
        response = send_bytes(call, route, body.encode(encoding))
        assert_refused(response, 400)
        assert (response.code, call.aws_operations) == ("BAD_REQUEST", [])
    unchanged()


@by_kind
@pytest.mark.parametrize("pattern", ['{"email": "%s"}', '{"%s": 1}', '{"a": [{"b": "%s"}]}', '["%s"]', '"%s"'])
def test_a_lone_surrogate_is_refused_in_any_position(call: Api, routes: list[str], pattern: str) -> None:
    surrogates = ("\\ud800", "\\uDBFF", "\\udc00", "\\uDfFf", "\\udc00\\ud800", "\\ud800\\ud800\\udc00")
    for route, surrogate in itertools.product(routes, surrogates):
        response = call(route, body=pattern % surrogate, headers=JSON)
        assert (response.status, response.code, call.aws_operations) == (400, "BAD_REQUEST", [])


def test_a_surrogate_pair_is_accepted(call: Api) -> None:
    body = '{"email": "a@ex.com", "password": "correct horse", "name": "\\ud83c\\udf31 \\\\ud800"}'

    assert call("POST /api/auth/sign-up/email", body=body, headers=JSON).json["user"]["name"] == "🌱 \\ud800"


@all_of([*POST, *GET])
def test_ghsa_xmf8_cvqr_rfgj_malformed_headers_cause_no_500(
    call: Api, unchanged: Callable[[], None], routes: list[str]
) -> None:
    """S-31."""
    for route, headers in itertools.product(routes, HEADERS):
        assert send_request(call, route, headers=headers).status < 500, headers
    unchanged()


@all_of(GET, function)
def test_a_malformed_query_causes_no_500(call: Api, unchanged: Callable[[], None], routes: list[str]) -> None:
    for route, query in itertools.product(routes, QUERIES):
        assert send_request(call, route, query=query).status < 500, query
    unchanged()


def test_input_is_never_repeated(call: Api) -> None:
    for sent in ({"email": MARK, "password": MARK}, {"email": {MARK: MARK}}, {MARK: MARK}, {"name": [MARK]}):
        assert_refused(call("POST /api/auth/sign-up/email", json=sent), 400)


def test_nul_is_a_character_of_a_password(call: Api) -> None:
    response = call("POST /api/auth/sign-up/email", json=FIELDS | {"password": "nul\0 \0byte"})

    assert response.status == 200


@pytest.mark.parametrize("field", ["email", "name", "image", "callbackURL"])
def test_a_lone_surrogate_is_refused_in_stored_fields(call: Api, unchanged: Callable[[], None], field: str) -> None:
    """JSON can contain it; UTF-8, and so DynamoDB, cannot."""
    text = {"image": "https://example.com/\ud800", "callbackURL": "/\ud800"}.get(field, "\ud800")

    assert_refused(call("POST /api/auth/sign-up/email", json=FIELDS | {field: text}), 400, 403)
    unchanged()


@each([*NEED_BODY], function)
def test_a_lone_surrogate_in_any_field_causes_no_500(call: Api, route: str) -> None:
    for field in (*FIELDS, "callbackURL", "redirectTo", "rememberMe"):
        assert call(route, json=FIELDS | {field: "/\ud800" * 9}).status < 500


def test_the_last_of_two_fields_of_one_name_counts(call: Api) -> None:
    body = '{"email": "a@ex.com", "email": "b@ex.com", "password": "correct horse"}'

    response = call("POST /api/auth/sign-up/email", body=body, headers=JSON)

    assert response.json["user"]["email"] == "b@ex.com"
