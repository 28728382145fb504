"""The main job, through API Gateway: each function runs in a process of its own, with the permissions of its role."""

import pytest
from argon2 import PasswordHasher

from tests.deployed.gateway import DeployedApi, DeployedMailbox, DeployedPeople
from tests.deployed.stage import LocalStage
from tests.support.people import PASSWORD, Person

pytestmark = pytest.mark.deployed
EMAIL, NEW_PASSWORD = "ann@example.com", "another battery"
SIGNING = (
    "POST /api/auth/login",
    "GET /api/auth/get-session",
    "GET /api/auth/token",
    "POST /api/auth/refresh",
    "GET /api/auth/jwks",
)

READS = (
    "GET /api/tasks",
    "GET /api/tasks/{task_id}",
    "GET /api/tasks/changes",
    "GET /api/tasks/export",
    "GET /api/tasks/summary",
    "GET /api/auth/export",
)


@pytest.fixture(scope="module")
def ann(people: DeployedPeople) -> Person:
    """The user who signed up first."""
    return people.sign_in(EMAIL)


def test_the_stack_is_created(stage: LocalStage) -> None:
    assert stage.status() == "CREATE_COMPLETE"
    assert [one for one in stage.permissions() if one["denied"]] == []


def test_whichever_function_needs_the_first_key_publishes_it(
    call: DeployedApi, stage: LocalStage, people: DeployedPeople
) -> None:
    people.verified(EMAIL)
    cookies = None
    for route in SIGNING:
        stage.forget_keyring()
        body = {"email": EMAIL, "password": PASSWORD} if "login" in route else {} if "POST" in route else None
        response = call(route, cookies=cookies, json=body)
        assert response.status == 200, route
        cookies = cookies or [response.cookies[0].partition(";")[0]]


def test_tasks(call: DeployedApi, ann: Person) -> None:
    as_ann = {"bearer": ann.token}
    assert call("GET /api/tasks", **as_ann).json["tasks"] == []
    task = call(
        "POST /api/tasks", json={"title": "Buy milk", "due_date": "2030-01-01", "tags": ["home"]}, **as_ann
    ).json
    this = {"task_id": task["id"], **as_ann}

    assert call("GET /api/tasks/{task_id}", **this).json == task
    assert call("PATCH /api/tasks/{task_id}", json={"title": "Buy oats"}, **this).json["title"] == "Buy oats"
    for sort in ("due_date", "priority", "title", "created_at", "updated_at"):
        assert len(call("GET /api/tasks", query={"sort": sort}, **as_ann).json["tasks"]) == 1, sort
    assert call("GET /api/tasks/summary", **as_ann).json["total"] == 1
    assert call("PATCH /api/tasks/{task_id}/complete", **this).json["completed"]
    assert call("GET /api/tasks/export", **as_ann).status == 200
    assert call("GET /api/tasks/changes", **as_ann).status == 200
    assert call("DELETE /api/tasks/{task_id}", **this).status == 204
    assert call("GET /api/tasks/{task_id}", **this).status == 404


def test_tasks_in_bulk(call: DeployedApi, ann: Person) -> None:
    create = [{"op": "create", "task": {"title": f"Task {number}"}} for number in range(3)]
    created = call("POST /api/tasks/bulk", bearer=ann.token, json={"operations": create})
    assert created.status == 200, created.text
    first, *others = [result["task"]["id"] for result in created.json["results"]]
    deleted = call("POST /api/tasks/bulk", bearer=ann.token, json={"operations": [{"op": "delete", "id": first}]})
    assert deleted.status == 200, deleted.text
    assert call("POST /api/tasks/bulk-delete", bearer=ann.token, json={"task_ids": others}).status == 200
    assert call("GET /api/tasks", bearer=ann.token).json["tasks"] == []


def test_each_tenth_read_of_an_instance_is_counted(call: DeployedApi, ann: Person) -> None:
    """Of nineteen in a row ten are in one minute, whenever it begins."""
    task = call("POST /api/tasks", bearer=ann.token, json={"title": "Read me"}).json["id"]
    for route in READS:
        statuses = {call(route, bearer=ann.token, task_id=task).status for _ in range(19)}
        assert statuses == {200}, route


def test_sessions(call: DeployedApi, people: DeployedPeople, ann: Person) -> None:
    assert call("GET /api/auth/get-session", cookies=[ann.cookie]).json["user"]["email"] == EMAIL
    assert call("POST /api/auth/update-session", bearer=ann.token, json={}).status == 400
    other = people.sign_in(EMAIL)
    assert len(call("GET /api/auth/list-sessions", bearer=other.token).json) >= 2
    assert call("POST /api/auth/revoke-session", bearer=ann.token, json={"token": other.token}).status == 200
    assert call("GET /api/auth/list-sessions", bearer=other.token).status == 401
    people.sign_in(EMAIL)
    assert call("POST /api/auth/revoke-other-sessions", bearer=ann.token).status == 200
    assert len(call("GET /api/auth/list-sessions", bearer=ann.token).json) == 1
    third = people.sign_in(EMAIL)
    assert call("POST /api/auth/sign-out", cookies=[third.cookie], json={}).status == 200
    fourth = people.sign_in(EMAIL)
    assert call("POST /api/auth/revoke-sessions", bearer=fourth.token).status == 200


def test_a_used_refresh_token_ends_its_session(call: DeployedApi, people: DeployedPeople) -> None:
    people.verified("rob@example.com")
    body = {"email": "rob@example.com", "password": PASSWORD}
    first = call("POST /api/auth/login", json=body).json["refresh_token"]
    second = call("POST /api/auth/refresh", json={"refresh_token": first}).json["refresh_token"]
    third = call("POST /api/auth/refresh", json={"refresh_token": second}).json["refresh_token"]
    assert call("POST /api/auth/refresh", json={"refresh_token": first}).status == 401
    assert call("POST /api/auth/refresh", json={"refresh_token": third}).status == 401


def test_a_password_is_forgotten_and_changed(
    call: DeployedApi, mailbox: DeployedMailbox, people: DeployedPeople
) -> None:
    email = people.verified("cat@example.com")
    assert call("POST /api/auth/request-password-reset", json={"email": email}).status == 200
    reset = {"token": mailbox.nth(email, 2).token, "newPassword": NEW_PASSWORD}
    assert call("POST /api/auth/reset-password", json=reset).status == 200
    cat = people.sign_in(email, NEW_PASSWORD)
    assert call("POST /api/auth/verify-password", bearer=cat.token, json={"password": NEW_PASSWORD}).status == 200
    change = {"currentPassword": NEW_PASSWORD, "newPassword": PASSWORD, "revokeOtherSessions": True}
    assert call("POST /api/auth/change-password", cookies=[cat.cookie], json=change).status == 200


def test_wrong_passwords_end_the_session(call: DeployedApi, people: DeployedPeople) -> None:
    for route in ("POST /api/auth/verify-password", "POST /api/auth/change-password"):
        user = people.signed_in(f"{route.rpartition('/')[2]}@example.com")
        body = {"password": "no", "currentPassword": "no", "newPassword": NEW_PASSWORD}
        assert 401 in {call(route, bearer=user.token, json=body).status for _ in range(4)}


def test_an_older_hash_is_replaced_at_sign_in(people: DeployedPeople, stage: LocalStage) -> None:
    eli = people.signed_in("eli@example.com")
    older = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    stage.set_in_profile(eli.id, "password_hash", {"S": older})
    assert people.sign_in(eli.email).id == eli.id


def test_an_unverified_user_who_signs_in_is_mailed_again(
    call: DeployedApi, mailbox: DeployedMailbox, people: DeployedPeople
) -> None:
    fay = "fay@example.com"
    people.sign_up(fay)
    assert call("POST /api/auth/sign-in/email", json={"email": fay, "password": PASSWORD}).status == 403
    assert mailbox.nth(fay, 2)
    assert call("POST /api/auth/send-verification-email", json={"email": fay}).status == 200
    assert mailbox.nth(fay, 3)
    assert call("POST /api/auth/request-password-reset", json={"email": fay}).status == 200
    reset = {"token": mailbox.nth(fay, 4).token, "newPassword": NEW_PASSWORD}
    assert call("POST /api/auth/reset-password", json=reset).status == 200
    assert people.sign_in(fay, NEW_PASSWORD)


def test_in_the_sandbox_mail_reaches_a_verified_address(people: DeployedPeople, stage: LocalStage) -> None:
    """There SES also checks whether the function may use the recipient's identity. All others are of the sender's."""
    stage.aws("sesv2").create_email_identity(EmailIdentity="gus@example.net")
    assert people.signed_in("gus@example.net")


def test_system_and_pages(call: DeployedApi) -> None:
    assert call("GET /health").json["status"] == "ok"
    assert call("GET /api/auth/ok").status == 200
    assert call("GET /api/auth/error", headers={"accept": "text/html"}).status in {200, 302}
    assert call("GET /sign-in").status == 200
