"""Concurrent changes to the tasks of one user: no change is lost, counters are exact, and changes have one order."""

import threading
from collections import Counter
from datetime import timedelta
from functools import partial
from itertools import count, pairwise
from typing import Any

import pytest
from botocore.client import BaseClient

from gatehouse_dev.cloud import Cloud
from tests.support.aws_failures import client_error, failing_calls
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.layer import layer
from tests.support.people import Person
from tests.support.tables import all_rows, rows
from tests.support.tasks import CREATE, DELETE, PATCH, call_task_route

OWNER = "0199c1de-7f00-7c3a-8b1e-4f2a9d6c7e55"
MANY = 100


@pytest.fixture
def tasks(call: Api) -> Any:
    """The flows, called without HTTP: functions here serve only a few requests at a time."""
    assert call
    return layer("tasks")


@pytest.fixture
def committed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The change numbers that were written, in the order of their transactions, which run one after the other."""
    real, lock, numbers = BaseClient._make_api_call, threading.Lock(), list[int]()  # type: ignore[attr-defined] # all operations pass through it

    def execute(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation != "TransactWriteItems":
            return real(client, operation, parameters)
        with lock:
            answer = real(client, operation, parameters)
            items = [change["Put"]["Item"] for change in parameters["TransactItems"] if "Put" in change]
            numbers.extend(int(item["change_number"]["N"]) for item in items if "change_number" in item)
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", execute)
    return numbers


def new(tasks: Any, **fields: Any) -> Any:
    """Create a task."""
    return tasks.add(OWNER, tasks.NewTask(**{"title": "New"} | fields))


def change(tasks: Any, task: str, *, seen: str | None = None, **fields: Any) -> Any:
    """Return the changed task, or None if it was not in the state `seen`."""
    when = tasks.Precondition(match=frozenset({seen}) if seen else None)
    try:
        return tasks.update(OWNER, task, tasks.TaskUpdate(**fields), tasks.WriteOptions(precondition=when))
    except layer("errors.tasks").PreconditionFailed:
        return None


def _set_title(tasks: Any, seen: Any, number: int) -> Any:
    return change(tasks, seen.id, seen=seen.etag, title=str(number))


def task_rows(cloud: Cloud) -> list[dict[str, Any]]:
    """Return the rows of tasks."""
    return [row for row in rows(cloud, "TasksTable") if not row["task_id"].startswith("#")]


def counters(cloud: Cloud) -> dict[str, int]:
    """Return the stored counters."""
    (row,) = (row for row in rows(cloud, "TasksTable") if row["task_id"] == "#SUMMARY")
    return {name: int(value) for name, value in row.items() if name.startswith(("active", "comp")) and int(value)}


def recount(cloud: Cloud) -> dict[str, int]:
    """Return the counters according to the tasks."""
    return Counter(f"{'completed' if row['completed'] else 'active'}_{row['priority']}" for row in task_rows(cloud))


def test_of_many_conditional_updates_one_succeeds(tasks: Any) -> None:
    task = new(tasks)

    for version in (2, 3, 4):
        results = run_concurrently(partial(_set_title, tasks, task), range(MANY))
        (winner,) = (result for result in results if result)
        task = tasks.get(OWNER, task.id)
        assert (task.version, task) == (version, winner)


def test_unconditional_updates_all_succeed_in_some_order(tasks: Any, cloud: Cloud, committed: list[int]) -> None:
    task = new(tasks)
    kinds = ("low", "medium", "high", "urgent")
    results = run_concurrently(
        lambda n: change(tasks, task.id, title=str(n), priority=kinds[n % 4], completed=n % 3 == 0), range(MANY)
    )

    assert sorted(result.version for result in results) == list(range(2, MANY + 2))
    assert tasks.get(OWNER, task.id) == max(results, key=lambda result: result.version)
    assert counters(cloud) == recount(cloud)
    assert len(committed) == MANY + 1
    assert all(one < other for one, other in pairwise(committed))


def test_of_many_deletions_one_succeeds(tasks: Any, cloud: Cloud) -> None:
    task = new(tasks)

    def remove(_: int) -> bool:
        try:
            tasks.remove(OWNER, task.id)
        except layer("errors").NotFound:
            return False
        return True

    assert sum(run_concurrently(remove, range(20))) == 1
    assert (task_rows(cloud), counters(cloud)) == ([], {})


@pytest.fixture
def _skewed_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of every other thread is an hour behind."""
    clock, numbers, mine = layer("clock"), count(), threading.local()
    real = clock.now

    def now() -> Any:
        mine.wrong = getattr(mine, "wrong", next(numbers) % 2)
        return real() - timedelta(hours=mine.wrong)

    monkeypatch.setattr(clock, "now", now)


@pytest.mark.usefixtures("_skewed_clocks")
def test_after_mixed_concurrent_changes_counters_are_exact_and_changes_are_ordered(
    tasks: Any, cloud: Cloud, committed: list[int]
) -> None:
    """Whatever the skew of clocks."""
    shared = [new(tasks).id for _ in range(4)]

    def work(number: int) -> None:
        own, other = new(tasks, priority="high").id, new(tasks).id
        change(tasks, shared[number % 4], priority="urgent" if number % 2 else "low")
        tasks.complete(OWNER, own, completed=None)
        tasks.complete(OWNER, shared[number % 3], completed=None)
        tasks.remove(OWNER, other)
        both = [{"op": "complete", "id": shared[3]}, {"op": "create", "task": {"title": "x"}}]
        layer("api.tasks.bulk").run_bulk(OWNER, both, None)

    run_concurrently(work, range(10))

    assert len(task_rows(cloud)) == 4 + 20
    assert counters(cloud) == recount(cloud)
    assert len(committed) == 4 + 10 * 8
    assert all(one < other for one, other in pairwise(committed))


def test_a_clock_that_is_behind_does_not_decrease_change_numbers(
    tasks: Any, committed: list[int], advance_clock: Any
) -> None:
    task = new(tasks)
    advance_clock(hours=-1)
    new(tasks)
    change(tasks, task.id, title="x")
    tasks.remove(OWNER, task.id)
    layer("api.tasks.bulk").run_bulk(OWNER, [{"op": "create", "task": {"title": "x"}}] * 2, None)

    assert [number - committed[0] for number in committed] == [0, 1, 2, 3, 4, 5]


def test_permanent_conflicts_are_reported_as_an_outage_and_change_nothing(
    call: Api, cloud: Cloud, ann: Person, task: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another client always writes first; the idempotency key is not used up."""
    writing, tasks = layer("tasks.transactions"), layer("tasks")
    real, nested = writing.transact, threading.local()

    def transact(*changes: Any) -> None:
        if not getattr(nested, "now", False):
            nested.now = True
            tasks.update(ann.id, task["id"], tasks.TaskUpdate(title="Faster"))
            nested.now = False
        real(*changes)

    headers = {"idempotency-key": "k"}
    request: dict[str, Any] = {"bearer": ann.token, "task": task["id"], "headers": headers}
    with monkeypatch.context() as patched:
        patched.setattr(writing, "transact", transact)
        patched.setattr(writing, "back_off", lambda _: None)
        response = call_task_route(call, DELETE, **request)
    (row,) = (row for row in all_rows(cloud)["TasksTable"] if row["task_id"] != "#SUMMARY")

    assert (response.status, response.code) == (503, "SERVICE_UNAVAILABLE")
    assert (row["title"], row["version"]) == ("Faster", "21")
    assert call_task_route(call, DELETE, **request).status == 204


@pytest.mark.parametrize("route", [CREATE, PATCH, DELETE])
def test_a_permanently_locked_row_is_reported_as_an_outage_and_nothing_changes(  # noqa: PLR0917 -- four fixtures
    call: Api, cloud: Cloud, ann: Person, task: dict[str, Any], monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    before, error = all_rows(cloud), client_error("TransactionCanceledException")
    error.response["CancellationReasons"] = [{"Code": "None"}, {"Code": "TransactionConflict"}]
    monkeypatch.setattr(layer("dynamodb"), "back_off", lambda _: None)
    with failing_calls(error, "TransactWriteItems"):
        response = call_task_route(call, route, bearer=ann.token, task=task["id"])

    assert (response.status, response.code) == (503, "SERVICE_UNAVAILABLE")
    assert all_rows(cloud) == before
