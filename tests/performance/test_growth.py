"""A user's calls consume the same with any number of users and sessions."""

from dataclasses import replace

import pytest

from gatehouse_dev.cloud import Cloud
from tests.costs.meter import Cost
from tests.performance.growth import GET_SESSION, LIST_SESSIONS, ROUTES, Growth, population
from tests.support.calls import Api
from tests.support.tables import rows

FEW, MANY = Cost(trips=1, items=2, bytes=700, read=2), Cost(trips=1, items=2, bytes=701, read=2)


def test_calls_do_not_grow_with_users_and_sessions(call: Api, cloud: Cloud) -> None:
    with population(call, cloud) as measured:
        sessions, users = measured.with_sessions([1, 30]), measured.with_users([10, 300])

    assert sessions.not_constant() == users.not_constant() == []
    assert all(users.series[route] for route in ROUTES)
    short, long = sessions.series[LIST_SESSIONS]
    assert (short.trips, long.trips, long.items - short.items) == (2, 2, 29)
    assert replace(sessions, may_grow=()).not_constant()[0].startswith(LIST_SESSIONS)


def test_copied_rows_are_consistent(call: Api, cloud: Cloud) -> None:
    with population(call, cloud) as measured:
        before = {name: rows(cloud, name) for name in ("UsersTable", "SessionsTable", "TasksTable")}
        measured.others.grow_to(7)

    added = {name: len(rows(cloud, name)) - len(found) for name, found in before.items()}
    assert added == {"UsersTable": 7 * 2, "SessionsTable": 7 * 2, "TasksTable": 7 * 2}
    users = rows(cloud, "UsersTable")
    assert {row["pk"] for row in users if row["sk"] == "EMAIL"} == {
        f"EMAIL#{row['email']}" for row in users if row["sk"] == "PROFILE"
    }


@pytest.mark.parametrize(
    ("more", "growing"), [(MANY, [GET_SESSION]), (replace(FEW, trips=2), [GET_SESSION]), (FEW, [])]
)
def test_growth_is_reported(more: Cost, growing: list[str]) -> None:
    costs = [{GET_SESSION: FEW, LIST_SESSIONS: FEW}, {GET_SESSION: more, LIST_SESSIONS: FEW}]
    grown = Growth(of="users", sizes=(1, 2), costs=costs)

    assert [line.partition(",")[0] for line in grown.not_constant()] == growing


def test_a_constant_figure_is_shown_once() -> None:
    grown = Growth(of="users", sizes=(1, 2000), costs=[{GET_SESSION: FEW}, {GET_SESSION: replace(FEW, items=1200)}])

    assert grown.table()[0] == "With 1 → 2 000 users:"
    assert grown.table()[-2] == f"| `{GET_SESSION}` | 1 | 2 → 1 200 | 0.7 | 2 | 0 |"
