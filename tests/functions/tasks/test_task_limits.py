"""Limits of a user's tasks: reads and changes a minute, and the number of tasks. They cost no round trip."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.aws_calls import RECORDER
from tests.support.aws_failures import UNREACHABLE, failing_calls
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.people import People, Person
from tests.support.tables import rows, tables_unchanged
from tests.support.tasks import (
    BULK,
    BULK_DELETE,
    CHANGES,
    COMPLETE,
    CREATE,
    DELETE,
    EXPORT,
    LIST,
    MISSING_ID,
    PATCH,
    PUT,
    READ,
    SUMMARY,
    call_task_route,
    create_task,
    with_user_id,
)

ACCOUNT_EXPORT = "GET /api/auth/export"
READS = (LIST, READ, SUMMARY, CHANGES, EXPORT)
WRITES = (CREATE, PUT, PATCH, COMPLETE, DELETE, BULK, BULK_DELETE)
HEADERS = ("retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


@pytest.fixture
def limits(settings: Callable[..., None], advance_clock: Callable[..., None]) -> Callable[..., None]:
    """Switch the limits on, with other rates, at the start of a minute: `limits(reads="3/60")`."""

    def switch_on(*, reads: str = "100/60", writes: str = "30/60", tasks: int = 10_000) -> None:
        settings(rate_limits="on", rate_limit_task_reads=reads, rate_limit_task_writes=writes, maximum_tasks=str(tasks))
        advance_clock(seconds=60 - layer("clock").now().timestamp() % 60)

    return switch_on


@pytest.fixture
def create_unaware(call: Api, ann: Person, advance_clock: Callable[..., None]) -> Callable[[], None]:
    """Create a task as a request does that read the summary when Ann had one task, before all others."""
    create_task(call, ann)
    tasks = layer("tasks")
    (seen,) = layer("dynamodb").batch_get(tasks.summary_key(ann.id))

    def create() -> None:
        advance_clock(milliseconds=1)
        tasks.add(ann.id, tasks.NewTask(title="x"), summary=seen)

    return create


def statuses(responses: list[Response]) -> list[int]:
    """Return the statuses of responses."""
    return [response.status for response in responses]


def summary_row(cloud: Cloud) -> dict[str, Any]:
    """Return the only user's summary."""
    return next(row for row in rows(cloud, "TasksTable") if row["task_id"] == "#SUMMARY")


# -- Reads ------------------------------------------------------------------------


def test_a_user_has_a_hundred_reads_a_minute_over_all_routes(
    call: Api, ann: Person, task: dict[str, Any], limits: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    limits()
    routes = [*READS, *map(with_user_id, READS)]

    def read(number: int) -> Response:
        route = routes[number % len(routes)]
        return call_task_route(call, route, owner=ann.id, task=task["id"], bearer=ann.token)

    assert statuses([read(number) for number in range(102)]) == [200] * 100 + [429] * 2

    advance_clock(minutes=1)

    assert read(0).status == 200


def test_the_export_of_the_account_is_a_read_as_well(
    call: Api, ann: Person, limits: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    """It has all tasks, page by page."""
    call(ACCOUNT_EXPORT, bearer=ann.token)
    before = call.aws_operations
    limits(reads="3/60")

    assert statuses([call(route, bearer=ann.token) for route in (ACCOUNT_EXPORT, LIST, EXPORT)]) == [200] * 3
    refused = call(ACCOUNT_EXPORT, bearer=ann.token)
    assert (refused.status, refused.headers["x-ratelimit-limit"], refused.code) == (429, "3", "TOO_MANY_REQUESTS")
    assert call(LIST, bearer=ann.token).status == 429

    advance_clock(minutes=1)

    assert call(ACCOUNT_EXPORT, bearer=ann.token).status == 200
    assert call.aws_operations == before


def test_exports_of_the_account_are_written_ten_at_a_time(call: Api, ann: Person, limits: Callable[..., None]) -> None:
    limits()
    for _ in range(10):
        assert call(ACCOUNT_EXPORT, bearer=ann.token).status == 200

    assert "UpdateItem" in call.aws_operations


def test_a_refusal_says_when_the_minute_ends(
    call: Api, ann: Person, limits: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    limits(reads="1/60", writes="1/60")
    now = layer("clock").now().timestamp()
    advance_clock(seconds=20)
    for route in (LIST, CREATE):
        call_task_route(call, route, bearer=ann.token)

    for route in (LIST, CREATE):
        refused = call_task_route(call, route, bearer=ann.token)
        assert (refused.status, refused.code) == (429, "TOO_MANY_REQUESTS")
        assert [refused.headers[name] for name in HEADERS] == ["40", "1", "0", str(round(now) + 60)]


@pytest.mark.parametrize("route", READS)
def test_reads_have_no_round_trip_of_their_own_but_one_in_ten(
    call: Api, ann: Person, task: dict[str, Any], limits: Callable[..., None], route: str
) -> None:
    def read() -> list[str]:
        assert call_task_route(call, route, task=task["id"], bearer=ann.token).status == 200
        return call.aws_operations

    before = read()
    limits()

    assert [read() for _ in range(9)] == [before] * 9
    assert sorted(read()) == sorted([*before, "UpdateItem", "UpdateItem"])  # the second begins the minute
    assert [read() for _ in range(9)] == [before] * 9
    assert sorted(read()) == sorted([*before, "UpdateItem"])


def test_instances_count_together_and_refuse_nobody_early(call: Api, ann: Person, limits: Callable[..., None]) -> None:
    """Each may be late by nine."""
    limits()
    window, instances = layer("task_reads")._Window, [layer("task_reads").Counter() for _ in range(4)]
    passed = 0
    for number in range(200):
        window.unwritten, window.end = instances[number % 4], window.end or 1
        passed += call(LIST, bearer=ann.token).status == 200
        instances[number % 4] = window.unwritten

    assert 100 <= passed <= 100 + 4 * 9


def test_the_reads_of_one_user_are_not_those_of_another(
    call: Api, ann: Person, people: People, limits: Callable[..., None]
) -> None:
    ben = people.signed_in("ben")
    limits(reads="3/60")

    assert statuses([call(LIST, bearer=ann.token) for _ in range(4)]) == [200, 200, 200, 429]
    assert call(LIST, bearer=ben.token).status == 200


def test_reads_that_are_not_written_yet_count_in_their_minute_alone(
    call: Api, ann: Person, limits: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    limits(reads="7/60")
    for passing in (5, 7):
        assert statuses([call(LIST, bearer=ann.token) for _ in range(passing)]) == [200] * passing
        advance_clock(minutes=1)


def test_reads_pass_while_they_cannot_be_counted(call: Api, ann: Person, limits: Callable[..., None]) -> None:
    limits(reads="15/60")
    with failing_calls(UNREACHABLE, "UpdateItem"):
        assert statuses([call(LIST, bearer=ann.token) for _ in range(16)]) == [200] * 15 + [429]


# -- Changes ----------------------------------------------------------------------


def test_a_user_has_thirty_changes_a_minute_over_all_routes(
    call: Api, cloud: Cloud, ann: Person, limits: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    limits()
    tasks = [create_task(call, ann)["id"] for _ in range(10)]
    routes = [*WRITES[1:4], *map(with_user_id, WRITES[1:4])]
    for number in range(20):
        one = call_task_route(call, routes[number % 6], owner=ann.id, task=tasks[number % 10], bearer=ann.token)
        assert one.status == 200
    with tables_unchanged(cloud):
        for route in (*WRITES, *map(with_user_id, WRITES)):
            refused = call_task_route(call, route, owner=ann.id, task=tasks[0], bearer=ann.token)
            assert (refused.status, refused.code) == (429, "TOO_MANY_REQUESTS"), route

    advance_clock(minutes=1)

    assert call_task_route(call, DELETE, task=tasks[0], bearer=ann.token).status == 204


@pytest.mark.parametrize("route", WRITES)
def test_changes_have_no_round_trip_of_their_own(
    call: Api, ann: Person, limits: Callable[..., None], route: str
) -> None:
    """Where the limits are off, in a new minute, and within it."""
    tasks = [create_task(call, ann)["id"] for _ in range(3)]

    def change(task: str) -> list[str]:
        assert call_task_route(call, route, task=task, bearer=ann.token).status < 300
        return call.aws_operations

    unlimited = change(tasks[0])
    limits()

    assert [change(tasks[1]), change(tasks[2])] == [unlimited] * 2


def test_a_new_user_creates_a_task_without_a_further_round_trip(
    call: Api, ann: Person, limits: Callable[..., None]
) -> None:
    limits()
    create_task(call, ann)

    assert call.aws_operations == ["BatchGetItem", "TransactWriteItems"]


def test_a_bulk_request_counts_its_operations_and_is_never_refused_in_the_middle(
    call: Api, ann: Person, limits: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    create_task(call, ann)
    bulk = {"operations": [{"op": "create", "task": {"title": str(number)}} for number in range(60)]}
    unlimited = call(BULK, bearer=ann.token, json=bulk) and call.aws_operations
    limits()
    create_task(call, ann)

    done = call(BULK, bearer=ann.token, json=bulk)

    assert {result["status"] for result in done.json["results"]} == {201}
    assert call.aws_operations == unlimited
    assert call(BULK, bearer=ann.token, json=bulk).status == 429
    assert call_task_route(call, CREATE, bearer=ann.token).status == 429

    advance_clock(minutes=1)
    short = {"operations": bulk["operations"][:29]}

    assert call(BULK, bearer=ann.token, json=short).status == 200
    assert statuses([call_task_route(call, CREATE, bearer=ann.token) for _ in range(2)]) == [201, 429]


def test_a_bulk_request_whose_failures_are_stored_counts_its_operations(
    call: Api, ann: Person, limits: Callable[..., None]
) -> None:
    """Stored for its idempotency key: without counting, that would be any number of writes."""
    limits()
    nothing = {"operations": [{"op": "delete", "id": MISSING_ID} for _ in range(15)]}

    def send(number: int) -> Response:
        return call(BULK, bearer=ann.token, json=nothing, headers={"idempotency-key": f"key-{number}"})

    assert statuses([send(number) for number in range(3)]) == [200, 200, 429]
    assert call_task_route(call, CREATE, bearer=ann.token).status == 429
    assert send(0).status == 200  # stored


def test_concurrent_changes_cannot_exceed_the_limit(
    limits: Callable[..., None], create_unaware: Callable[[], None]
) -> None:
    limits(writes="2/60")
    create_unaware()
    create_unaware()

    with pytest.raises(layer("errors").TooManyRequests):
        create_unaware()


def test_the_start_of_a_minute_is_no_conflict(
    call: Api, ann: Person, limits: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    """Not even for two changes that both read the summary before the first of them."""
    limits(writes="2/60")
    create_task(call, ann)
    limits(writes="2/60")
    tasks, (seen,) = layer("tasks"), layer("dynamodb").batch_get(layer("tasks").summary_key(ann.id))
    with RECORDER.as_function("CreateTask"):
        for title in ("one", "two"):
            tasks.add(ann.id, tasks.NewTask(title=title), summary=seen)
            advance_clock(milliseconds=1)

    assert call.aws_operations == ["TransactWriteItems"] * 2
    assert call_task_route(call, CREATE, bearer=ann.token).status == 429


def test_a_repeated_request_gets_its_results_though_the_minute_is_used_up(
    call: Api, ann: Person, limits: Callable[..., None]
) -> None:
    limits(writes="1/60")
    key = {"idempotency-key": "a"}
    first = call_task_route(call, CREATE, bearer=ann.token, headers=key)
    again = call_task_route(call, CREATE, bearer=ann.token, headers=key)

    assert (again.status, again.json) == (201, first.json)
    assert call_task_route(call, CREATE, bearer=ann.token, headers={"idempotency-key": "b"}).status == 429


# -- The number of tasks ----------------------------------------------------------


def test_a_full_list_takes_no_task_until_one_is_deleted(call: Api, ann: Person, limits: Callable[..., None]) -> None:
    limits(tasks=3)
    tasks = [create_task(call, ann)["id"] for _ in range(3)]
    refused = call_task_route(call, CREATE, bearer=ann.token)

    assert (refused.status, refused.code) == (409, "TASK_LIMIT_REACHED")
    assert call_task_route(call, PATCH, task=tasks[0], bearer=ann.token).status == 200
    assert call_task_route(call, DELETE, task=tasks[0], bearer=ann.token).status == 204
    assert statuses([call_task_route(call, CREATE, bearer=ann.token) for _ in range(2)]) == [201, 409]


def test_a_bulk_request_creates_what_fits(call: Api, ann: Person, limits: Callable[..., None]) -> None:
    limits(tasks=30)
    create_task(call, ann)
    create = {"op": "create", "task": {"title": "x"}}

    def bulk(*operations: dict[str, Any]) -> list[int]:
        response = call(BULK, bearer=ann.token, json={"operations": operations})
        return [result["status"] for result in response.json["results"]]

    assert bulk(*[create] * 31) == [201] * 29 + [409] * 2


def test_a_bulk_request_counts_what_it_deletes(call: Api, ann: Person, limits: Callable[..., None]) -> None:
    limits(tasks=2)
    kept = create_task(call, ann)["id"]
    create, delete = {"op": "create", "task": {"title": "x"}}, {"op": "delete", "id": kept}
    response = call(BULK, bearer=ann.token, json={"operations": [create, create, delete, create, create]})

    assert [result["status"] for result in response.json["results"]] == [201, 409, 204, 201, 409]


def test_concurrent_requests_cannot_exceed_the_maximum(
    cloud: Cloud, limits: Callable[..., None], create_unaware: Callable[[], None]
) -> None:
    limits(tasks=3)
    create_unaware()
    create_unaware()

    with pytest.raises(layer("errors.tasks").TaskLimitReached):
        create_unaware()
    assert summary_row(cloud)["total"] == "3"


@pytest.mark.parametrize("total", [None, 1], ids=["before it was counted", "counted by code that did not know it"])
def test_an_older_summary_gets_its_total_at_the_next_change(
    call: Api, cloud: Cloud, ann: Person, limits: Callable[..., None], total: int | None
) -> None:
    tasks = [create_task(call, ann)["id"] for _ in range(3)]
    row = layer("tasks.table").SummaryRow
    row(ann.id).update([row.total.remove() if total is None else row.total.set(total)])
    limits(tasks=4)

    assert statuses([call_task_route(call, CREATE, bearer=ann.token) for _ in range(2)]) == [201, 409]
    assert summary_row(cloud)["total"] == "4"
    assert call_task_route(call, DELETE, task=tasks[0], bearer=ann.token).status == 204
    assert summary_row(cloud)["total"] == "3"


def test_concurrent_changes_of_an_older_summary_agree_on_its_total(
    cloud: Cloud, ann: Person, limits: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    limits()
    tasks, seen = layer("tasks"), layer("tasks.table").SummaryRow(ann.id, last_change=0)
    for _ in range(2):
        tasks.add(ann.id, tasks.NewTask(title="x"), summary=seen)
        advance_clock(milliseconds=1)

    assert summary_row(cloud)["total"] == "2"
