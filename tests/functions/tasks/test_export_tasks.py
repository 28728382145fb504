"""GET /api/tasks/export: all tasks, page by page, as JSON or as one CSV table without formulas."""

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
SEPARATORS = ",;|\t\n\r"
STARTS = tuple("=+-@＝＋－＠")
OTHER_TEXTS = [
    'say "hello"',
    "one, two; three|four",
    "Ä 🌵 שלום",
    "null",
    "' or 1=1",
    "a=b",
    "a - b; c / d, e@f",
    "1, 2;3\t4",
    "12.5",
    "\\",
    "#REF!",
    "a\x00b",
]
OTHER_TEXTS += ["a\u2028b", "x" * 200]


@pytest.fixture
def small_pages(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tasks on a page."""
    assert api
    monkeypatch.setattr(layer("tasks.exporting"), "_PAGE_SIZE", 3)


def exported(call: Api, person: Person, kind: str) -> Iterator[Response]:
    """Return all pages of an export, following their links."""
    query: str | None = f"format={kind}"
    while query is not None:
        response = call(EXPORT, bearer=person.token, query=query)
        assert response.status == 200, response.text
        yield response
        link = re.fullmatch(r'</api/tasks/export\?([^>]+)>; rel="next"', response.headers.get("link", ""))
        query = link[1] if link else None


def tasks_of(pages: list[Response]) -> list[dict[str, Any]]:
    """Return the tasks on the pages of a JSON export."""
    return [task for page in pages for task in page.json["tasks"]]


def table_of(pages: list[Response]) -> list[dict[str, str]]:
    """Return the rows of a CSV export, its pages joined."""
    return list(csv.DictReader(StringIO("".join(page.text for page in pages), newline=""), strict=True))


def as_cells(task: dict[str, Any]) -> dict[str, str]:
    """Return a task as a row of the table."""
    special = {"tags": " ".join(task["tags"]), "completed": json.dumps(task["completed"])}
    return {name: "" if value is None else str(value) for name, value in (task | special).items()}


def single_row(call: Api, person: Person) -> dict[str, str]:
    """Return the row of the user's only task."""
    (row,) = table_of(list(exported(call, person, "csv")))
    return row


def test_json_has_every_task_with_all_fields_oldest_first(call: Api, ann: Person, bob: Person) -> None:
    created = [create_task(call, ann, title=f"{number}", due_date="2026-12-01", tags=["a", "b"]) for number in range(3)]
    create_task(call, bob)
    response = call(EXPORT, bearer=ann.token)

    assert response.json == {"tasks": created, "cursor": None}
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-disposition"] == 'attachment; filename="tasks.json"'
    assert "link" not in response.headers


def test_csv_has_a_row_for_each_task_under_one_header(call: Api, ann: Person) -> None:
    created = [
        create_task(call, ann, title="Plain"),
        create_task(call, ann, description="two\nlines", priority="urgent", due_date="2026-12-01", tags=["a", "b"]),
    ]
    response = call(EXPORT, bearer=ann.token, query={"format": "csv"})

    assert table_of([response]) == [as_cells(task) for task in created]
    assert response.text.startswith(",".join(COLUMNS) + "\r\n")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="tasks.csv"'


def test_csv_begins_with_a_byte_order_mark_on_request(call: Api, ann: Person) -> None:
    """Without it Excel reads UTF-8 as a Windows code page."""
    create_task(call, ann, title="Ä 日本")
    plain, marked = (call(EXPORT, bearer=ann.token, query=f"format=csv{bom}") for bom in ("&bom=0", "&bom=1"))

    assert marked.text == "\ufeff" + plain.text
    assert marked.text.encode().startswith(b"\xef\xbb\xbfid,title,")
    assert marked.headers["content-type"] == "text/csv; charset=utf-8"
    assert call(EXPORT, bearer=ann.token, query="format=csv").text == plain.text


@pytest.mark.usefixtures("small_pages")
def test_pages_with_a_byte_order_mark_are_one_table(call: Api, ann: Person) -> None:
    store_tasks(ann, 7)
    marked = "".join(page.text for page in exported(call, ann, "csv&bom=1"))

    assert marked == "\ufeff" + "".join(page.text for page in exported(call, ann, "csv"))


def test_json_has_no_byte_order_mark(call: Api, ann: Person) -> None:
    """RFC 8259 forbids it."""
    assert call(EXPORT, bearer=ann.token, query="format=json&bom=1").json == {"tasks": [], "cursor": None}


def test_an_empty_list_can_be_exported(call: Api, ann: Person) -> None:
    assert call(EXPORT, bearer=ann.token).json == {"tasks": [], "cursor": None}
    assert call(EXPORT, bearer=ann.token, query="format=csv").text == ",".join(COLUMNS) + "\r\n"


def test_pages_lose_no_task_and_repeat_none(call: Api, ann: Person) -> None:
    store_tasks(ann, 520)
    as_json, as_csv = list(exported(call, ann, "json")), list(exported(call, ann, "csv"))
    tasks = tasks_of(as_json)

    assert [len(page.json["tasks"]) for page in as_json] == [500, 20]
    assert len({task["id"] for task in tasks}) == 520
    assert [task["id"] for task in tasks] == sorted(task["id"] for task in tasks)
    assert table_of(as_csv) == [as_cells(task) for task in tasks]
    assert [page.text.startswith("id,") for page in as_csv] == [True, False]
    assert [as_json[0].json["cursor"] is None, as_json[1].json["cursor"] is None] == [False, True]


def test_long_texts_shorten_pages_and_lose_no_task(call: Api, ann: Person) -> None:
    """DynamoDB reads up to a megabyte at a time, whatever the limit."""
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
def test_tasks_deleted_or_created_between_pages_do_not_stop_an_export(call: Api, ann: Person) -> None:
    store_tasks(ann, 4)  # the second page is not full: a full one is not known to be the last
    pages = exported(call, ann, "json")
    first = next(pages)
    call_task_route(call, DELETE, bearer=ann.token, task=first.json["tasks"][-1]["id"])  # the cursor's position
    new = create_task(call, ann)
    (second,) = pages

    assert len(second.json["tasks"]) == 2
    assert second.json["tasks"][-1] == new


def test_formulas_are_escaped(call: Api, ann: Person) -> None:
    for text in FORMULAS:
        task = create_task(call, ann, title=text, description=text, tags=[text.lower(), "x"])
        row = single_row(call, ann)
        assert (row["title"], row["description"]) == (f"'{text}", f"'{text}")
        assert row["tags"] == f"'{text.lower()} x"
        assert call(EXPORT, bearer=ann.token).json["tasks"] == [task]
        call_task_route(call, DELETE, bearer=ann.token, task=task["id"])


def test_formulas_after_whitespace_are_escaped(call: Api, ann: Person) -> None:
    escaped = {
        "\t=1": "'\t'=1",
        "\r=1": "'\r'=1",
        "\n=1": "'\n'=1",
        "\r\n=1": "'\r\n'=1",
        " =1": "' =1",
        "\u00a0=1": "'\u00a0=1",
    }
    for text in escaped:
        create_task(call, ann, description=text)

    table = table_of(list(exported(call, ann, "csv")))
    assert [row["description"] for row in table] == list(escaped.values())


@pytest.mark.parametrize("separator", list(SEPARATORS), ids=ascii)
def test_formulas_after_every_separator_are_escaped(call: Api, ann: Person, separator: str) -> None:
    """A spreadsheet that is set to another separator begins a cell there, in quotes or not."""
    cells = [f"{quote}{text}" for text in FORMULAS for quote in ("", " ", '"', ' "')]
    description = separator.join(["a", *cells])
    create_task(call, ann, title="x", description=description, tags=[f"a{separator}=1"] if separator.strip() else [])
    row = single_row(call, ann)

    assert row["description"] == separator.join(["a", *(f"'{cell}" for cell in cells)])
    assert row["tags"] in {"", f"a{separator}'=1"}
    for cell in re.split(f"[{SEPARATORS}]", call(EXPORT, bearer=ann.token, query="format=csv").text):
        assert not cell.strip(' "').startswith(STARTS), cell


def test_other_text_is_not_changed(call: Api, ann: Person) -> None:
    tasks = [
        create_task(call, ann, title=text, description=f"{text}\n{text}\r\n", tags=["a;b", 'c"d'])
        for text in OTHER_TEXTS
    ]

    assert table_of(list(exported(call, ann, "csv"))) == list(map(as_cells, tasks))


def test_an_invalid_query_is_refused(call: Api, ann: Person) -> None:
    for query in (
        "bom=2",
        "format=csv&bom=",
        "format=csv&bom=1&bom=1",
        "format=xml",
        "format=",
        "format=CSV",
        "limit=10",
        "format=csv&format=json",
    ):
        response = call(EXPORT, bearer=ann.token, query=query)
        assert (response.status, response.code) == (400, "VALIDATION_ERROR"), query


@pytest.mark.usefixtures("small_pages")
def test_a_cursor_is_bound_to_its_user_and_to_the_export(call: Api, people: People, ann: Person, bob: Person) -> None:
    for person in (ann, bob):
        store_tasks(person, 4)
    cursor, of_bob = (call(EXPORT, bearer=person.token).json["cursor"] for person in (ann, bob))
    tampered = [cursor[:index] + ("A" if cursor[index] != "A" else "B") + cursor[index + 1 :] for index in (0, 22, 30)]
    of_list = list_tasks(call, ann, limit=1)["cursor"]
    of_sync = call(CHANGES, bearer=ann.token).json["token"]

    for invalid in ("", "x", "é", "x" * 5000, cursor[:-4], *tampered, of_bob, of_list, of_sync):
        response = call(EXPORT, bearer=ann.token, query={"cursor": invalid})
        assert (response.status, response.code) == (400, "VALIDATION_ERROR"), invalid
        assert "cursor" in response.json["message"]
    assert call(LIST, bearer=ann.token, query={"cursor": cursor}).status == 400
    assert call(CHANGES, bearer=ann.token, query={"since": cursor}).status == 400
    other_session = people.sign_in(ann.email)
    assert len(call(EXPORT, bearer=other_session.token, query={"cursor": cursor}).json["tasks"]) == 1
