"""Invalid bodies of task routes: each is refused in the same form without repeating a value, and nothing changes."""

from base64 import b64encode
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.events import event_for
from tests.support.people import Person
from tests.support.slow import some_and_all
from tests.support.tables import all_rows
from tests.support.tasks import COMPLETE, CREATE, PATCH, PUT, call_task_route

JSON = {"content-type": "application/json"}
MARK = "marked-value"
WITH_BODY = (CREATE, PUT, PATCH, COMPLETE)

NO_JSON = ['{"title": "x"', '{"title": "x"} {}', "{'title': 'x'}", "[" * 100_000, "\x00\x01", " "]
NO_OBJECT = ["[]", '[{"title": "x"}]', f'"{MARK}"', "1", "true"]
DEPTHS = (10, 100, 500, 900, 950, 980, 1000, 5000)
OTHER_KINDS = ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "", "json"]
INVALID: dict[str, list[Any]] = {
    "title": [None, "", " \t\n", "x" * 201, 1, True, [MARK], {"x": MARK}],
    "description": [None, "x" * 1001, 7],
    "priority": [MARK, "", None, 1, ["high"]],
    "due_date": [
        *(MARK, "", "2026-02-30", "2026-12-01T10:00:00", "2026-12-01T25:00:00Z", "2026-12-01T10:00Z,", "20261201"),
        *("0001-01-01T00:00:00+01:00", "86400", 86400, 1e308, float("nan"), True),
    ],
    "tags": [MARK, None, [""], [" "], ["two words"], [1], ["x"] * 21, ["x" * 501]],
    **{name: [MARK] for name in ("user_id", "owner", "id", "TITLE")},
    **{name: ["2026-01-01T00:00:00Z"] for name in ("created_at", "completed_at")},
    "version": [7],
    "__proto__": [{"title": MARK}],
}


def assert_refused(response: Response, status: int, code: str) -> None:
    """Assert that a response is a refusal in the usual form, and repeats no value."""
    assert (response.status, response.code) == (status, code), response.text
    assert set(response.json) <= {"code", "message", "details", "requestId"}
    assert response.json["message"]
    assert MARK not in response.text


@pytest.fixture
def unchanged(cloud: Cloud, task: dict[str, Any]) -> Any:
    """Assert afterwards that no table changed."""
    assert task
    before = all_rows(cloud)
    yield
    assert all_rows(cloud) == before


@pytest.mark.usefixtures("unchanged")
@some_and_all("routes", (PATCH,), WITH_BODY)
def test_a_body_that_is_no_json_object_is_refused(
    call: Api, ann: Person, task: dict[str, Any], routes: tuple[str, ...]
) -> None:
    def send(body: str | None, kind: str = "application/json") -> Response:
        return call_task_route(
            call, route, bearer=ann.token, task=task["id"], body=body, headers={"content-type": kind} if kind else {}
        )

    for route in routes:
        for body in NO_JSON:
            assert_refused(send(body), 400, "BAD_REQUEST")
        for body in NO_OBJECT:
            assert_refused(send(body), 400, "VALIDATION_ERROR")
        for nothing in (None, "null", "") if route != COMPLETE else ():
            assert_refused(send(nothing), 400, "VALIDATION_ERROR")
        for depth in DEPTHS:
            assert send('{"title": ' + "[" * depth + "]" * depth + "}").status == 400, depth
        assert_refused(send(f'{{"title": "{MARK * 90_000}"}}'), 413, "PAYLOAD_TOO_LARGE")
        for kind in OTHER_KINDS:
            assert_refused(send('{"title": "x"}', kind), 415, "UNSUPPORTED_MEDIA_TYPE")


def test_parameters_of_the_content_type_are_ignored(call: Api, ann: Person) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}

    assert call_task_route(call, CREATE, bearer=ann.token, body='{"title": "x"}', headers=headers).status == 201


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("route", [CREATE, pytest.param(PUT, marks=pytest.mark.slow), PATCH])
def test_an_invalid_field_is_refused_by_name(call: Api, ann: Person, task: dict[str, Any], route: str) -> None:
    valid: dict[str, Any] = {"title": "Fine"} if route == CREATE else {}
    for name, values in INVALID.items():
        for value in values:
            response = call_task_route(call, route, bearer=ann.token, task=task["id"], json=valid | {name: value})
            assert_refused(response, 400, "VALIDATION_ERROR")
            fields = {".".join(detail["field"].split(".")[:2]) for detail in response.json["details"]}
            assert (fields, len(response.json["details"])) == ({f"body.{name}"}, 1), (name, value)


@pytest.mark.usefixtures("unchanged")
def test_bytes_that_are_no_utf_8_are_refused(call: Api, ann: Person) -> None:
    event = event_for(CREATE, bearer=ann.token, headers=JSON)
    for raw in (b"\xff\xfe\xfd", b'{"title": "\xe9"}', b"\x1f\x8b\x08"):
        result = call.invoke("CreateTask", event | {"body": b64encode(raw).decode(), "isBase64Encoded": True})
        assert result["statusCode"] == 400, raw
