"""Reuse of refresh tokens: the parent of an unused one gets the same response, an older one ends the session."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.auth.test_refresh import assert_refused, log_in, refresh
from tests.layer.conftest import Log
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.people import People
from tests.support.tables import rows


@pytest.fixture
def login(call: Api, people: People) -> dict[str, Any]:
    """The response to a login with OAuth tokens."""
    return log_in(call, people.verified())


def metrics(log: Log, name: str) -> list[dict[str, Any]]:
    """Return the metrics of that name in CloudWatch's embedded format."""
    written = [json.loads(line) for line in log.text.splitlines() if line.startswith("{")]
    return [line for line in written if name in line]


def generation(cloud: Cloud) -> int:
    """Return the generation of the only session."""
    (row,) = (row for row in rows(cloud, "SessionsTable") if row["session_id"] != "EPOCH")
    return int(row["generation"])


def test_cve_2026_53517_concurrent_refreshes_all_get_one_successor(
    call: Api, cloud: Cloud, login: dict[str, Any]
) -> None:
    """S-25: there are never two families."""
    responses = run_concurrently(lambda _: refresh(call, login["refresh_token"]), range(20))

    assert {response.status for response in responses} == {200}
    (successor,) = {response.json["refresh_token"] for response in responses}
    assert generation(cloud) == 1
    assert all(call("GET /api/tasks", bearer=response.json["access_token"]).status == 200 for response in responses)
    assert refresh(call, successor).status == 200


def test_the_loser_of_a_race_overwrites_nothing(
    call: Api, cloud: Cloud, login: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other refresh ends between this one's read and its write."""
    winners: list[str] = []
    interleave(
        monkeypatch,
        "sessions.refresh",
        "_rotate",
        lambda: winners.append(refresh(call, login["refresh_token"]).json["refresh_token"]),
    )

    response = refresh(call, login["refresh_token"])

    assert response.json["refresh_token"] == winners[0]
    assert call.aws_operations == ["BatchGetItem", "UpdateItem", "BatchGetItem"]
    assert generation(cloud) == 1


def test_a_generation_never_decreases(call: Api, login: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise there would be two families."""
    winners: list[dict[str, Any]] = []

    def refresh_twice() -> None:
        winners.append(refresh(call, login["refresh_token"]).json)
        winners.append(refresh(call, winners[0]["refresh_token"]).json)

    interleave(monkeypatch, "sessions.refresh", "_rotate", refresh_twice)

    assert_refused(call, login["refresh_token"])
    assert_ended(call, *winners)


@pytest.mark.parametrize("later", [{"seconds": 1}, {"seconds": 11}, {"hours": 5}, {"days": 6}], ids=str)
def test_a_refresh_whose_response_was_lost_gets_it_again_however_late(
    call: Api, cloud: Cloud, login: dict[str, Any], advance_clock: Callable[..., None], later: dict[str, float]
) -> None:
    first = refresh(call, login["refresh_token"]).json
    for _ in range(2):
        advance_clock(**{unit: number / 2 for unit, number in later.items()})
        repeated = refresh(call, login["refresh_token"])

        assert repeated.json["refresh_token"] == first["refresh_token"]
        assert call.aws_operations == ["BatchGetItem"]
        assert generation(cloud) == 1
        assert call("GET /api/tasks", bearer=repeated.json["access_token"]).status == 200
    assert refresh(call, first["refresh_token"]).status == 200
    assert_refused(call, login["refresh_token"])


def assert_ended(call: Api, *bodies: dict[str, Any]) -> None:
    """Assert that no token of the session is accepted."""
    for body in bodies:
        assert_refused(call, body["refresh_token"])
        assert call("GET /api/tasks", bearer=body["access_token"]).code == "INVALID_TOKEN"


def test_cve_2026_53517_a_replay_after_its_successor_was_used_ends_the_session(
    call: Api, cloud: Cloud, login: dict[str, Any], log: Log
) -> None:
    """S-24: one of the two holders is an attacker. Other sessions stay valid."""
    other = log_in(call, login["user"]["email"])
    after = refresh(call, refresh(call, login["refresh_token"]).json["refresh_token"]).json

    assert_refused(call, login["refresh_token"])

    assert_ended(call, after, login)
    assert len([row for row in rows(cloud, "SessionsTable") if row["session_id"] != "EPOCH"]) == 1
    assert refresh(call, other["refresh_token"]).status == 200
    (metric,) = metrics(log, "RefreshReuse")
    assert metric["RefreshReuse"] == [1.0]
    (line,) = (line for line in log.lines if line["message"] == "refresh token reused")
    assert (line["level"], line["user_id"]) == ("WARNING", login["user"]["id"])
    assert login["refresh_token"] not in log.text
    assert after["refresh_token"] not in log.text


def test_only_a_replay_is_counted_as_reuse(
    call: Api, login: dict[str, Any], advance_clock: Callable[..., None], log: Log
) -> None:
    """Expired and ended sessions and malformed tokens do not raise the alarm."""
    token = login["refresh_token"]
    assert_refused(call, "x")
    assert_refused(call, token[:66] + "A" * 43)
    assert_refused(call, token[:58] + "ffffffff" + token[66:])
    refresh(call, token)
    refresh(call, token)
    ended = log_in(call, login["user"]["email"])
    call("POST /api/auth/sign-out", bearer=refresh(call, ended["refresh_token"]).json["access_token"])
    advance_clock(seconds=11)
    assert_refused(call, ended["refresh_token"])
    advance_clock(days=8)
    assert_refused(call, token, "TOKEN_EXPIRED")

    assert metrics(log, "RefreshReuse") == []
