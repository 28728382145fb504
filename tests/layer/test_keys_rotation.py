"""Rotation of the secret: users stay signed in; an emergency rotation ends everything that the old secret signed."""

from collections.abc import Callable
from dataclasses import dataclass

import jwt
import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.auth.test_refresh import log_in, refresh
from tests.functions.keys.test_rotate_secret import Rotation, kid
from tests.layer.every_route import authorized_request
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.calls import Api, Response
from tests.support.instances import Instance
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import rows

COOKIE = "__Secure-better-auth.session_token"
GET_SESSION = "GET /api/auth/get-session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Everything that the service issued at one time."""

    session: str
    cookie: str
    access: str
    refresh: str
    verification: str
    reset: str


@pytest.fixture
def issue(call: Api, people: People, mailbox: Mailbox) -> Callable[[str], Credentials]:
    """Issue one of everything, to a new user."""

    def issue_all(name: str) -> Credentials:
        email = people.verified(name)
        login, session = log_in(call, email), people.sign_in(email)
        reset = request_reset(call, mailbox, email)
        sign_up(call, f"new-{name}@example.com")
        return Credentials(
            session=session.token,
            cookie=session.cookie,
            access=login["access_token"],
            refresh=login["refresh_token"],
            verification=mailbox.to(f"new-{name}@example.com")[-1].token,
            reset=reset,
        )

    return issue_all


def accepted(instance: Callable[..., Response], credentials: Credentials) -> dict[str, bool]:
    """Return which of the credentials are accepted."""
    attempts = {
        "cookie": instance(GET_SESSION, cookies=[credentials.cookie]).text != "null",
        "signed bearer": instance(GET_SESSION, bearer=credentials.cookie.partition("=")[2]).text != "null",
        "cookie for a token": instance("GET /api/auth/token", cookies=[credentials.cookie]).status == 200,
        "access": instance("GET /api/tasks", bearer=credentials.access).status == 200,
        "access for a session": instance(GET_SESSION, bearer=credentials.access).text != "null",
        "refresh": instance("POST /api/auth/refresh", json={"refresh_token": credentials.refresh}).status == 200,
        "verification": instance("POST /api/auth/verify-email", json={"token": credentials.verification}).status == 200,
    }
    sent = {"token": credentials.reset, "newPassword": "a better password"}
    return attempts | {"reset": instance("POST /api/auth/reset-password", json=sent).status == 200}


@pytest.mark.parametrize("instance", ["warm", "new"])
@pytest.mark.parametrize(("act", "expected"), [("rotate", True), ("emergency", False)])
def test_credentials_survive_a_rotation_and_none_survives_an_emergency(  # noqa: PLR0917 -- three fixtures and a case
    call: Api,
    rotation: Rotation,
    issue: Callable[[str], Credentials],
    instance: str,
    act: str,
    expected: bool,  # noqa: FBT001 -- a case
) -> None:
    """S-33: also on instances that have cached the old keyring."""
    credentials, warm = issue("ann"), Instance(call)

    getattr(rotation, act)()
    layer("keys.keyring").clear_cache()

    assert set(accepted(warm if instance == "warm" else call, credentials).values()) == {expected}


def test_new_credentials_are_accepted_by_instances_with_the_old_keyring(
    call: Api, rotation: Rotation, issue: Callable[[str], Credentials]
) -> None:
    warm = Instance(call)
    rotation.rotate()
    layer("keys.keyring").clear_cache()

    assert set(accepted(warm, issue("ann")).values()) == {True}


def test_new_credentials_are_signed_with_the_new_version(
    call: Api, rotation: Rotation, issue: Callable[[str], Credentials]
) -> None:
    """The second rotation ends what was issued before the first, and nothing else."""
    before, first = issue("ann"), rotation.rotate()
    between = issue("bob")
    assert jwt.get_unverified_header(between.access)["kid"] == kid(first)

    second, warm = rotation.rotate(), Instance(call)

    assert set(accepted(warm, before).values()) == {False}
    assert set(accepted(warm, between).values()) == {True}
    after = issue("carol")
    assert jwt.get_unverified_header(after.access)["kid"] == kid(second)
    assert set(accepted(warm, after).values()) == {True}


def test_a_session_token_survives_every_rotation_except_an_emergency(
    call: Api, rotation: Rotation, issue: Callable[[str], Credentials]
) -> None:
    """It is random, and not derived from the secret; test_emergency.py is about emergencies."""
    credentials = issue("ann")

    for _ in range(2):
        rotation.rotate()

    assert call("GET /api/tasks", bearer=credentials.session).status == 200


def test_refreshing_in_time_survives_any_number_of_rotations(
    call: Api, rotation: Rotation, issue: Callable[[str], Credentials]
) -> None:
    token = issue("ann").refresh

    for _ in range(3):
        rotation.rotate()
        response = refresh(call, token)
        assert response.status == 200
        token = response.json["refresh_token"]


def test_a_cookie_with_an_unknown_key_refreshes_the_keyring(
    call: Api, rotation: Rotation, issue: Callable[[str], Credentials]
) -> None:
    """But not each time, or forged cookies would cause a read each."""
    warm = Instance(call)
    rotation.rotate()
    layer("keys.keyring").clear_cache()
    cookie = issue("ann").cookie

    assert warm(GET_SESSION, cookies=[cookie]).text != "null"
    assert call.aws_operations == ["BatchGetItem", "BatchGetItem"]
    forged = f"{cookie.rpartition('.')[0]}.{'A' * 43}%3D"
    for _ in range(3):
        assert call(GET_SESSION, cookies=[forged]).text == "null"
        assert call.aws_operations == []


def test_an_emergency_during_a_rotation_drops_the_pending_key(
    call: Api, rotation: Rotation, issue: Callable[[str], Credentials]
) -> None:
    rotation.rotate()
    layer("keys.keyring").clear_cache()
    credentials = issue("ann")
    pending = rotation.begin()
    rotation.step("createSecret", pending)
    rotation.step("setSecret", pending)

    rotation.emergency()

    assert set(accepted(Instance(call), credentials).values()) == {False}
    assert [key["kid"] for key in call("GET /api/auth/jwks").json["keys"]] == [kid(rotation.current())]


def test_after_an_emergency_a_warm_instance_accepts_nothing_old_and_issues_valid_tokens(
    call: Api, rotation: Rotation, people: People, issue: Callable[[str], Credentials]
) -> None:
    """The tokens that it issues for a session opened after the emergency are valid."""
    credentials, warm = issue("ann"), Instance(call)
    rotation.emergency()
    layer("keys.keyring").clear_cache()
    new = people.sign_in("ann@example.com").token

    for route in ("GET /api/tasks", "POST /api/tasks", "GET /api/auth/token", "GET /api/auth/list-sessions"):
        assert authorized_request(warm, route, bearer=credentials.access).status == 401
    response = warm(GET_SESSION, cookies=[credentials.cookie])
    assert response.text == "null"
    assert response.cookies[0].startswith(f"{COOKIE}=; Max-Age=0;")
    token = warm("GET /api/auth/token", bearer=new).json["token"]
    from_header = warm(GET_SESSION, bearer=new).headers["set-auth-jwt"]
    assert [warm("GET /api/tasks", bearer=bearer).status for bearer in (token, from_header)] == [200, 200]


def test_after_an_emergency_users_can_sign_in_on_a_warm_instance(call: Api, rotation: Rotation, people: People) -> None:
    body, warm = {"email": people.verified(), "password": PASSWORD}, Instance(call)
    rotation.emergency()

    cookie = warm("POST /api/auth/sign-in/email", json=body).cookies[0].partition(";")[0]
    shown = warm(GET_SESSION, cookies=[cookie])
    login = warm("POST /api/auth/login", json=body).json
    refreshed = warm("POST /api/auth/refresh", json={"refresh_token": login["refresh_token"]})

    assert (shown.json["user"]["email"], refreshed.status) == (body["email"], 200)
    for bearer in (shown.headers["set-auth-jwt"], login["access_token"], refreshed.json["access_token"]):
        assert warm("GET /api/tasks", bearer=bearer).status == 200


def test_mail_sent_after_an_emergency_has_valid_links(
    call: Api, rotation: Rotation, people: People, mailbox: Mailbox
) -> None:
    """Also if it was ordered before: the link is created when the mail is sent."""
    assert people
    sign_up(call, "bob@example.com")
    seen = layer("keys.keyring")._cached
    rotation.emergency()
    layer("keys.keyring")._cached = seen

    token = mailbox.to("bob@example.com")[-1].token

    assert verify(call, token).status == 200


def test_mail_ordered_before_a_rotation_is_signed_with_the_new_version(
    call: Api, rotation: Rotation, people: People, mailbox: Mailbox
) -> None:
    email = people.verified()
    call("POST /api/auth/request-password-reset", json={"email": email})
    rotation.rotate()
    token = mailbox.to(email)[-1].token
    rotation.rotate()

    assert reset_password(call, token, "a better password").status == 200


def test_a_new_stack_works_before_the_first_rotation(
    call: Api, rotation: Rotation, issue: Callable[[str], Credentials]
) -> None:
    """There is no keyring yet."""
    rotation.delete_keyring()

    assert set(accepted(call, issue("ann")).values()) == {True}
    assert rotation.keyring()["newest"] == rotation.current()


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_secret_that_is_too_short_is_refused(
    call: Api, cloud: Cloud, rotation: Rotation, issue: Callable[[str], Credentials], secret: str
) -> None:
    """S-36, GHSA-8fpg: the requests fail."""
    credentials = issue("ann")
    rotation.put(secret or " ")
    rotation.delete_keyring()

    responses = [
        sign_in(call, "ann@example.com"),
        call("POST /api/auth/login", json={"email": "ann@example.com", "password": PASSWORD}),
        call("GET /api/auth/jwks"),
        call("GET /api/auth/token", bearer=credentials.session),
        call(GET_SESSION, bearer=credentials.session),
        call(GET_SESSION, cookies=[credentials.cookie]),
        refresh(call, credentials.refresh),
        reset_password(call, credentials.reset, "a better password"),
        verify(call, credentials.verification),
    ]

    for response in responses:
        assert (response.status, response.code, response.cookies) == (500, "INTERNAL_SERVER_ERROR", [])
        assert "set-auth-token" not in response.headers
        assert "secret" not in response.text
    assert rotation.keyring() == {}
    assert len(rows(cloud, "UsersTable")) == 2


def test_a_secret_of_32_characters_is_accepted(call: Api, rotation: Rotation, people: People) -> None:
    email = people.verified()
    rotation.put("x" * 32)
    rotation.delete_keyring()

    assert sign_in(call, email).status == 200
