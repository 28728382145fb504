"""GET /api/auth/export: all that is kept of somebody, to take along."""

from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.oauth_flow import OAuthFlow
from tests.support.people import Person
from tests.support.tables import rows
from tests.support.tasks import create_task, store_tasks

EXPORT = "GET /api/auth/export"


@pytest.fixture
def _small_pages(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tasks on a page; else there are five hundred."""
    assert api
    monkeypatch.setattr(layer("tasks.exporting"), "_PAGE_SIZE", 3)


def test_the_person_comes_with_ways_in_sessions_and_tasks(call: Api, ann: Person, oauth_flow: OAuthFlow) -> None:
    oauth_flow.link(ann.token)
    task = create_task(call, ann, title="Water the plants")

    answer = call(EXPORT, bearer=ann.token)

    assert (answer.status, set(answer.json)) == (200, {"user", "accounts", "sessions", "tasks", "cursor"})
    assert answer.json["user"]["email"] == ann.email
    assert [one["providerId"] for one in answer.json["accounts"]] == ["credential", "google"]
    assert [one["id"] for one in answer.json["sessions"]] == [ann.token[36:58]]
    assert answer.json["tasks"] == [task]
    assert answer.headers["content-disposition"] == 'attachment; filename="account.json"'
    assert "link" not in answer.headers


def test_no_secret_is_told(call: Api, cloud: Cloud, ann: Person, oauth_flow: OAuthFlow) -> None:
    oauth_flow.link(ann.token)
    (profile,) = [row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"]

    text = call(EXPORT, bearer=ann.token).text

    assert profile["password_hash"] not in text
    assert ann.token not in text
    assert not any(word in text for word in ("access-", "refresh-", "eyJ", "secret", "hash"))


@pytest.mark.usefixtures("_small_pages")
def test_every_page_leads_to_the_next(call: Api, ann: Person) -> None:
    store_tasks(ann, 7)
    pages: list[dict[str, Any]] = []
    query: dict[str, str] = {}
    while True:
        answer = call(EXPORT, bearer=ann.token, query=query)
        pages.append(answer.json)
        if answer.json["cursor"] is None:
            break
        query = {"cursor": answer.json["cursor"]}
        assert answer.headers["link"].startswith("</api/auth/export?cursor=")

    assert [len(page["tasks"]) for page in pages] == [3, 3, 1]
    assert [set(page) for page in pages[1:]] == [{"tasks", "cursor"}] * 2
    assert len({task["id"] for page in pages for task in page["tasks"]}) == 7


@pytest.mark.usefixtures("_small_pages")
def test_the_cursor_of_another_leads_nowhere(call: Api, ann: Person, bob: Person) -> None:
    store_tasks(bob, 4)
    cursor = call(EXPORT, bearer=bob.token).json["cursor"]

    for strange in (cursor, "junk", ""):
        answer = call(EXPORT, bearer=ann.token, query={"cursor": strange})
        assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
