"""A user's calls consume the same with any number of users and sessions."""

from dataclasses import replace

from gatehouse_dev.cloud import Cloud
from tests.costs.meter import Cost
from tests.performance.growth import GET_SESSION, LIST_SESSIONS, SIGN_IN, growing, population, report
from tests.support.calls import Api
from tests.support.tables import rows
from tests.support.tasks import LIST


def test_calls_do_not_grow_with_users_and_sessions(call: Api, cloud: Cloud) -> None:
    with population(call, cloud) as measured:
        sessions = [measured.measure(sessions=number) for number in (1, 30)]
        users = [measured.measure(users=number) for number in (10, 300)]

    assert (growing(sessions), growing(users)) == ({LIST_SESSIONS}, set())
    assert list(users[0]) == [SIGN_IN, GET_SESSION, LIST_SESSIONS, LIST]
    short, long = (costs[LIST_SESSIONS] for costs in sessions)
    assert (short.trips, long.trips, long.items - short.items) == (2, 2, 29)


def test_copied_rows_are_consistent(call: Api, cloud: Cloud) -> None:
    with population(call, cloud) as measured:
        before = {name: rows(cloud, name) for name in ("UsersTable", "SessionsTable", "TasksTable")}
        measured.add_users(7)

    added = {name: len(rows(cloud, name)) - len(found) for name, found in before.items()}
    assert added == {"UsersTable": 7 * 2, "SessionsTable": 7 * 2, "TasksTable": 7 * 2}
    users = rows(cloud, "UsersTable")
    assert {row["pk"] for row in users if row["sk"] == "EMAIL"} == {
        f"EMAIL#{row['email']}" for row in users if row["sk"] == "PROFILE"
    }


def test_growth_in_any_figure_is_reported() -> None:
    few = Cost(trips=1, items=2, bytes=700, read=2)
    measured = [
        {SIGN_IN: few, GET_SESSION: few, LIST: few},
        {SIGN_IN: few, GET_SESSION: replace(few, bytes=701), LIST: replace(few, items=1200)},
    ]

    assert growing(measured) == {GET_SESSION, LIST}
    assert report(measured)[-1] == f"| `{LIST}` | 1 | 2 → 1 200 | 0.7 | 2 | 0 |"
