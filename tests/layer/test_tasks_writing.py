"""Writes of tasks: bulk operations under one idempotency key, sizes of transactions, and the lifetime of receipts."""

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
BATCH_SIZE, MOST_ROWS = 25, 100
LARGEST_ROW, LARGEST_TRANSACTION, LARGEST_RESPONSE = 400 * 1024, 4 * 1024**2, 6 * 1024**2


@pytest.fixture
def tasks(cloud: Cloud) -> Any:
    """The flows, and empty tables."""
    assert cloud
    return layer("tasks")


def bulk(operations: Any, *, name: str = "k") -> list[Any]:
    """Execute operations under an idempotency key, and return their results."""
    tasks = layer("tasks")
    key = tasks.IdempotencyKey(name=name, fingerprint=sha256(json.dumps(operations).encode()).hexdigest())
    results: list[Any] = layer("api.tasks.bulk").run_bulk(OWNER, operations, key)
    return results


def change(task: Any, **other: Any) -> dict[str, Any]:
    """Return an operation that changes a task."""
    return {"op": "update", "id": task.id, "changes": {"title": "Changed"}} | other


def task_rows(cloud: Cloud) -> list[Any]:
    """Return all rows of the table."""
    return sorted(rows(cloud, "TasksTable"), key=repr)


@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_repetition_completes_an_interrupted_bulk_call(
    tasks: Any, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, number: int, *, committed: bool
) -> None:
    """The connection fails before or after one of three transactions."""
    added = [tasks.add(OWNER, tasks.NewTask(title="x")) for _ in range(3)]
    operations = [operation for task in added for operation in (NEW, *[change(task)] * 19)]
    real, times = layer("tasks.transactions").transact, count(1)

    def transact(*changes: Any) -> None:
        interrupted = next(times) == number
        if committed or not interrupted:
            real(*changes)
        if interrupted:
            raise UNREACHABLE

    monkeypatch.setattr(layer("tasks.transactions"), "transact", transact)
    with pytest.raises(type(UNREACHABLE)):
        bulk(operations)
    results = bulk(operations)
    after = task_rows(cloud)

    assert [result.task.version for result in results] == [1, *range(2, 21)] * 3
    assert layer("tasks.summary").summarize(OWNER, ZoneInfo("UTC")).total == 6
    assert bulk(operations) == results
    assert task_rows(cloud) == after


@pytest.mark.parametrize(("first", "second"), [(60, 1), (1, 60), (60, 59), (25, 26)])
def test_another_bulk_call_under_the_same_key_is_refused_first(
    tasks: Any, cloud: Cloud, first: int, second: int
) -> None:
    bulk([NEW] * first)
    before = task_rows(cloud)

    with pytest.raises(layer("errors.tasks").IdempotencyKeyReused):
        bulk([NEW] * second)
    with pytest.raises(layer("errors.tasks").IdempotencyKeyReused):
        tasks.add(OWNER, tasks.NewTask(title="x"), tasks.IdempotencyKey(name="k", fingerprint="another"))
    assert task_rows(cloud) == before


def test_a_failed_operation_is_not_executed_by_a_repetition(tasks: Any) -> None:
    """Even if it could be by then: the last operation creates the version that the first ones require."""
    task = tasks.add(OWNER, tasks.NewTask(title="x"))
    operations = [*[change(task, version=2)] * 25, change(task)]
    results = bulk(operations)

    assert [result.status for result in results] == [*[412] * 25, 200]
    assert bulk(operations) == results
    assert tasks.get(OWNER, task.id).version == 2


def test_a_failed_operation_writes_only_a_receipt(tasks: Any, cloud: Cloud) -> None:
    tasks.add(OWNER, tasks.NewTask(title="x"))
    before = task_rows(cloud)

    assert [result.status for result in bulk([{"op": "delete", "id": MISSING}])] == [404]
    (receipt,) = (row for row in task_rows(cloud) if row not in before)
    assert receipt["task_id"].startswith("#RECEIPT#")


def test_a_receipt_expires_after_a_day_to_the_millisecond(
    tasks: Any, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB's expiry is in whole seconds."""
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    monkeypatch.setattr(layer("tasks.transactions"), "back_off", lambda _: None)

    def add(**passed: float) -> Any:
        monkeypatch.setattr(layer("clock"), "now", lambda: moment + timedelta(**passed))
        return tasks.add(OWNER, tasks.NewTask(title="x"), tasks.IdempotencyKey(name="k", fingerprint=""))

    first = add()
    assert add(days=1, milliseconds=-1) == first
    assert add(days=1, milliseconds=1) != first
    assert len([row for row in task_rows(cloud) if row["task_id"].startswith("#RECEIPT#")]) == 1


def size(item: dict[str, Any]) -> int:
    """Return the bytes that DynamoDB counts for an item: names, values (a number at most 21) and some for lists."""

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
@pytest.mark.parametrize("letter", ["🌵", "\x00", "ΐ", "\ufdfa"], ids=ascii)
def test_the_largest_tasks_fit_in_one_transaction(transactions: list[list[int]], letter: str) -> None:
    """Characters of four bytes in UTF-8, of six in JSON, and of three and eighteen letters when folded."""
    tags = [letter * 24 + chr(0x4E00 + number) for number in range(20)]
    task = {"title": "x" + letter * 198 + "x", "description": letter * 1000, "tags": tags}
    created = bulk([{"op": "create", "task": task}] * BATCH_SIZE, name="create")
    committed = bulk([{"op": "complete", "id": result.task.id} for result in created], name="complete")
    deleted = bulk([{"op": "delete", "id": result.task.id} for result in created], name="delete")

    assert [[result.status for result in results] for results in (created, committed, deleted)] == [
        [status] * BATCH_SIZE for status in (201, 200, 204)
    ]
    assert len(transactions) == 3
    assert max(map(max, transactions)) < LARGEST_ROW
    assert max(map(sum, transactions)) < LARGEST_TRANSACTION
    assert max(map(len, transactions)) <= MOST_ROWS
    assert 100 / BATCH_SIZE * sum(len(result.model_dump_json().encode()) for result in committed) < LARGEST_RESPONSE
