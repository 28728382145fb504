"""Wrong input of every kind: a polite refusal that repeats nothing, and nothing changed."""

import itertools
import json
from base64 import b64encode
from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.every_route import all_of, ask, each, function
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
FIELDS = {"email": "ann@example.com", "password": "x" * 9, "newPassword": "x" * 9, "token": "x" * 60}
JSON = {"content-type": "application/json"}
MARK = "5ecret-mark"
NO_OBJECT = [None, "", " ", "null", "[]", "1", '"text"', "true", "[{}]", "{}", "NaN", "1e999", "9" * 5000]
NO_JSON = ["{", "{'a': 1}", "a=b", '{"email": }', "{}{}", "[" * 10_000, '{"a":' * 10_000, "[" * 100_000]
NO_TEXT = [1, -1.5, True, ["x" + MARK], [], {}, {MARK: MARK}, 10**400]
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
    """Somebody is there; asks whether all is as it was."""
    people.signed_in()
    before = all_rows(cloud)

    def check() -> None:
        assert all_rows(cloud) == before

    return check


def assert_refused(answer: Response, *statuses: int) -> None:
    """The one shape of an error, with a code that is known and nothing repeated."""
    assert answer.status in statuses, (answer.status, answer.text)
    assert {"code", "message", "requestId"} <= set(answer.json) <= {"code", "message", "details", "requestId"}
    assert answer.json["code"].isupper()
    assert MARK not in answer.text
    assert MARK not in str(answer.headers)
    assert answer.cookies == []


@by_field
@pytest.mark.parametrize("body", NO_OBJECT, ids=lambda body: repr(body)[:12])
def test_a_body_that_is_not_there_or_no_object_is_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], body: str | None
) -> None:
    for route in routes:
        answer = call(route, body=body, headers=JSON)
        assert_refused(answer, 400)
        assert answer.code in {"VALIDATION_ERROR", "BAD_REQUEST"}
    unchanged()


@by_body
@pytest.mark.parametrize("body", NO_JSON, ids=lambda body: body[:12])
def test_a_body_that_is_no_json_is_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], body: str
) -> None:
    for route in routes:
        answer = call(route, body=body, headers=JSON)
        assert_refused(answer, 400)
        assert (answer.json["message"], call.aws_operations) == ("Invalid JSON in request body", [])
    unchanged()


@by_kind
@pytest.mark.parametrize("depth", [100, 500, 900, 990, 1_000, 3_000, 20_000])
def test_a_body_as_deep_as_one_likes_is_refused(call: Api, routes: list[str], depth: int) -> None:
    """S-06: whichever of the parsers gives up first."""
    for body in ('{"email":' + "[" * depth + "]" * depth + "}", '{"a":' * depth + "1" + "}" * depth):
        for route in routes:
            assert_refused(call(route, body=body, headers=JSON), 400)


@by_field
@pytest.mark.parametrize("value", NO_TEXT, ids=lambda value: repr(value)[:12])
def test_a_field_of_another_kind_is_refused_by_its_name(
    call: Api, unchanged: Callable[[], None], routes: list[str], value: object
) -> None:
    for route in routes:
        for field in NEED_BODY[route]:
            if not value and field == "redirectTo":
                continue  # as good as absent
            answer = call(route, json=FIELDS | {field: value})
            assert_refused(answer, 400)
            assert field in answer.json["message"]
            assert call.aws_operations == []
    unchanged()


@by_body
@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "text/json", "x"]
)
def test_cve_2021_32677_a_body_of_another_type_is_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], content_type: str | None
) -> None:
    """S-22: a form on another site can send these without asking."""
    headers = {} if content_type is None else {"content-type": content_type}

    for route in routes:
        answer = call(route, body='{"email": "a@example.com", "password": "correct horse"}', headers=headers)
        assert_refused(answer, 415)
        assert (answer.code, call.aws_operations) == ("UNSUPPORTED_MEDIA_TYPE", [])
    unchanged()


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"])
def test_json_may_be_announced_in_other_words(call: Api, content_type: str) -> None:
    answer = call("POST /api/auth/forgot-password", body='{"email": "a@b.co"}', headers={"content-type": content_type})

    assert answer.status == 200


@by_body
@pytest.mark.parametrize("size", [257 * 1024, 5_000_000])
def test_a_body_that_is_too_large_is_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], size: int
) -> None:
    for route in routes:
        answer = call(route, json=FIELDS | {"password": MARK + "x" * size})
        assert_refused(answer, 413)
        assert (answer.code, call.aws_operations) == ("PAYLOAD_TOO_LARGE", [])
    unchanged()


@by_kind
@pytest.mark.parametrize("raw", BYTES, ids=repr)
def test_bytes_that_are_no_text_are_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], raw: bytes
) -> None:
    for route in routes:
        assert_refused(sends(call, route, raw), 400)
    unchanged()


def sends(call: Api, route: str, raw: bytes) -> Response:
    """Call a route with bytes for a body."""
    event = event_for(route, body=b64encode(raw).decode(), headers=JSON) | {"isBase64Encoded": True}
    result = call.invoke(call._functions[route], event)
    return Response(status=result["statusCode"], headers=result["headers"], text=result["body"])


@by_kind
@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"]
)
@pytest.mark.parametrize("text", ["x", "\ud800"], ids=ascii)
def test_json_of_another_encoding_than_utf_8_is_refused(
    call: Api, unchanged: Callable[[], None], routes: list[str], encoding: str, text: str
) -> None:
    """RFC 8259, 8.1; and half a character would hide in it from whoever looks for one in bytes."""
    for route, email in itertools.product(routes, ("ann@example.com", "nobody@example.com")):
        body = json.dumps(FIELDS | {"email": email, "password": text * 9})
        answer = sends(call, route, body.encode(encoding))
        assert_refused(answer, 400)
        assert (answer.code, call.aws_operations) == ("BAD_REQUEST", [])
    unchanged()


@by_kind
@pytest.mark.parametrize("place", ['{"email": "%s"}', '{"%s": 1}', '{"a": [{"b": "%s"}]}', '["%s"]', '"%s"'])
def test_half_a_character_is_refused_wherever_it_stands(call: Api, routes: list[str], place: str) -> None:
    halves = ("\\ud800", "\\uDBFF", "\\udc00", "\\uDfFf", "\\udc00\\ud800", "\\ud800\\ud800\\udc00")
    for route, half in itertools.product(routes, halves):
        answer = call(route, body=place % half, headers=JSON)
        assert (answer.status, answer.code, call.aws_operations) == (400, "BAD_REQUEST", [])


def test_a_whole_character_may_be_written_as_two_halves(call: Api) -> None:
    body = '{"email": "a@ex.com", "password": "correct horse", "name": "\\ud83c\\udf31 \\\\ud800"}'

    assert call("POST /api/auth/sign-up/email", body=body, headers=JSON).json["user"]["name"] == "🌱 \\ud800"


@all_of([*POST, *GET])
def test_ghsa_xmf8_cvqr_rfgj_strange_headers_are_no_accident(
    call: Api, unchanged: Callable[[], None], routes: list[str]
) -> None:
    """S-31."""
    for route, headers in itertools.product(routes, HEADERS):
        assert ask(call, route, headers=headers).status < 500, headers
    unchanged()


@all_of(GET, function)
def test_a_strange_query_is_no_accident(call: Api, unchanged: Callable[[], None], routes: list[str]) -> None:
    for route, query in itertools.product(routes, QUERIES):
        assert ask(call, route, query=query).status < 500, query
    unchanged()


def test_what_was_sent_is_never_repeated(call: Api) -> None:
    for sent in ({"email": MARK, "password": MARK}, {"email": {MARK: MARK}}, {MARK: MARK}, {"name": [MARK]}):
        assert_refused(call("POST /api/auth/sign-up/email", json=sent), 400)


def test_nul_characters_are_characters(call: Api) -> None:
    answer = call("POST /api/auth/sign-up/email", json=FIELDS | {"password": "\0" * 8})

    assert answer.status == 200


@pytest.mark.parametrize("field", ["email", "name", "image", "callbackURL"])
def test_half_a_character_is_refused_where_it_would_be_kept(
    call: Api, unchanged: Callable[[], None], field: str
) -> None:
    """A lone surrogate: JSON can say it, UTF-8 and so DynamoDB cannot."""
    text = {"image": "https://example.com/\ud800", "callbackURL": "/\ud800"}.get(field, "\ud800")

    assert_refused(call("POST /api/auth/sign-up/email", json=FIELDS | {field: text}), 400, 403)
    unchanged()


@each([*NEED_BODY], function)
def test_half_a_character_is_no_accident_anywhere(call: Api, route: str) -> None:
    for field in (*FIELDS, "callbackURL", "redirectTo", "rememberMe"):
        assert call(route, json=FIELDS | {field: "/\ud800" * 9}).status < 500


def test_of_two_fields_of_one_name_there_is_one_answer(call: Api) -> None:
    body = '{"email": "a@ex.com", "email": "b@ex.com", "password": "correct horse"}'

    answer = call("POST /api/auth/sign-up/email", body=body, headers=JSON)

    assert answer.json["user"]["email"] == "b@ex.com"
