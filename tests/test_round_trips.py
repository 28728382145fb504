"""The DynamoDB calls of each endpoint; they are the same for known and unknown addresses.

Every call takes some milliseconds and costs money.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support import tasks
from tests.support.auth_calls import request_reset, sign_up
from tests.support.authenticator import Authenticator
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import Authorization, OAuthFlow
from tests.support.passkeys import RELATED, Passkeys
from tests.support.people import PASSWORD, People, Person
from tests.support.pictures import PNG, data_url
from tests.support.placeholders import filled
from tests.support.provider import Provider
from tests.support.routes import API, PAGES
from tests.support.sample_events import sample
from tests.support.tasks import call_task_route, create_task
from tests.support.two_factor import SEND_OTP, TRUST, VERIFY_BACKUP, Enrolled, challenge, cookie_of, give

ANN, NEW, NOBODY, WAITING = (f"{name}@example.com" for name in ("ann", "new", "nobody", "waiting"))
OTHER_SERVICES = {"GetSecretValue", "SendEmail"}
FIND_ADDRESS = ["BatchGetItem", "BatchGetItem"]
SESSION = ["BatchGetItem"]
SIGN_UP = ["BatchGetItem", "PutItem"]
CALLBACK = ["DeleteItem", "BatchGetItem", "BatchGetItem", "TransactWriteItems"]
AT_GOOGLE: dict[str, Any] = {"provider": "google", "cookies": ["STATE_COOKIE"], "bearer": None}
BY_ALIAS: dict[str, Any] = {"cookies": ["ALIAS_COOKIE"], "bearer": None}
BY_APP: dict[str, Any] = {"bearer": None}
BY_PROVIDERS_ID = ["BatchGetItem", "BatchGetItem"]
LINKED: dict[str, Any] = {"bearer": "LINKED"}
FRONTEND = {"origin": "https://app.example.com"}
COMPLETED = ["BatchGetItem", "TransactWriteItems", "TransactWriteItems"]
ENROLLED: dict[str, Any] = {"bearer": "ENROLLED"}
OWNER: dict[str, Any] = ENROLLED | {"json": {"password": PASSWORD}}
WITH_PASSKEY: dict[str, Any] = {"bearer": "WITH_PASSKEY"}
NEW_PASSWORD = {"newPassword": "battery horse correct", "token": "RESET"}

type Row = tuple[str, str, dict[str, Any], list[str]]

AUTH: list[Row] = [
    ("GET", "ok", {}, []),
    ("GET", "get-session session me", {}, SESSION),
    ("GET", "get-session session me", {"bearer": None}, []),
    ("POST", "sign-out signout logout", {}, ["DeleteItem"]),
    ("POST", "sign-out", {"bearer": None}, []),
    *(
        (
            "POST",
            "sign-up/email signup register",
            {"json": {"email": email, "password": PASSWORD}},
            ["BatchGetItem", "PutItem"],
        )
        for email in (NEW, WAITING, ANN)
    ),
    ("POST", "sign-in/email signin login", {"json": {"email": ANN, "password": PASSWORD}}, [*FIND_ADDRESS, "PutItem"]),
    *(
        ("POST", "sign-in/email signin login", {"json": {"email": email, "password": "a wrong one"}}, FIND_ADDRESS)
        for email in (ANN, WAITING, NOBODY)
    ),
    *(
        ("POST", paths, {"json": {"email": email}, "bearer": None}, [*FIND_ADDRESS, "PutItem"])
        for paths in (
            "request-password-reset forgot-password forget-password",
            "send-verification-email resend-verification",
        )
        for email in (ANN, WAITING, NOBODY)
    ),
    (
        "POST",
        "verify-email",
        {"json": {"token": "VERIFICATION"}},
        ["BatchGetItem", "TransactWriteItems", "BatchGetItem"],
    ),
    ("POST", "verify-email", {"json": {"token": "garbage"}}, []),
    (
        "GET",
        "verify-email",
        {"query": {"token": "VERIFICATION"}},
        ["BatchGetItem", "TransactWriteItems", "BatchGetItem"],
    ),
    ("GET", "verify-email", {"query": {"token": "VERIFICATION"}, "headers": {"accept": "text/html"}}, []),
    ("POST", "reset-password", {"json": NEW_PASSWORD}, ["BatchGetItem", "TransactWriteItems"]),
    ("POST", "reset-password", {"json": NEW_PASSWORD | {"newPassword": "short"}}, []),
    ("POST", "send-verification-email", {"json": {"email": ANN}}, SESSION),
    ("GET", "token", {}, SESSION),
    ("GET", "jwks", {}, ["BatchGetItem"]),
    ("POST", "refresh", {"json": {"refresh_token": "REFRESH"}}, ["BatchGetItem", "UpdateItem"]),
    ("GET", "list-sessions sessions", {}, [*SESSION, "Query"]),
    ("POST", "revoke-session", {"json": {"token": "x" * 22}}, [*SESSION, "DeleteItem"]),
    ("DELETE", "sessions/{session_id}", {"session_id": "x" * 22}, [*SESSION, "DeleteItem"]),
    ("POST", "revoke-sessions", {}, [*SESSION, "TransactWriteItems"]),
    ("POST", "revoke-other-sessions", {}, [*SESSION, "TransactWriteItems"]),
    ("POST", "update-session", {"json": {}}, SESSION),
    ("POST", "update-user", {"json": {"name": "Ann"}}, [*SESSION, "UpdateItem"]),
    ("POST", "update-user", {"json": {"image": data_url(PNG)}}, [*SESSION, "TransactWriteItems"]),
    ("GET", "picture/{user_id}/{picture_id}", {"user_id": "x" * 36, "picture_id": "x" * 22}, ["BatchGetItem"]),
    (
        "POST",
        "change-password",
        {"json": NEW_PASSWORD | {"currentPassword": PASSWORD}},
        [*SESSION, "TransactWriteItems"],
    ),
    ("POST", "verify-password", {"json": {"password": PASSWORD}}, [*SESSION, "UpdateItem"]),
    ("POST", "change-email", {"json": {"newEmail": NEW}}, [*SESSION, "PutItem"]),
    ("POST", "delete-user", {"json": {"password": PASSWORD}}, [*SESSION, "TransactWriteItems"]),
    ("GET", "delete-user/callback", {"query": {"token": "garbage"}}, SESSION),
    (
        "POST",
        "unsubscribe",
        {"query": {"token": "UNSUBSCRIBE"}, "bearer": None},
        ["BatchGetItem", "TransactWriteItems"],
    ),
    ("POST", "unsubscribe", {"query": {"token": "garbage"}, "bearer": None}, []),
    ("GET", "unsubscribe", {"query": {"token": "UNSUBSCRIBE"}, "bearer": None}, []),
    ("GET", "list-accounts", {}, SESSION),
    ("POST", "sign-in/social", {"json": {"provider": "google"}}, ["PutItem"]),
    ("GET", "oauth/google", {}, ["PutItem"]),
    ("GET", "callback/{provider}", AT_GOOGLE | {"query": {"state": "STATE", "code": "CODE"}}, CALLBACK),
    ("GET", "callback/{provider}", AT_GOOGLE | {"query": {"state": "garbage"}}, ["BatchGetItem"]),
    ("GET", "callback/{provider}", AT_GOOGLE, []),
    ("GET", "oauth/google/callback", BY_ALIAS | {"query": {"state": "ALIAS_STATE", "code": "ALIAS_CODE"}}, CALLBACK),
    ("POST", "callback/{provider}", AT_GOOGLE, []),
    ("GET", "expo-authorization-proxy", BY_APP | {"query": {"authorizationURL": "APP_STATE"}}, ["BatchGetItem"]),
    ("GET", "expo-authorization-proxy", BY_APP | {"query": {"authorizationURL": "garbage"}}, []),
    ("POST", "link-social", {"json": {"provider": "google"}}, [*SESSION, "PutItem"]),
    ("GET", "list-accounts", LINKED, [*SESSION, "BatchGetItem"]),
    ("POST", "unlink-account", LINKED | {"json": {"accountId": "ACCOUNT"}}, [*SESSION, "TransactWriteItems"]),
    ("POST", "get-access-token", LINKED | {"json": {"accountId": "ACCOUNT"}}, [*SESSION, "BatchGetItem"]),
    ("POST", "refresh-token", LINKED | {"json": {"accountId": "ACCOUNT"}}, [*SESSION, "BatchGetItem", "UpdateItem"]),
    ("GET", "export", {}, [*SESSION, "Query", "Query"]),
    ("GET", "account-info", LINKED | {"query": {"accountId": "ACCOUNT"}}, [*SESSION, "BatchGetItem"]),
    ("POST", "two-factor/enable", {"json": {"password": PASSWORD}}, [*SESSION, "TransactWriteItems"]),
    ("POST", "two-factor/disable", OWNER, [*SESSION, "TransactWriteItems"]),
    ("POST", "two-factor/get-totp-uri", OWNER, [*SESSION, "BatchGetItem"]),
    ("POST", "two-factor/generate-backup-codes", OWNER, [*SESSION, "TransactWriteItems"]),
    ("POST", "two-factor/send-otp", ENROLLED | {"json": {}}, [*SESSION, "PutItem"]),
    *(
        ("POST", f"two-factor/{path}", waiting | {"json": {"two_factor_token": "CHALLENGE", "code": code}}, calls)
        for path, code, calls in (
            ("verify-totp", "APP_CODE", COMPLETED),
            ("verify-otp", "MAILED_CODE", ["BatchGetItem", *COMPLETED]),
            ("verify-backup-code", "BACKUP_CODE", COMPLETED),
        )
        for waiting in ({"bearer": None},)
    ),
    ("GET", "list-trusted-devices", {}, SESSION),
    ("GET", "list-trusted-devices", ENROLLED, [*SESSION, "Query"]),
    ("POST", "revoke-trusted-device", {"json": {"id": "x" * 22}}, [*SESSION, "DeleteItem"]),
    ("GET", "passkey/generate-register-options", {}, SESSION),
    (
        "POST",
        "passkey/verify-registration",
        {"json": {"response": "REGISTRATION"}},
        [*SESSION, "PutItem", "TransactWriteItems"],
    ),
    ("GET", "passkey/generate-authenticate-options", {"bearer": None}, []),
    (
        "POST",
        "passkey/verify-authentication",
        {"json": {"response": "ASSERTION"}, "bearer": None},
        ["PutItem", "BatchGetItem", "TransactWriteItems"],
    ),
    ("GET", "passkey/list-user-passkeys", WITH_PASSKEY, [*SESSION, "BatchGetItem"]),
    (
        "POST",
        "passkey/update-passkey",
        WITH_PASSKEY | {"json": {"id": "PASSKEY", "name": "Phone"}},
        [*SESSION, "UpdateItem"],
    ),
    (
        "POST",
        "passkey/delete-passkey",
        WITH_PASSKEY | {"json": {"id": "PASSKEY"}},
        [*SESSION, "TransactWriteItems"],
    ),
    ("GET", "error", {}, []),
    ("GET", "reset-password/{token}", {"token": "RESET", "query": {"callbackURL": "/"}}, ["BatchGetItem"]),
]
BY_OTHER_IDS: list[Row] = [
    (
        "POST",
        "unlink-account",
        LINKED | {"json": {"providerId": "google", "accountId": "3003"}},
        [*SESSION, "BatchGetItem", "TransactWriteItems"],
    ),
    ("POST", "get-access-token", LINKED | {"json": {"providerId": "google"}}, [*SESSION, *BY_PROVIDERS_ID]),
    ("POST", "refresh-token", LINKED | {"json": {"accountId": "3003"}}, [*SESSION, *BY_PROVIDERS_ID, "UpdateItem"]),
    ("GET", "account-info", LINKED | {"query": {"accountId": "3003"}}, [*SESSION, *BY_PROVIDERS_ID]),
]
"""The same endpoints, given the provider and its own id of an account."""
WITH_PASSKEYS: list[Row] = [
    ("GET", "passkey/generate-register-options", WITH_PASSKEY, [*SESSION, "BatchGetItem"]),
    ("GET", "passkey/generate-authenticate-options", {}, SESSION),
    ("GET", "passkey/generate-authenticate-options", WITH_PASSKEY, [*SESSION, "BatchGetItem"]),
    (
        "POST",
        "passkey/verify-authentication",
        WITH_PASSKEY | {"json": {"response": "ASSERTION"}},
        ["PutItem", *SESSION, "BatchGetItem", "TransactWriteItems"],
    ),
    ("GET", "export", WITH_PASSKEY, [*SESSION, "Query", "BatchGetItem", "Query"]),
]
"""The same endpoints, called by a user with a passkey."""
WITH_SECOND_FACTOR: list[Row] = [
    (
        "POST",
        "sign-in/email signin login",
        {"json": {"email": "ENROLLED_EMAIL", "password": PASSWORD}, "bearer": None},
        [*FIND_ADDRESS, "TransactWriteItems"],
    ),
    (
        "POST",
        "sign-in/email",
        {
            "json": {"email": "ENROLLED_EMAIL", "password": PASSWORD},
            "cookies": ["TRUSTED"],
            "headers": FRONTEND,
            "bearer": None,
        },
        [*FIND_ADDRESS, "BatchGetItem", "UpdateItem", "PutItem"],
    ),
    ("POST", "two-factor/verify-totp", ENROLLED | {"json": {"code": "APP_CODE"}}, COMPLETED),
]
"""Calls of a user with a second factor: waiting for it, from a trusted device, and in a session."""
TASKS = {
    tasks.LIST: ["Query"],
    tasks.CREATE: ["TransactWriteItems"],
    tasks.READ: ["BatchGetItem"],
    **{
        route: ["BatchGetItem", "TransactWriteItems"]
        for route in (tasks.PUT, tasks.PATCH, tasks.COMPLETE, tasks.DELETE, tasks.BULK, tasks.BULK_DELETE)
    },
    tasks.SUMMARY: ["BatchGetItem", "Query", "Query", "Query", "Query"],
    tasks.CHANGES: ["Query"],
    tasks.EXPORT: ["Query"],
}


def dynamodb_calls(call: Api) -> list[str]:
    """Return the DynamoDB calls of the latest request."""
    return [operation for operation in call.aws_operations if operation not in OTHER_SERVICES]


@pytest.fixture
def tokens(call: Api, people: People, mailbox: Mailbox) -> dict[str, str]:
    """Ann has a session and a reset token; another user has a verification token."""
    ann = people.signed_in("ann")
    call("POST /api/auth/update-user", bearer=ann.token, json={"taskReminders": True})
    sign_up(call, WAITING)
    verification = mailbox.to(WAITING)[-1].token
    login = call("POST /api/auth/login", json={"email": ANN, "password": PASSWORD}).json
    reset = request_reset(call, mailbox, ANN)
    return {
        "BEARER": ann.token,
        "VERIFICATION": verification,
        "RESET": reset,
        "REFRESH": login["refresh_token"],
        "UNSUBSCRIBE": layer("tokens.unsubscribing").unsubscribe_token(ann.id, ANN),
    }


@pytest.fixture
def at_google(call: Api, people: People, oauth_flow: OAuthFlow, settings: Callable[..., None]) -> dict[str, str]:
    """Carol has a linked Google account and two authorization codes; an app has begun a sign-in."""
    settings(trusted_origins="myapp://")
    by_app = {"json": {"provider": "google", "callbackURL": "myapp://"}, "headers": {"expo-origin": "myapp://"}}
    carol = people.signed_in("carol")
    person = {"sub": "3003", "email": carol.email, "email_verified": True}
    oauth_flow.link(carol.token, **person)
    account = call("GET /api/auth/list-accounts", bearer=carol.token).json[-1]["id"]
    sent, found = oauth_flow.begin(), call("GET /api/auth/oauth/google")
    alias = Authorization(url=found.headers["location"], cookie=found.cookies[0].partition(";")[0])
    return {
        "LINKED": carol.token,
        "ACCOUNT": account,
        "STATE": sent.query["state"],
        "STATE_COOKIE": sent.cookie,
        "CODE": oauth_flow.provider.authorize(sent.url, **person),
        "APP_STATE": call("POST /api/auth/sign-in/social", **by_app).json["url"],
        "ALIAS_STATE": alias.query["state"],
        "ALIAS_COOKIE": alias.cookie,
        "ALIAS_CODE": oauth_flow.provider.authorize(alias.url, **person),
    }


@pytest.fixture
def with_passkey(call: Api, people: People, tokens: dict[str, str]) -> dict[str, Any]:
    """Dan has a passkey, and an answer to a challenge; Ann has a new credential, not yet registered."""
    dan, passkeys = people.signed_in("dan"), Passkeys(call=call)
    ann = Person(id="", email=ANN, token=tokens["BEARER"], cookie="")
    made = passkeys.added(dan)
    return {
        "WITH_PASSKEY": dan.token,
        "PASSKEY": passkeys.list(dan)[0]["id"],
        "ASSERTION": made.authenticate(passkeys.options()),
        "REGISTRATION": Authenticator().register(passkeys.register_options(ann)),
    }


@pytest.fixture
def with_second_factor(call: Api, people: People, mailbox: Mailbox) -> dict[str, Any]:
    """Eve has an app, codes that were not used, a sign-in that waits for them, and a device that she trusts."""
    eve = Enrolled(call, people.signed_in("eve"))
    trusting = give(call, VERIFY_BACKUP, challenge(call, eve.email), eve.backup_codes[1], trustDevice=True)
    waiting = challenge(call, eve.email)
    call(SEND_OTP, json={"two_factor_token": waiting})
    return {
        "ENROLLED": eve.token,
        "ENROLLED_EMAIL": eve.email,
        "CHALLENGE": waiting,
        "APP_CODE": eve.app.code(steps=1),
        "BACKUP_CODE": eve.backup_codes[0],
        "MAILED_CODE": mailbox.to(eve.email)[-1].subject[:6],
        "TRUSTED": cookie_of(trusting, TRUST),
    }


def routes(row: Row) -> list[str]:
    """Return the route keys of a row."""
    method, paths, *_ = row
    return [f"{method} /api/auth/{path}" for path in paths.split()]


@pytest.mark.parametrize(
    "row", [*AUTH, *BY_OTHER_IDS, *WITH_PASSKEYS, *WITH_SECOND_FACTOR], ids=lambda row: str(row[:3])[:90]
)
def test_an_auth_endpoint_makes_these_calls(
    call: Api, tokens: dict[str, str], google: Provider, request: pytest.FixtureRequest, row: Row
) -> None:
    assert google
    _, _, sent, calls = row
    if any(name in str(sent) for name in ("LINKED", "STATE")):
        tokens |= request.getfixturevalue("at_google")
    if any(name in str(sent) for name in ("PASSKEY", "ASSERTION", "REGISTRATION")):
        tokens |= request.getfixturevalue("with_passkey")
    if any(name in str(sent) for name in ("ENROLLED", "CHALLENGE")):
        tokens |= request.getfixturevalue("with_second_factor")
    for route in routes(row):
        response = call(route, **filled({"bearer": "BEARER"} | sent, tokens))
        assert response.status < 500
        assert dynamodb_calls(call) == calls, route


@pytest.mark.parametrize("route", tasks.ALL_ROUTES)
def test_a_task_endpoint_authenticates_and_then_makes_these_calls(call: Api, people: People, route: str) -> None:
    ann = people.signed_in()
    response = call_task_route(call, route, bearer=ann.token, owner=ann.id, task=create_task(call, ann)["id"])

    assert response.status < 300
    assert dynamodb_calls(call) == SESSION + TASKS[route.replace("/{user_id}", "")]


def test_a_list_makes_one_query_per_page(call: Api, people: People) -> None:
    ann = people.signed_in()
    for _ in range(3):
        create_task(call, ann)
    cursor = call(tasks.LIST, bearer=ann.token, query={"limit": 2}).json["cursor"]
    call(tasks.LIST, bearer=ann.token, query={"limit": 2, "cursor": cursor})

    assert dynamodb_calls(call) == [*SESSION, "Query"]


def test_renewing_a_session_is_one_more_call(call: Api, people: People, advance_clock: Any) -> None:
    ann = people.signed_in()
    advance_clock(days=2)
    call("GET /api/auth/get-session", bearer=ann.token)

    assert dynamodb_calls(call) == [*SESSION, "UpdateItem"]


def test_verifying_again_writes_nothing(call: Api, tokens: dict[str, str]) -> None:
    for _ in range(2):
        call("POST /api/auth/verify-email", json={"token": tokens["VERIFICATION"]})

    assert dynamodb_calls(call) == ["BatchGetItem", "BatchGetItem"]


def test_an_address_is_moved_and_moved_back_in_one_transaction_each(
    call: Api, people: People, mailbox: Mailbox, settings: Any
) -> None:
    """Account and former addresses are read before; the account also where a session of somebody else came along."""
    settings(confirm_email_change="false")
    ann, eve = people.signed_in("ann"), people.signed_in("eve")
    reads = []
    for new, sent in ((NEW, {"bearer": ann.token}), (WAITING, {"bearer": eve.token})):
        call("POST /api/auth/change-email", bearer=ann.token, json={"newEmail": new})
        assert dynamodb_calls(call) == [*SESSION, *FIND_ADDRESS, "PutItem"]
        body = {"token": mailbox.to(new)[-1].token, "password": PASSWORD}
        assert call("POST /api/auth/verify-email", json=body, **sent).status == 200
        reads.append(dynamodb_calls(call))
    call("POST /api/auth/verify-email", json={"token": mailbox.to(ANN)[-1].token})

    write = ["TransactWriteItems", "BatchGetItem"]
    assert reads == [["BatchGetItem"] * 3 + write, ["BatchGetItem"] * 4 + write]
    assert dynamodb_calls(call) == ["BatchGetItem", "BatchGetItem", *write]


def test_a_reset_reads_the_account_only_while_that_is_unproven(call: Api, mailbox: Mailbox) -> None:
    sign_up(call, NEW)
    call("POST /api/auth/verify-email", json={"token": mailbox.last.token})
    reads = []
    for password in ("battery horse correct", "horse correct battery"):
        token = request_reset(call, mailbox, NEW)
        call("POST /api/auth/reset-password", json={"newPassword": password, "token": token})
        reads.append(dynamodb_calls(call))

    assert reads == [["BatchGetItem", "BatchGetItem", "TransactWriteItems"], ["BatchGetItem", "TransactWriteItems"]]


def test_signing_up_without_verification_is_one_transaction(call: Api, settings: Any) -> None:
    settings(require_email_verification="false")
    sign_up(call, NEW)

    assert dynamodb_calls(call) == ["BatchGetItem", "TransactWriteItems"]


def test_a_mail_is_claimed_and_marked(call: Api, mailbox: Mailbox) -> None:
    sign_up(call, NEW)
    mailbox.deliver()

    assert dynamodb_calls(call) == ["UpdateItem", "BatchGetItem", "UpdateItem"]


def test_a_reminder_is_four_more_calls_per_user(call: Api, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zones, positions, subscribers and their profiles are read once per page, and the position is written after it."""
    monkeypatch.setattr(layer("clock"), "now", lambda: datetime(2030, 6, 3, 8, tzinfo=UTC))
    for name in ("ann", "bob"):
        person = people.signed_in(name)
        call("POST /api/auth/update-user", bearer=person.token, json={"taskReminders": True})
        create_task(call, person, due_date="2030-06-03")
    call.invoke("Remind", sample("mail/remind"))

    page = ["BatchGetItem", "BatchGetItem", "Query", "BatchGetItem"]
    each = ["Query", "Query", "BatchGetItem", "PutItem"]
    assert dynamodb_calls(call) == [*page, *each, *each, "PutItem"]


def test_health_makes_one_call(call: Api) -> None:
    call("GET /health")

    assert dynamodb_calls(call) == ["GetItem"]


def test_related_origins_make_no_calls(call: Api) -> None:
    call(RELATED)

    assert dynamodb_calls(call) == []


def test_every_route_is_tested() -> None:
    others = {*tasks.ALL_ROUTES, "GET /health", RELATED}
    counted = {route for row in AUTH for route in routes(row)} | others

    assert counted == API


@pytest.mark.parametrize("route", sorted(PAGES))
def test_pages_make_no_calls(call: Api, route: str) -> None:
    call(route, **({"name": "none.js"} if "{name}" in route else {}))

    assert dynamodb_calls(call) == []
