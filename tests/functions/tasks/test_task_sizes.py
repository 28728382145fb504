"""Sizes: every combination of the limits that docs/tasks.md names works, in every script."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.support.calls import Api, Response
from tests.support.people import Person
from tests.support.tasks import BULK, CHANGES, CREATE, EXPORT, LIST, PATCH, READ, call_task_route

LONGEST = {"title": 200, "description": 1000}
LARGEST_RESPONSE, LARGEST_ITEM, LARGEST_TRANSACTION = 6 * 1024**2 - 100_000, 400 * 1024, 4 * 1024**2
COPIES = 5  # of a task: a local index with all attributes counts towards the size of its item
LETTERS = {
    "Chinese": "中",
    "four bytes": "🌵",
    "eighteen letters when folded": "\ufdfa",
    "quotes": '"',
    "control characters": "\x00",
}
slow_letters = pytest.mark.parametrize(
    "letter",
    [
        pytest.param(letter, id=name, marks=[] if name == "Chinese" else pytest.mark.slow)
        for name, letter in LETTERS.items()
    ],
)


def longest(letter: str) -> dict[str, Any]:
    """Return the fields of the largest task that this letter makes."""
    tags = [f"{letter * 23}{number:02}" for number in range(20)]
    return {name: letter * length for name, length in LONGEST.items()} | {"tags": tags, "priority": "urgent"}


def size(item: dict[str, Any]) -> int:
    """Return about how many bytes DynamoDB counts for an item, with its copies."""
    text = json.dumps(item, ensure_ascii=False, default=str)
    return len(text.encode()) * (COPIES if "title_order" in item else 1)


@pytest.fixture(autouse=True)
def _transactions_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """No item and no transaction is larger than DynamoDB allows, which moto does not check for all of them."""
    real: Any = vars(BaseClient)["_make_api_call"]

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "TransactWriteItems":
            writes = [write for item in parameters["TransactItems"] for write in item.values()]
            sizes = [size(write.get("Item", {})) for write in writes]
            assert max(sizes) < LARGEST_ITEM
            assert sum(size(write) for write in writes) < LARGEST_TRANSACTION
        return real(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


def fits(response: Response) -> Response:
    """Assert that Lambda can return a response, escaped or not, and return it."""
    assert response.status == 200, response.text[:500]
    assert len(json.dumps({"headers": dict(response.headers), "body": response.text})) < LARGEST_RESPONSE
    return response


def pages(call: Api, person: Person, route: str, **query: Any) -> Iterator[Response]:
    """Return all pages of a list."""
    cursor = None
    while cursor != "":
        response = fits(call(route, bearer=person.token, query=query | ({"cursor": cursor} if cursor else {})))
        cursor = response.json["cursor"] or ""
        yield response


@slow_letters
@pytest.mark.parametrize("escaped", [False, True], ids=["UTF-8", "escaped"])
def test_a_bulk_request_takes_a_hundred_of_the_longest_tasks(
    call: Api, ann: Person, letter: str, *, escaped: bool
) -> None:
    """As JavaScript writes them, and as Python's `json` does, with two escapes for a letter of four bytes."""

    def send(operations: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
        headers = {"content-type": "application/json", "idempotency-key": key}
        text = json.dumps({"operations": operations}, ensure_ascii=escaped, indent=2)
        first, again = (fits(call(BULK, bearer=ann.token, body=text, headers=headers)) for _ in range(2))
        assert first.text == again.text
        results: list[dict[str, Any]] = first.json["results"]
        return results

    created = send([{"op": "create", "task": longest(letter)}] * 100, "create")
    ids = [result["task"]["id"] for result in created]
    updated = send([{"op": "update", "id": name, "changes": longest(letter)} for name in ids], "update")
    completed = send([{"op": "complete", "id": name} for name in ids], "complete")

    assert {result["status"] for result in created} == {201}
    assert {result["status"] for result in updated + completed} == {200}
    assert {result["task"]["title"] for result in completed} == {letter * 200}


@slow_letters
def test_lists_of_the_longest_tasks_can_be_returned(call: Api, ann: Person, letter: str) -> None:
    for _ in range(5):
        call(BULK, bearer=ann.token, json={"operations": [{"op": "create", "task": longest(letter)}] * 100})

    query = {"limit": 100, "search": letter * 200, "tag": f"{letter * 23}07", "sort": "title"}
    for route, wanted in ((LIST, {"limit": 100}), (LIST, query), (EXPORT, {"format": "json"})):
        assert sum(len(page.json["tasks"]) for page in pages(call, ann, route, **wanted)) == 500
    assert fits(call(EXPORT, bearer=ann.token, query="format=csv&bom=1")).text.startswith("\ufeffid,")
    assert len(fits(call(CHANGES, bearer=ann.token, query="limit=500")).json["changed"]) > 10


@slow_letters
def test_the_longest_task_can_be_created_changed_and_read(call: Api, ann: Person, letter: str) -> None:
    headers = {"idempotency-key": "k" * 255}
    task = call(CREATE, bearer=ann.token, json=longest(letter), headers=headers).json["id"]
    headers = {"idempotency-key": "c" * 255}
    changed = call_task_route(call, PATCH, bearer=ann.token, task=task, json=longest(letter), headers=headers)

    assert changed.status == 200
    read = call_task_route(call, READ, bearer=ann.token, task=task).json
    assert {name: read[name] for name in longest(letter)} == longest(letter)
