"""Exporting: every task, page by page, as JSON or as one table that no spreadsheet calculates with."""

import csv
import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.people import People, Person
from tests.support.tasks import CHANGES, DELETE, EXPORT, LIST, call_task_route, create_task, list_tasks, store_tasks

COLUMNS = ["id", "title", "description", "completed", "completed_at", "priority", "due_date", "tags"]
COLUMNS += ["created_at", "updated_at", "version"]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(1)", "=HYPERLINK(1)", "＝1+1", "＋1", "－1", "＠SUM(1)"]
ODD = ['say "hello"', "one, two; three|four", "Ä 🌵 שלום", "null", "' or 1=1", "a=b", "12.5", "\\", "#REF!", "a\x00b"]
ODD += ["a\u2028b", "x" * 200]


@pytest.fixture
def small_pages(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tasks on a page, so that few make many."""
    assert api
    monkeypatch.setattr(layer("tasks.exporting"), "_PAGE_SIZE", 3)


def exported(call: Api, person: Person, kind: str) -> Iterator[Response]:
    """All pages of an export, as their links lead on."""
    query: str | None = f"format={kind}"
    while query is not None:
        answer = call(EXPORT, bearer=person.token, query=query)
        assert answer.status == 200, answer.text
        yield answer
        link = re.fullmatch(r'</api/tasks/export\?([^>]+)>; rel="next"', answer.headers.get("link", ""))
        query = link[1] if link else None


def tasks_of(pages: list[Response]) -> list[dict[str, Any]]:
    """What the pages of a JSON export hold."""
    return [task for page in pages for task in page.json["tasks"]]


def table_of(pages: list[Response]) -> list[dict[str, str]]:
    """What the pages of a CSV export hold when they are put together, as a program reads it."""
    return list(csv.DictReader(StringIO("".join(page.text for page in pages), newline=""), strict=True))


def as_cells(task: dict[str, Any]) -> dict[str, str]:
    """A task as a row of the table."""
    special = {"tags": " ".join(task["tags"]), "completed": json.dumps(task["completed"])}
    return {name: "" if value is None else str(value) for name, value in (task | special).items()}


def only_row(call: Api, person: Person) -> dict[str, str]:
    """The row of somebody's only task."""
    (row,) = table_of(list(exported(call, person, "csv")))
    return row


def test_json_has_every_task_whole_oldest_first(call: Api, ann: Person, bob: Person) -> None:
    made = [create_task(call, ann, title=f"{number}", due_date="2026-12-01", tags=["a", "b"]) for number in range(3)]
    create_task(call, bob)
    answer = call(EXPORT, bearer=ann.token)

    assert answer.json == {"tasks": made, "cursor": None}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="tasks.json"'
    assert "link" not in answer.headers


def test_csv_has_a_row_for_each_task_under_one_header(call: Api, ann: Person) -> None:
    made = [
        create_task(call, ann, title="Plain"),
        create_task(call, ann, description="two\nlines", priority="urgent", due_date="2026-12-01", tags=["a", "b"]),
    ]
    answer = call(EXPORT, bearer=ann.token, query={"format": "csv"})

    assert table_of([answer]) == [as_cells(task) for task in made]
    assert answer.text.startswith(",".join(COLUMNS) + "\r\n")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="tasks.csv"'


def test_nothing_is_an_export_too(call: Api, ann: Person) -> None:
    assert call(EXPORT, bearer=ann.token).json == {"tasks": [], "cursor": None}
    assert call(EXPORT, bearer=ann.token, query="format=csv").text == ",".join(COLUMNS) + "\r\n"


def test_pages_lose_none_and_double_none(call: Api, ann: Person) -> None:
    store_tasks(ann, 520)
    as_json, as_csv = list(exported(call, ann, "json")), list(exported(call, ann, "csv"))
    tasks = tasks_of(as_json)

    assert [len(page.json["tasks"]) for page in as_json] == [500, 20]
    assert len({task["id"] for task in tasks}) == 520
    assert [task["id"] for task in tasks] == sorted(task["id"] for task in tasks)
    assert table_of(as_csv) == [as_cells(task) for task in tasks]
    assert [page.text.startswith("id,") for page in as_csv] == [True, False]
    assert [as_json[0].json["cursor"] is None, as_json[1].json["cursor"] is None] == [False, True]


def test_long_texts_make_shorter_pages_that_lose_none(call: Api, ann: Person) -> None:
    """DynamoDB reads a megabyte at a time, however many tasks were asked for."""
    store_tasks(ann, 150, description="🌵" * 1000, tags=["🌵" * 500])
    as_json = list(exported(call, ann, "json"))

    assert len(as_json) > 1
    assert len(tasks_of(as_json)) == 150
    assert table_of(list(exported(call, ann, "csv"))) == [as_cells(task) for task in tasks_of(as_json)]
    assert max(len(page.text.encode()) for page in as_json) < 1_000_000


@pytest.mark.usefixtures("small_pages")
def test_a_page_is_one_query(call: Api, ann: Person) -> None:
    store_tasks(ann, 4)

    for _ in exported(call, ann, "csv"):
        assert call.aws_operations == ["BatchGetItem", "Query"]


@pytest.mark.usefixtures("small_pages")
def test_what_is_deleted_or_new_between_pages_stops_nobody(call: Api, ann: Person) -> None:
    store_tasks(ann, 5)
    pages = exported(call, ann, "json")
    first = next(pages)
    call_task_route(call, DELETE, bearer=ann.token, task=first.json["tasks"][-1]["id"])  # where the cursor stands
    new = create_task(call, ann)
    (second,) = pages

    assert len(second.json["tasks"]) == 3
    assert second.json["tasks"][-1] == new


def test_a_spreadsheet_calculates_nothing(call: Api, ann: Person) -> None:
    for text in FORMULAS:
        task = create_task(call, ann, title=text, description=text, tags=[text.lower(), "x"])
        row = only_row(call, ann)
        assert (row["title"], row["description"]) == (f"'{text}", f"'{text}")
        assert row["tags"] == f"'{text.lower()} x"
        assert call(EXPORT, bearer=ann.token).json["tasks"] == [task]
        call_task_route(call, DELETE, bearer=ann.token, task=task["id"])


def test_blanks_before_a_formula_do_not_help_it(call: Api, ann: Person) -> None:
    starts = ["\t", "\r", "\n", "\r\n"]
    for start in starts:
        create_task(call, ann, description=f"{start}=1+1")

    table = table_of(list(exported(call, ann, "csv")))
    assert [row["description"] for row in table] == [f"'{start}=1+1" for start in starts]


def test_other_text_stays_as_it_is(call: Api, ann: Person) -> None:
    tasks = [create_task(call, ann, title=text, description=f"{text}\n{text}\r\n", tags=["a;b", 'c"d']) for text in ODD]

    assert table_of(list(exported(call, ann, "csv"))) == list(map(as_cells, tasks))


def test_what_cannot_be_exported_is_refused(call: Api, ann: Person) -> None:
    for query in ("format=xml", "format=", "format=CSV", "limit=10", "format=csv&format=json"):
        answer = call(EXPORT, bearer=ann.token, query=query)
        assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), query


@pytest.mark.usefixtures("small_pages")
def test_a_cursor_is_of_its_owner_and_of_exporting_alone(call: Api, people: People, ann: Person, bob: Person) -> None:
    for person in (ann, bob):
        store_tasks(person, 4)
    cursor, of_bob = (call(EXPORT, bearer=person.token).json["cursor"] for person in (ann, bob))
    tampered = [cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :] for place in (0, 22, 30)]
    of_list = list_tasks(call, ann, limit=1)["cursor"]
    of_sync = call(CHANGES, bearer=ann.token).json["token"]

    for wrong in ("", "x", "é", "x" * 5000, cursor[:-4], *tampered, of_bob, of_list, of_sync):
        answer = call(EXPORT, bearer=ann.token, query={"cursor": wrong})
        assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), wrong
        assert "cursor" in answer.json["message"]
    assert call(LIST, bearer=ann.token, query={"cursor": cursor}).status == 400
    assert call(CHANGES, bearer=ann.token, query={"since": cursor}).status == 400
    other_session = people.sign_in(ann.email)
    assert len(call(EXPORT, bearer=other_session.token, query={"cursor": cursor}).json["tasks"]) == 1
