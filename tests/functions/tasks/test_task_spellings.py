"""Spellings: search, tags and the order by title know every spelling of a word; a task is shown as it was written."""

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any
from unicodedata import normalize

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import Person
from tests.support.tables import rows
from tests.support.tasks import PATCH, call_task_route, create_task, list_tasks, store_tasks

SPELLINGS: dict[str, list[str]] = {
    "composed and decomposed": ["Café", "Cafe\u0301", "CAFÉ", normalize("NFD", "CAFÉ")],
    "full width": ["ABC123", "ＡＢＣ１２３", "ａｂｃ１２３"],
    "half width": ["カタカナガ", "ｶﾀｶﾅｶﾞ"],
    "Turkish": ["İstanbul", "istanbul", "ISTANBUL", "ıstanbul", "I\u0307stanbul", "i\u0307stanbul"],
    "German": ["STRASSE", "Straße", "STRAẞE"],
    "Greek": ["ΟΔΟΣ", "οδος", "οδοσ"],
    "Korean": ["한국", normalize("NFD", "한국")],
    "Vietnamese": ["Việt", normalize("NFD", "VIỆT"), "Vie\u0302\u0323t"],
    "compatibility": ["ﬁle №1", "FILE No1", "ﬁle №¹"],
    "ångström": ["5Å", "5\u212b", "5A\u030a"],
}
every_word = pytest.mark.parametrize("spellings", SPELLINGS.values(), ids=SPELLINGS)
MatchingTasks = Callable[..., list[str]]


@pytest.fixture
def found(call: Api, ann: Person) -> MatchingTasks:
    """Return the ids of the tasks that a list finds, on all its pages."""

    def pages(query: dict[str, Any]) -> Iterator[str]:
        page = list_tasks(call, ann, **query)
        yield from (task["id"] for task in page["tasks"])
        if page["cursor"]:
            yield from pages(query | {"cursor": page["cursor"]})

    return lambda **query: sorted(pages(query))


def as_written_before(cloud: Cloud) -> None:
    """Store all tasks as versions did that folded case alone: without the folded tags."""
    client = cloud.client("dynamodb")
    for row in rows(cloud, "TasksTable"):
        if "title" in row:
            words, order = f"{row['title']}\n{row['description']}".casefold(), row["title"].casefold()
            client.update_item(
                TableName="TasksTable",
                Key={"user_id": {"S": row["user_id"]}, "task_id": {"S": row["task_id"]}},
                UpdateExpression="SET words = :words, title_order = :order REMOVE tag_keys",
                ExpressionAttributeValues={":words": {"S": words}, ":order": {"S": f"{order}\x1f{row['task_id']}"}},
            )


@pytest.fixture(params=["new", "written before"])
def age_tasks(request: pytest.FixtureRequest, cloud: Cloud) -> Callable[[], None]:
    """Store all tasks in the older form, or leave them in the new one."""
    return (lambda: as_written_before(cloud)) if request.param == "written before" else lambda: None


@every_word
def test_a_search_finds_every_spelling(
    call: Api, ann: Person, found: MatchingTasks, age_tasks: Callable[[], None], spellings: list[str]
) -> None:
    in_titles = [create_task(call, ann, title=f"To {spelling}!")["id"] for spelling in spellings]
    in_texts = [create_task(call, ann, description=f"a {spelling}\nb")["id"] for spelling in spellings]
    create_task(call, ann, title="Another", description="thing")
    age_tasks()

    for spelling in spellings:
        assert found(search=spelling) == sorted([*in_titles, *in_texts]), spelling
        assert found(search=f" {spelling}! ") == sorted(in_titles)


@every_word
def test_a_tag_finds_every_spelling(
    call: Api, ann: Person, found: MatchingTasks, age_tasks: Callable[[], None], spellings: list[str]
) -> None:
    tags = [spelling.replace(" ", "") for spelling in spellings]
    tagged = [create_task(call, ann, tags=["x", tag])["id"] for tag in tags]
    create_task(call, ann, tags=["another", f"{tags[0]}s"])
    age_tasks()

    for tag in tags:
        assert found(tag=tag) == sorted(tagged), tag
        assert found(tag=tag, search="plants", status="active", sort="title", limit=1) == sorted(tagged)


@every_word
def test_spellings_of_one_tag_are_one_tag(call: Api, ann: Person, spellings: list[str]) -> None:
    """The first is kept, in lower case."""
    tags = [spelling.replace(" ", "") for spelling in spellings]

    for first, *others in permutations(tags, 2):
        kept = create_task(call, ann, tags=["a", first, *others, "b"])["tags"]
        assert kept == ["a", first.lower().replace("i\u0307", "i"), "b"]


@every_word
def test_titles_are_sorted_by_their_folded_spelling_and_shown_as_written(
    call: Api, ann: Person, spellings: list[str]
) -> None:
    titles = [f"{spelling} {number}" for number, spelling in enumerate(spellings)]
    for title in reversed(titles):
        create_task(call, ann, title=title, description=f"{title}\n")
    for other in (spellings[0][:-1], f"{spellings[0]}z"):
        create_task(call, ann, title=other)
    tasks = list_tasks(call, ann, sort="title")["tasks"]

    assert [task["title"] for task in tasks] == [spellings[0][:-1], *titles, f"{spellings[0]}z"]
    assert [task["description"] for task in tasks[1:-1]] == [f"{title}\n" for title in titles]


def test_a_task_written_before_has_the_new_form_after_a_change(
    call: Api, ann: Person, cloud: Cloud, found: MatchingTasks
) -> None:
    task = create_task(call, ann, title="ＡＢＣ", tags=["ＡＢＣ"])["id"]
    as_written_before(cloud)
    call_task_route(call, PATCH, bearer=ann.token, task=task, json={"completed": True})
    (row,) = [row for row in rows(cloud, "TasksTable") if "title" in row]

    assert (row["title"], row["words"], row["title_order"]) == ("ＡＢＣ", "abc\n", f"abc\x1f{task}")
    assert (row["tags"], row["tag_keys"]) == ([{"S": "ａｂｃ"}], [{"S": "abc"}])
    assert found(search="abc", tag="abc") == [task]


def test_pages_of_tasks_written_before_are_bounded(call: Api, ann: Person, cloud: Cloud) -> None:
    """As with new ones, a page examines at most a thousand, whether they match or not."""
    store_tasks(ann, 5, title="other")
    wanted = store_tasks(ann, 3, title="ＡＢＣ")
    as_written_before(cloud)

    page = list_tasks(call, ann, search="abc", order="asc", limit=2)
    assert [task["id"] for task in page["tasks"]] == wanted[:2]
    assert call.aws_operations == ["BatchGetItem", "Query"]
    rest = list_tasks(call, ann, search="abc", order="asc", limit=2, cursor=page["cursor"])
    assert [task["id"] for task in rest["tasks"]] == wanted[2:]
    assert rest["cursor"] is None


def test_a_longest_title_in_any_spelling_can_be_stored_and_found(call: Api, ann: Person, found: MatchingTasks) -> None:
    """One character of NFKC can become eighteen."""
    letter = "\ufdfa"
    task = create_task(call, ann, title=letter * 200, description=letter * 1000, tags=[letter * 500])
    assert len(layer("tasks.folding").fold(letter)) == 18

    assert found(search=letter * 200) == [task["id"]]
    assert found(tag=letter * 500, sort="title") == [task["id"]]
