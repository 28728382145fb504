"""What one person's calls take, however many others there are and however often the person is signed in."""

from dataclasses import replace

import pytest

from gatehouse_dev.cloud import Cloud
from tests.costs.meter import Cost
from tests.performance.growth import GET_SESSION, LIST_SESSIONS, ROUTES, Growth, crowd
from tests.support.calls import Api
from tests.support.tables import rows

FEW, MANY = Cost(trips=1, items=2, bytes=700, read=2), Cost(trips=1, items=2, bytes=701, read=2)


def test_calls_take_the_same_of_a_larger_service(call: Api, cloud: Cloud) -> None:
    with crowd(call, cloud) as some:
        sessions, users = some.with_sessions([1, 30]), some.with_users([10, 300])

    assert sessions.not_constant() == users.not_constant() == []
    assert all(users.series[route] for route in ROUTES)
    short, long = sessions.series[LIST_SESSIONS]
    assert (short.trips, long.trips, long.items - short.items) == (2, 2, 29)
    assert replace(sessions, may_grow=()).not_constant()[0].startswith(LIST_SESSIONS)


def test_others_are_there_as_the_service_would_have_them(call: Api, cloud: Cloud) -> None:
    with crowd(call, cloud) as some:
        before = {name: rows(cloud, name) for name in ("UsersTable", "SessionsTable", "TasksTable")}
        some.others.become(7)

    added = {name: len(rows(cloud, name)) - len(found) for name, found in before.items()}
    assert added == {"UsersTable": 7 * 2, "SessionsTable": 7 * 2, "TasksTable": 7 * 2}
    users = rows(cloud, "UsersTable")
    assert {row["pk"] for row in users if row["sk"] == "EMAIL"} == {
        f"EMAIL#{row['email']}" for row in users if row["sk"] == "PROFILE"
    }


@pytest.mark.parametrize("more", [MANY, replace(FEW, trips=2)])
def test_what_grows_is_noticed(more: Cost) -> None:
    grown = Growth(
        of="users",
        sizes=(1, 2),
        costs=[{GET_SESSION: FEW, LIST_SESSIONS: FEW}, {GET_SESSION: more, LIST_SESSIONS: FEW}],
    )

    assert [line.partition(",")[0] for line in grown.not_constant()] == [GET_SESSION]


def test_a_figure_that_stays_is_told_once() -> None:
    grown = Growth(of="users", sizes=(1, 2000), costs=[{GET_SESSION: FEW}, {GET_SESSION: replace(FEW, items=1200)}])

    assert grown.table()[0] == "With 1 → 2 000 users:"
    assert grown.table()[-2] == f"| `{GET_SESSION}` | 1 | 2 → 1 200 | 0.7 | 2 | 0 |"
