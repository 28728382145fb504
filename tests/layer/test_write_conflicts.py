"""Writes that meet a transaction on their row: DynamoDB refuses them with TransactionConflictException.

They are made again, as DynamoDB's clients make them again after throttling; after the last attempt the response is 503.
"""

from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.mail.test_record_mail_feedback import bounce, send_events
from tests.support import tasks
from tests.support.auth_calls import sign_up
from tests.support.aws_failures import failing_calls
from tests.support.calls import Api
from tests.support.erasures import Erasures
from tests.support.faults import CONFLICT, SINGLE_WRITES, conflicting_twice
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.placeholders import filled
from tests.support.provider import Provider
from tests.support.tables import all_rows, rows
from tests.support.tasks import call_task_route, create_task
from tests.test_round_trips import AUTH, Row, at_google, routes, tokens, with_passkey, with_second_factor

__all__ = ["at_google", "tokens", "with_passkey", "with_second_factor"]  # fixtures

WRITING = [row for row in AUTH if {*SINGLE_WRITES} & {*row[3]}]


@pytest.fixture(autouse=True)
def _no_pauses(call: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call
    monkeypatch.setattr(layer("retries").time, "sleep", lambda _: None)


def requested(tokens: dict[str, str], request: pytest.FixtureRequest, row: Row) -> dict[str, Any]:
    """Return the request of a row, with its tokens."""
    if any(name in str(row[2]) for name in ("LINKED", "STATE")):
        tokens |= request.getfixturevalue("at_google")
    if any(name in str(row[2]) for name in ("PASSKEY", "ASSERTION", "REGISTRATION")):
        tokens |= request.getfixturevalue("with_passkey")
    if any(name in str(row[2]) for name in ("ENROLLED", "CHALLENGE")):
        tokens |= request.getfixturevalue("with_second_factor")
    return dict(filled({"bearer": "BEARER"} | row[2], tokens))


@pytest.mark.parametrize("row", WRITING, ids=lambda row: str(row[:3])[:90])
def test_a_single_write_that_conflicts_is_made_again(
    call: Api, tokens: dict[str, str], google: Provider, request: pytest.FixtureRequest, row: Row
) -> None:
    assert google
    sent = requested(tokens, request, row)
    with conflicting_twice() as conflicts:
        response = call(routes(row)[0], **sent)

    assert response.status < 500
    assert len(conflicts) == 2 * sum(operation in SINGLE_WRITES for operation in row[3])


@pytest.mark.parametrize("row", WRITING, ids=lambda row: str(row[:3])[:90])
def test_a_single_write_that_always_conflicts_is_a_503_and_changes_nothing(  # noqa: PLR0917 -- five fixtures and a case
    call: Api, cloud: Cloud, tokens: dict[str, str], google: Provider, request: pytest.FixtureRequest, row: Row
) -> None:
    assert google
    sent = requested(tokens, request, row)
    before = all_rows(cloud)
    with failing_calls(CONFLICT, *SINGLE_WRITES) as attempts:
        response = call(routes(row)[0], **sent)

    assert (response.status, response.code) == (503, "SERVICE_UNAVAILABLE")
    assert response.headers["retry-after"] == "1"
    assert len(attempts) == 8
    assert all_rows(cloud) == before


@pytest.mark.parametrize("route", tasks.ALL_ROUTES)
def test_task_routes_make_no_single_write(call: Api, people: People, route: str) -> None:
    ann = people.signed_in()
    task = create_task(call, ann)["id"]
    with failing_calls(CONFLICT, *SINGLE_WRITES) as attempts:
        assert call_task_route(call, route, bearer=ann.token, owner=ann.id, task=task).status < 300

    assert attempts == []


def test_renewing_a_session_is_tried_again(call: Api, people: People, advance_clock: Any) -> None:
    ann = people.signed_in()
    advance_clock(days=2)
    with conflicting_twice() as conflicts:
        assert call("GET /api/auth/get-session", bearer=ann.token).json["user"]["id"] == ann.id

    assert conflicts == ["UpdateItem"] * 2


def test_an_imported_hash_is_replaced_all_the_same(call: Api, people: People, settings: Any) -> None:
    """And the counters of limits are written."""
    settings(rate_limits="on")
    email = people.verified()
    with conflicting_twice() as conflicts:
        assert call("POST /api/auth/sign-in/email", json={"email": email, "password": PASSWORD}).status == 200

    assert conflicts[:2] == ["UpdateItem"] * 2


def test_no_mail_is_sent_twice(call: Api, cloud: Cloud, mailbox: Mailbox) -> None:
    sign_up(call, "ann@example.com")
    with conflicting_twice() as conflicts:
        mailbox.deliver()

    assert len(conflicts) == 4
    assert [mail.to for mail in cloud.mails()] == ["ann@example.com"]
    assert [row["mail_state"] for row in rows(cloud, "TokensTable")] == ["sent"]


def test_an_erasure_ends_at_its_first_delivery(
    call: Api, cloud: Cloud, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer("erasure.flows").time, "sleep", lambda _: None)
    ann = people.signed_in()
    assert call("POST /api/auth/delete-user", bearer=ann.token, json={"password": PASSWORD}).status == 200
    with conflicting_twice() as conflicts:
        assert Erasures(call, cloud).deliver() == {"batchItemFailures": []}

    assert conflicts
    assert not any(ann.id in str(table) for table in all_rows(cloud).values())


def test_a_reminder_is_sent_once(
    call: Api, cloud: Cloud, people: People, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = people.signed_in()
    call("POST /api/auth/update-user", bearer=ann.token, json={"taskReminders": True})
    create_task(call, ann, due_date="2030-06-03")
    now = layer("clock").now().replace(year=2030, month=6, day=3, hour=8)
    monkeypatch.setattr(layer("clock"), "now", lambda: now)
    with conflicting_twice() as conflicts:
        call.invoke("Remind", {})
    mailbox.deliver()

    assert conflicts
    assert len(cloud.mails()) == 1


def test_a_bounce_is_recorded_at_its_first_delivery(call: Api, cloud: Cloud) -> None:
    with conflicting_twice() as conflicts:
        answer = send_events(call, bounce("Permanent", "ann@example.com"))

    assert conflicts == ["PutItem"] * 2
    assert answer == {"batchItemFailures": []}
    assert [row["subject"] for row in rows(cloud, "TokensTable")] == ["EMAIL#ann@example.com"]
