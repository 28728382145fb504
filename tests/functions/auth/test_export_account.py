"""GET /api/auth/export: all data of the user, to download."""

from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.oauth_flow import OAuthFlow
from tests.support.people import Person
from tests.support.pictures import data_url, noise
from tests.support.tables import rows
from tests.support.tasks import create_task, store_tasks
from tests.support.two_factor import VERIFY_BACKUP, Enrolled, challenge, give

EXPORT = "GET /api/auth/export"


@pytest.fixture
def _small_pages(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tasks on a page instead of five hundred."""
    assert api
    monkeypatch.setattr(layer("tasks.exporting"), "_PAGE_SIZE", 3)


def test_the_export_has_user_accounts_sessions_and_tasks(call: Api, ann: Person, oauth_flow: OAuthFlow) -> None:
    oauth_flow.link(ann.token)
    task = create_task(call, ann, title="Water the plants")

    response = call(EXPORT, bearer=ann.token)

    assert (response.status, set(response.json)) == (
        200,
        {"user", "picture", "accounts", "passkeys", "sessions", "trustedDevices", "tasks", "cursor"},
    )
    assert response.json["user"]["email"] == ann.email
    assert [one["providerId"] for one in response.json["accounts"]] == ["credential", "google"]
    assert [one["id"] for one in response.json["sessions"]] == [ann.token[36:58]]
    assert response.json["tasks"] == [task]
    assert response.json["picture"] is None
    assert response.headers["content-disposition"] == 'attachment; filename="account.json"'
    assert "link" not in response.headers


def test_the_export_has_the_picture_itself(call: Api, ann: Person) -> None:
    call("POST /api/auth/update-user", bearer=ann.token, json={"image": data_url(noise())})

    assert call(EXPORT, bearer=ann.token).json["picture"] == data_url(noise())
    assert call.aws_operations == ["BatchGetItem", "Query", "BatchGetItem", "Query"]


def test_the_export_contains_no_secret(call: Api, cloud: Cloud, ann: Person, oauth_flow: OAuthFlow) -> None:
    oauth_flow.link(ann.token)
    (profile,) = [row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"]

    text = call(EXPORT, bearer=ann.token).text

    assert profile["password_hash"] not in text
    assert ann.token not in text
    assert not any(word in text for word in ("access-", "refresh-", "eyJ", "secret", "hash"))


@pytest.mark.usefixtures("_small_pages")
def test_every_page_links_to_the_next(call: Api, ann: Person) -> None:
    store_tasks(ann, 7)
    pages: list[dict[str, Any]] = []
    query: dict[str, str] = {}
    while True:
        response = call(EXPORT, bearer=ann.token, query=query)
        pages.append(response.json)
        if response.json["cursor"] is None:
            break
        query = {"cursor": response.json["cursor"]}
        assert response.headers["link"].startswith("</api/auth/export?cursor=")

    assert [len(page["tasks"]) for page in pages] == [3, 3, 1]
    assert [set(page) for page in pages[1:]] == [{"tasks", "cursor"}] * 2
    assert len({task["id"] for page in pages for task in page["tasks"]}) == 7


@pytest.mark.usefixtures("_small_pages")
def test_another_users_cursor_is_refused(call: Api, ann: Person, bob: Person) -> None:
    store_tasks(bob, 4)
    cursor = call(EXPORT, bearer=bob.token).json["cursor"]

    for strange in (cursor, "junk", ""):
        response = call(EXPORT, bearer=ann.token, query={"cursor": strange})
        assert (response.status, response.code) == (400, "VALIDATION_ERROR")


def test_the_export_has_trusted_devices(call: Api, enrolled: Enrolled) -> None:
    give(call, VERIFY_BACKUP, challenge(call, enrolled.email), enrolled.backup_codes[0], trustDevice=True)

    exported = call(EXPORT, bearer=enrolled.token).json

    assert exported["user"]["twoFactorEnabled"] is True
    assert [device["ipAddress"] for device in exported["trustedDevices"]] == ["203.0.113.7"]
