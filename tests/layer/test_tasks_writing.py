"""Writing tasks: many at a time under one key, in transactions that fit, and receipts that are forgotten."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.client import BaseClient

from gatehouse_dev.cloud import Cloud
from tests.support.aws_failures import UNREACHABLE
from tests.support.layer import layer
from tests.support.tables import rows

OWNER, MISSING = "0199c1de-7f00-7c3a-8b1e-4f2a9d6c7e55", "0199c1de-7f00-7c3a-8b1e-4f2a9d6c7e56"
NEW = {"op": "create", "task": {"title": "New"}}
TOGETHER, MOST_ROWS = 25, 100
LARGEST_ROW, LARGEST_TRANSACTION, LARGEST_ANSWER = 400 * 1024, 4 * 1024**2, 6 * 1024**2


@pytest.fixture
def tasks(cloud: Cloud) -> Any:
    """The verbs, and empty tables."""
    assert cloud
    return layer("tasks")


def bulk(operations: Any, *, name: str = "k") -> list[Any]:
    """What became of each operation, under a key."""
    tasks = layer("tasks")
    once = tasks.IdempotencyKey(name=name, fingerprint=sha256(json.dumps(operations).encode()).hexdigest())
    results: list[Any] = layer("api.tasks.bulk").run_bulk(OWNER, operations, once)
    return results


def change(task: Any, **other: Any) -> dict[str, Any]:
    """The operation that changes a task."""
    return {"op": "update", "id": task.id, "changes": {"title": "Changed"}} | other


def kept(cloud: Cloud) -> list[Any]:
    """All of the table."""
    return sorted(rows(cloud, "TasksTable"), key=repr)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("place", [1, 2, 3])
def test_cut_off_in_the_middle_the_rest_is_done_when_sent_again(
    tasks: Any, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, place: int, *, done: bool
) -> None:
    """The connection breaks before or after one of three transactions."""
    given = [tasks.add(OWNER, tasks.NewTask(title="x")) for _ in range(3)]
    operations = [operation for task in given for operation in (NEW, *[change(task)] * 19)]
    real, times = layer("tasks.transactions").transact, count(1)

    def transact(*changes: Any) -> None:
        broken = next(times) == place
        if done or not broken:
            real(*changes)
        if broken:
            raise UNREACHABLE

    monkeypatch.setattr(layer("tasks.transactions"), "transact", transact)
    with pytest.raises(type(UNREACHABLE)):
        bulk(operations)
    results = bulk(operations)
    once = kept(cloud)

    assert [result.task.version for result in results] == [1, *range(2, 21)] * 3
    assert layer("tasks.summary").summarize(OWNER, ZoneInfo("UTC")).total == 6
    assert bulk(operations) == results
    assert kept(cloud) == once


@pytest.mark.parametrize(("first", "second"), [(60, 1), (1, 60), (60, 59), (25, 26)])
def test_another_call_under_the_key_is_refused_before_anything(
    tasks: Any, cloud: Cloud, first: int, second: int
) -> None:
    bulk([NEW] * first)
    before = kept(cloud)

    with pytest.raises(layer("errors").IdempotencyKeyReused):
        bulk([NEW] * second)
    with pytest.raises(layer("errors").IdempotencyKeyReused):
        tasks.add(OWNER, tasks.NewTask(title="x"), tasks.IdempotencyKey(name="k", fingerprint="another"))
    assert kept(cloud) == before


def test_what_could_not_be_done_is_not_done_when_sent_again(tasks: Any) -> None:
    """By then it could be: the last operation makes the version that the first ones ask for."""
    task = tasks.add(OWNER, tasks.NewTask(title="x"))
    operations = [*[change(task, version=2)] * 25, change(task)]
    results = bulk(operations)

    assert [result.status for result in results] == [*[412] * 25, 200]
    assert bulk(operations) == results
    assert tasks.get(OWNER, task.id).version == 2


def test_what_could_not_be_done_counts_nothing(tasks: Any, cloud: Cloud) -> None:
    tasks.add(OWNER, tasks.NewTask(title="x"))
    before = kept(cloud)

    assert [result.status for result in bulk([{"op": "delete", "id": MISSING}])] == [404]
    (left,) = (row for row in kept(cloud) if row not in before)
    assert left["task_id"].startswith("#RECEIPT#")


def test_a_receipt_is_forgotten_after_a_day_to_the_millisecond(
    tasks: Any, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is kept in whole seconds, and clocks tell more."""
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    monkeypatch.setattr(layer("tasks.transactions"), "back_off", lambda _: None)

    def add(**passed: float) -> Any:
        monkeypatch.setattr(layer("clock"), "now", lambda: moment + timedelta(**passed))
        return tasks.add(OWNER, tasks.NewTask(title="x"), tasks.IdempotencyKey(name="k", fingerprint=""))

    first = add()
    assert add(days=1, milliseconds=-1) == first
    assert add(days=1, milliseconds=1) != first
    assert len([row for row in kept(cloud) if row["task_id"].startswith("#RECEIPT#")]) == 1


def size(item: dict[str, Any]) -> int:
    """Bytes that DynamoDB counts for an item: its names and values, at most 21 for a number, and some for lists."""

    def of(value: dict[str, Any]) -> int:
        ((kind, content),) = value.items()
        if kind == "L":
            return 3 + sum(1 + of(each) for each in content)
        return {"N": 21, "BOOL": 1, "NULL": 1}.get(kind) or len(content.encode())

    return sum(len(name.encode()) + of(value) for name, value in item.items())


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The sizes of the items of each transaction."""
    real: Any = vars(BaseClient)["_make_api_call"]
    sizes: list[list[int]] = []

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "TransactWriteItems":
            changes = [content for change in parameters["TransactItems"] for content in change.values()]
            sizes.append([size(content.get("Item") or content["Key"]) for content in changes])
        return real(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return sizes


@pytest.mark.usefixtures("tasks")
@pytest.mark.parametrize("letter", ["🌵", "\x00", "ΐ"], ids=ascii)
def test_the_largest_tasks_fit(transactions: list[list[int]], letter: str) -> None:
    """Four bytes long, six when written as JSON, or three letters when folded for the search."""
    tags = [letter * 24 + chr(0x4E00 + number) for number in range(20)]
    task = {"title": "x" + letter * 198 + "x", "description": letter * 1000, "tags": tags}
    made = bulk([{"op": "create", "task": task}] * TOGETHER, name="create")
    done = bulk([{"op": "complete", "id": result.task.id} for result in made], name="complete")
    gone = bulk([{"op": "delete", "id": result.task.id} for result in made], name="delete")

    assert [[result.status for result in results] for results in (made, done, gone)] == [
        [status] * TOGETHER for status in (201, 200, 204)
    ]
    assert len(transactions) == 3
    assert max(map(max, transactions)) < LARGEST_ROW
    assert max(map(sum, transactions)) < LARGEST_TRANSACTION
    assert max(map(len, transactions)) <= MOST_ROWS
    assert 100 / TOGETHER * sum(len(result.model_dump_json().encode()) for result in done) < LARGEST_ANSWER
