"""Whatever is sent as a task: a refusal of one shape that repeats no value, never a 500, and nothing changes."""

from base64 import b64encode
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Answer, Api
from tests.support.events import event_for
from tests.support.people import Person
from tests.support.tables import everything
from tests.support.tasks import COMPLETE, CREATE, PATCH, PUT, visit

JSON = {"content-type": "application/json"}
MARK = "marked-value"
WITH_BODY = (CREATE, PUT, PATCH, COMPLETE)

NO_JSON = {
    "broken": '{"title": "x"',
    "two values": '{"title": "x"} {}',
    "single quotes": "{'title': 'x'}",
    "deep": "[" * 100_000,
    "binary": "\x00\x01",
    "blank": " ",
}
NO_OBJECT = {"list": "[]", "list of one": '[{"title": "x"}]', "text": f'"{MARK}"', "number": "1", "true": "true"}
WRONG: list[dict[str, Any]] = [
    {"title": None},
    {"title": ""},
    {"title": " \t\n"},
    {"title": "x" * 201},
    {"title": 1},
    {"title": True},
    {"title": [MARK]},
    {"title": {"x": MARK}},
    {"description": None},
    {"description": "x" * 1001},
    {"description": 7},
    {"priority": MARK},
    {"priority": ""},
    {"priority": None},
    {"priority": 1},
    {"priority": ["high"]},
    {"due_date": MARK},
    {"due_date": ""},
    {"due_date": "2026-02-30"},
    {"due_date": "2026-12-01T10:00:00"},
    {"due_date": "2026-12-01T25:00:00Z"},
    {"due_date": "2026-12-01T10:00Z,"},
    {"due_date": "0001-01-01T00:00:00+01:00"},
    {"tags": MARK},
    {"tags": None},
    {"tags": [""]},
    {"tags": [" "]},
    {"tags": ["two words"]},
    {"tags": [1]},
    {"tags": ["x"] * 21},
    {"tags": ["x" * 501]},
    {"due_date": "20261201"},
    {"due_date": 86400},
    {"due_date": "86400"},
    {"due_date": 1e308},
    {"due_date": float("nan")},
    {"due_date": True},
    {"user_id": MARK},
    {"owner": MARK},
    {"id": MARK},
    {"created_at": "2026-01-01T00:00:00Z"},
    {"completed_at": "2026-01-01T00:00:00Z"},
    {"version": 7},
    {"TITLE": MARK},
    {"__proto__": {"title": MARK}},
]


def refused(answer: Answer, status: int, code: str) -> None:
    """Check that an answer is the one shape of a refusal, and repeats nothing."""
    assert (answer.status, answer.code) == (status, code), answer.text
    assert set(answer.json) <= {"code", "message", "details", "requestId"}
    assert answer.json["message"]
    assert MARK not in answer.text


@pytest.fixture
def unchanged(cloud: Cloud, task: dict[str, Any]) -> Any:
    """Check afterwards that no table changed."""
    assert task
    before = everything(cloud)
    yield
    assert everything(cloud) == before


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_refused(call: Api, ann: Person, task: dict[str, Any], body: str) -> None:
    for route in WITH_BODY:
        refused(visit(call, route, bearer=ann.token, task=task["id"], body=body, headers=JSON), 400, "BAD_REQUEST")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("body", NO_OBJECT.values(), ids=NO_OBJECT)
def test_what_is_no_object_is_refused(call: Api, ann: Person, task: dict[str, Any], body: str) -> None:
    for route in WITH_BODY:
        refused(visit(call, route, bearer=ann.token, task=task["id"], body=body, headers=JSON), 400, "VALIDATION_ERROR")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("route", WITH_BODY)
def test_no_depth_of_nesting_is_too_much(call: Api, ann: Person, task: dict[str, Any], route: str) -> None:
    for depth in (10, 100, 500, 900, 950, 980, 1000, 5000):
        body = '{"title": ' + "[" * depth + "]" * depth + "}"
        answer = visit(call, route, bearer=ann.token, task=task["id"], body=body, headers=JSON)
        assert answer.status == 400, (depth, answer.text)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("body", [None, "null", ""])
def test_a_body_is_needed(call: Api, ann: Person, task: dict[str, Any], body: str | None) -> None:
    for route in (CREATE, PUT, PATCH):
        refused(visit(call, route, bearer=ann.token, task=task["id"], body=body, headers=JSON), 400, "VALIDATION_ERROR")


@pytest.mark.usefixtures("unchanged")
def test_a_megabyte_is_too_much(call: Api, ann: Person, task: dict[str, Any]) -> None:
    body = f'{{"title": "{MARK * 90_000}"}}'
    for route in WITH_BODY:
        refused(
            visit(call, route, bearer=ann.token, task=task["id"], body=body, headers=JSON), 413, "PAYLOAD_TOO_LARGE"
        )


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "", "json"])
def test_only_json_is_read(call: Api, ann: Person, task: dict[str, Any], kind: str) -> None:
    for route in WITH_BODY:
        answer = visit(
            call, route, bearer=ann.token, task=task["id"], body='{"title": "x"}', headers={"content-type": kind}
        )
        refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_parameters_of_the_content_type_do_not_matter(call: Api, ann: Person) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}

    assert visit(call, CREATE, bearer=ann.token, body='{"title": "x"}', headers=headers).status == 201


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("route", [CREATE, PUT, PATCH])
def test_a_wrong_field_is_refused_by_name(call: Api, ann: Person, task: dict[str, Any], route: str) -> None:
    fine: dict[str, Any] = {"title": "Fine"} if route == CREATE else {}
    accepted = []
    for fields in WRONG:
        answer = visit(call, route, bearer=ann.token, task=task["id"], json=fine | fields)
        if answer.status < 400:
            accepted.append(fields)
            continue
        refused(answer, 400, "VALIDATION_ERROR")
        assert [".".join(detail["field"].split(".")[:2]) for detail in answer.json["details"]] == [
            f"body.{name}" for name in fields
        ]

    assert accepted == []


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("raw", [b"\xff\xfe\xfd", b'{"title": "\xe9"}', b"\x1f\x8b\x08"])
def test_bytes_that_are_no_text_are_refused(call: Api, ann: Person, raw: bytes) -> None:
    event = event_for(CREATE, bearer=ann.token, headers=JSON)
    result = call.invoke("CreateTask", event | {"body": b64encode(raw).decode(), "isBase64Encoded": True})

    assert result["statusCode"] == 400
