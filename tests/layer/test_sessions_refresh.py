"""Refresh tokens that are used twice: a lost race is forgiven for ten seconds, a theft ends the session."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.auth.test_refresh import assert_refused, logged_in, refreshes
from tests.layer.conftest import Log
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.people import People
from tests.support.tables import rows


@pytest.fixture
def entered(call: Api, people: People) -> dict[str, Any]:
    """A session in OAuth's words."""
    return logged_in(call, people.verified())


def metrics(log: Log, name: str) -> list[dict[str, Any]]:
    """What was written in CloudWatch's embedded format under a name."""
    written = [json.loads(line) for line in log.text.splitlines() if line.startswith("{")]
    return [line for line in written if name in line]


def generation(cloud: Cloud) -> int:
    """How often the one session was refreshed."""
    (row,) = (row for row in rows(cloud, "SessionsTable") if row["session_id"] != "EPOCH")
    return int(row["generation"])


def test_cve_2026_53517_of_many_refreshes_at_once_all_get_one_successor(
    call: Api, cloud: Cloud, entered: dict[str, Any]
) -> None:
    """S-25: never two families."""
    answers = run_concurrently(lambda _: refreshes(call, entered["refresh_token"]), range(20))

    assert {answer.status for answer in answers} == {200}
    (successor,) = {answer.json["refresh_token"] for answer in answers}
    assert generation(cloud) == 1
    assert all(call("GET /api/tasks", bearer=answer.json["access_token"]).status == 200 for answer in answers)
    assert refreshes(call, successor).status == 200


def test_who_loses_a_race_overwrites_nothing(
    call: Api, cloud: Cloud, entered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other refresh is over between this one's read and its write."""
    won: list[str] = []
    interleave(
        monkeypatch,
        "sessions.refresh",
        "_rotate",
        lambda: won.append(refreshes(call, entered["refresh_token"]).json["refresh_token"]),
    )

    lost = refreshes(call, entered["refresh_token"])

    assert lost.json["refresh_token"] == won[0]
    assert call.aws_operations == ["BatchGetItem", "UpdateItem", "BatchGetItem"]
    assert generation(cloud) == 1


def test_who_loses_to_two_takes_neither_back(
    call: Api, entered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generation never goes down, or there would be two families."""
    won: list[dict[str, Any]] = []

    def twice() -> None:
        won.append(refreshes(call, entered["refresh_token"]).json)
        won.append(refreshes(call, won[0]["refresh_token"]).json)

    interleave(monkeypatch, "sessions.refresh", "_rotate", twice)

    assert_refused(call, entered["refresh_token"])
    assert_dead(call, *won)


def test_a_lost_race_gets_the_same_answer_for_ten_seconds_and_does_not_prolong_them(
    call: Api, cloud: Cloud, entered: dict[str, Any], advance_clock: Callable[..., None]
) -> None:
    first = refreshes(call, entered["refresh_token"]).json
    advance_clock(seconds=9)

    again = refreshes(call, entered["refresh_token"])

    assert again.json["refresh_token"] == first["refresh_token"]
    assert call.aws_operations == ["BatchGetItem"]
    assert generation(cloud) == 1
    assert call("GET /api/tasks", bearer=again.json["access_token"]).status == 200
    advance_clock(seconds=3)
    assert_refused(call, entered["refresh_token"])


def assert_dead(call: Api, *bodies: dict[str, Any]) -> None:
    """Nothing that the session ever gave out works any more."""
    for body in bodies:
        assert_refused(call, body["refresh_token"])
        assert call("GET /api/tasks", bearer=body["access_token"]).code == "INVALID_TOKEN"


def test_cve_2026_53517_a_replay_after_the_grace_ends_the_session(
    call: Api, cloud: Cloud, entered: dict[str, Any], advance_clock: Callable[..., None], log: Log
) -> None:
    """S-24: one of the two who hold it is a thief, and nobody can tell which. Other sessions live on."""
    other = logged_in(call, entered["user"]["email"])
    after = refreshes(call, entered["refresh_token"]).json
    advance_clock(seconds=11)

    assert_refused(call, entered["refresh_token"])

    assert_dead(call, after, entered)
    assert len([row for row in rows(cloud, "SessionsTable") if row["session_id"] != "EPOCH"]) == 1
    assert refreshes(call, other["refresh_token"]).status == 200
    (metric,) = metrics(log, "RefreshReuse")
    assert metric["RefreshReuse"] == [1.0]
    (line,) = (line for line in log.lines if line["message"] == "refresh token reused")
    assert (line["level"], line["user_id"]) == ("WARNING", entered["user"]["id"])
    assert entered["refresh_token"] not in log.text
    assert after["refresh_token"] not in log.text


def test_one_that_is_two_behind_has_no_grace(call: Api, entered: dict[str, Any], log: Log) -> None:
    second = refreshes(call, entered["refresh_token"]).json
    third = refreshes(call, second["refresh_token"]).json

    assert_refused(call, entered["refresh_token"])

    assert_dead(call, third, second)
    assert len(metrics(log, "RefreshReuse")) == 1


def test_nothing_but_a_reuse_counts_as_one(
    call: Api, entered: dict[str, Any], advance_clock: Callable[..., None], log: Log
) -> None:
    """Or the alarm would ring for sessions that expired or were signed out, and for garbage."""
    token = entered["refresh_token"]
    assert_refused(call, "x")
    assert_refused(call, token[:66] + "A" * 43)
    assert_refused(call, token[:58] + "ffffffff" + token[66:])
    refreshes(call, token)
    refreshes(call, token)
    ended = logged_in(call, entered["user"]["email"])
    call("POST /api/auth/sign-out", bearer=refreshes(call, ended["refresh_token"]).json["access_token"])
    advance_clock(seconds=11)
    assert_refused(call, ended["refresh_token"])
    advance_clock(days=8)
    assert_refused(call, token, "TOKEN_EXPIRED")

    assert metrics(log, "RefreshReuse") == []
