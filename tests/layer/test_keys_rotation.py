"""What a rotation of the secret does to those who are signed in: nothing, unless it is an emergency."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.auth.test_refresh import logged_in, refreshes
from tests.functions.keys.test_rotate_secret import Rotation, kid
from tests.layer.every_route import visit
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import rows

COOKIE = "__Secure-better-auth.session_token"
GET_SESSION = "GET /api/auth/get-session"


@pytest.fixture
def rotation(call: Api, cloud: Cloud) -> Iterator[Rotation]:
    """Secrets Manager; afterwards there is a good secret again."""
    rotation = Rotation(call, cloud)
    yield rotation
    rotation.put("a good secret again, as long as it has to be, whatever happened to the one before")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """All that the service hands out, made at one moment."""

    session: str
    cookie: str
    access: str
    refresh: str
    verification: str
    reset: str


@pytest.fixture
def give(call: Api, people: People, mailbox: Mailbox) -> Callable[[str], Given]:
    """Everything that can be made with a secret, for somebody new."""

    def make(name: str) -> Given:
        email = people.verified(name)
        entered, session = logged_in(call, email), people.sign_in(email)
        reset = request_reset(call, mailbox, email)
        sign_up(call, f"new-{name}@example.com")
        return Given(
            session=session.token,
            cookie=session.cookie,
            access=entered["access_token"],
            refresh=entered["refresh_token"],
            verification=mailbox.to(f"new-{name}@example.com")[-1].token,
            reset=reset,
        )

    return make


class Instance:
    """What one process knows of the keyring: warm ones go by what they saw last."""

    def __init__(self, call: Api) -> None:
        """A process that is warm now."""
        self._call = call
        self._keyring = layer("keys.keyring")._cached

    def __call__(self, route: str, **request: Any) -> Response:
        """Call a function there, as if nothing had been called since."""
        layer("keys.keyring")._cached = self._keyring
        layer("keys.macs")._last_refresh = float("-inf")
        return self._call(route, **request)


def uses(instance: Callable[..., Response], given: Given) -> dict[str, bool]:
    """Which of all that was handed out still works."""
    attempts = {
        "cookie": instance(GET_SESSION, cookies=[given.cookie]).text != "null",
        "signed bearer": instance(GET_SESSION, bearer=given.cookie.partition("=")[2]).text != "null",
        "cookie for a token": instance("GET /api/auth/token", cookies=[given.cookie]).status == 200,
        "access": instance("GET /api/tasks", bearer=given.access).status == 200,
        "access for a session": instance(GET_SESSION, bearer=given.access).text != "null",
        "refresh": instance("POST /api/auth/refresh", json={"refresh_token": given.refresh}).status == 200,
        "verification": instance("POST /api/auth/verify-email", json={"token": given.verification}).status == 200,
    }
    sent = {"token": given.reset, "newPassword": "a better password"}
    return attempts | {"reset": instance("POST /api/auth/reset-password", json=sent).status == 200}


@pytest.mark.parametrize("instance", ["warm", "new"])
@pytest.mark.parametrize(("act", "works"), [("rotate", True), ("emergency", False)])
def test_a_rotation_ends_nothing_and_an_emergency_everything_at_once(  # noqa: PLR0917 -- three fixtures and a case
    call: Api,
    rotation: Rotation,
    give: Callable[[str], Given],
    instance: str,
    act: str,
    works: bool,  # noqa: FBT001 -- a case
) -> None:
    """S-33: also where nobody has heard of it yet."""
    given, warm = give("ann"), Instance(call)

    getattr(rotation, act)()
    layer("keys.keyring").clear_cache()

    assert set(uses(warm if instance == "warm" else call, given).values()) == {works}


def test_what_is_new_works_on_instances_that_have_not_heard(
    call: Api, rotation: Rotation, give: Callable[[str], Given]
) -> None:
    warm = Instance(call)
    rotation.rotate()
    layer("keys.keyring").clear_cache()

    assert set(uses(warm, give("ann")).values()) == {True}


def test_what_is_new_is_made_with_the_new_version(call: Api, rotation: Rotation, give: Callable[[str], Given]) -> None:
    """So the second rotation ends what was made before the first, and nothing else."""
    before, first = give("ann"), rotation.rotate()
    between = give("bob")
    assert jwt.get_unverified_header(between.access)["kid"] == kid(first)

    second, warm = rotation.rotate(), Instance(call)

    assert set(uses(warm, before).values()) == {False}
    assert set(uses(warm, between).values()) == {True}
    after = give("cyd")
    assert jwt.get_unverified_header(after.access)["kid"] == kid(second)
    assert set(uses(warm, after).values()) == {True}


def test_a_session_outlives_every_rotation(call: Api, rotation: Rotation, give: Callable[[str], Given]) -> None:
    """Its token is random, and no version of the secret has a part in it."""
    given = give("ann")

    for act in (rotation.rotate, rotation.rotate, rotation.emergency):
        act()

    assert call("GET /api/tasks", bearer=given.session).status == 200


def test_who_refreshes_in_time_notices_nothing(call: Api, rotation: Rotation, give: Callable[[str], Given]) -> None:
    token = give("ann").refresh

    for _ in range(3):
        rotation.rotate()
        answer = refreshes(call, token)
        assert answer.status == 200
        token = answer.json["refresh_token"]


def test_a_cookie_of_a_newer_version_is_worth_a_second_look(
    call: Api, rotation: Rotation, give: Callable[[str], Given]
) -> None:
    """But not at each request: a stranger's cookies must not buy a read each."""
    warm = Instance(call)
    rotation.rotate()
    layer("keys.keyring").clear_cache()
    cookie = give("ann").cookie

    assert warm(GET_SESSION, cookies=[cookie]).text != "null"
    assert call.aws_operations == ["BatchGetItem", "BatchGetItem"]
    forged = f"{cookie.rpartition('.')[0]}.{'A' * 43}%3D"
    for _ in range(3):
        assert call(GET_SESSION, cookies=[forged]).text == "null"
        assert call.aws_operations == []


def test_an_emergency_in_the_middle_of_a_rotation_ends_that_too(
    call: Api, rotation: Rotation, give: Callable[[str], Given]
) -> None:
    rotation.rotate()
    layer("keys.keyring").clear_cache()
    given = give("ann")
    pending = rotation.begin()
    rotation.step("createSecret", pending)
    rotation.step("setSecret", pending)

    rotation.emergency()

    assert set(uses(Instance(call), given).values()) == {False}
    assert [key["kid"] for key in call("GET /api/auth/jwks").json["keys"]] == [kid(rotation.current())]


def test_after_an_emergency_a_warm_instance_takes_nothing_back_in_and_gives_out_no_dead_tokens(
    call: Api, rotation: Rotation, give: Callable[[str], Given]
) -> None:
    """The session token itself lives on, so what it buys must be good."""
    given, warm = give("ann"), Instance(call)
    rotation.emergency()

    for route in ("GET /api/tasks", "POST /api/tasks", "GET /api/auth/token", "GET /api/auth/list-sessions"):
        assert visit(warm, route, bearer=given.access).status == 401
    answer = warm(GET_SESSION, cookies=[given.cookie])
    assert answer.text == "null"
    assert answer.cookies[0].startswith(f"{COOKIE}=; Max-Age=0;")
    token = warm("GET /api/auth/token", bearer=given.session).json["token"]
    brought = warm(GET_SESSION, bearer=given.session).headers["set-auth-jwt"]
    assert [warm("GET /api/tasks", bearer=bearer).status for bearer in (token, brought)] == [200, 200]


def test_after_an_emergency_people_sign_in_anew_where_nobody_has_heard(
    call: Api, rotation: Rotation, people: People
) -> None:
    body, warm = {"email": people.verified(), "password": PASSWORD}, Instance(call)
    rotation.emergency()

    cookie = warm("POST /api/auth/sign-in/email", json=body).cookies[0].partition(";")[0]
    shown = warm(GET_SESSION, cookies=[cookie])
    login = warm("POST /api/auth/login", json=body).json
    again = warm("POST /api/auth/refresh", json={"refresh_token": login["refresh_token"]})

    assert (shown.json["user"]["email"], again.status) == (body["email"], 200)
    for bearer in (shown.headers["set-auth-jwt"], login["access_token"], again.json["access_token"]):
        assert warm("GET /api/tasks", bearer=bearer).status == 200


def test_mail_that_is_sent_after_an_emergency_has_links_that_work(
    call: Api, rotation: Rotation, people: People, mailbox: Mailbox
) -> None:
    """Ordered before it, too: a link is made when the mail is."""
    assert people
    sign_up(call, "bob@example.com")
    seen = layer("keys.keyring")._cached
    rotation.emergency()
    layer("keys.keyring")._cached = seen

    token = mailbox.to("bob@example.com")[-1].token

    assert verify(call, token).status == 200


def test_mails_ordered_before_a_rotation_are_sent_with_the_new_version(
    call: Api, rotation: Rotation, people: People, mailbox: Mailbox
) -> None:
    email = people.verified()
    call("POST /api/auth/request-password-reset", json={"email": email})
    rotation.rotate()
    token = mailbox.to(email)[-1].token
    rotation.rotate()

    assert reset_password(call, token, "a better password").status == 200


def test_a_fresh_stack_works_before_anybody_rotated(
    call: Api, rotation: Rotation, give: Callable[[str], Given]
) -> None:
    """No keyring, and no process that knows one."""
    rotation.unpublish()

    assert set(uses(call, give("ann")).values()) == {True}
    assert rotation.keyring()["newest"] == rotation.current()


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_secret_that_is_too_short_signs_nobody_in(
    call: Api, cloud: Cloud, rotation: Rotation, give: Callable[[str], Given], secret: str
) -> None:
    """S-36, GHSA-8fpg: what cannot be trusted is refused, not worked around."""
    given = give("ann")
    rotation.put(secret or " ")
    rotation.unpublish()

    answers = [
        sign_in(call, "ann@example.com"),
        call("POST /api/auth/login", json={"email": "ann@example.com", "password": PASSWORD}),
        call("GET /api/auth/jwks"),
        call("GET /api/auth/token", bearer=given.session),
        call(GET_SESSION, bearer=given.session),
        call(GET_SESSION, cookies=[given.cookie]),
        refreshes(call, given.refresh),
        reset_password(call, given.reset, "a better password"),
        verify(call, given.verification),
    ]

    for answer in answers:
        assert (answer.status, answer.code, answer.cookies) == (500, "INTERNAL_SERVER_ERROR", [])
        assert "set-auth-token" not in answer.headers
        assert "secret" not in answer.text
    assert rotation.keyring() == {}
    assert len(rows(cloud, "UsersTable")) == 2


def test_a_secret_of_thirty_two_characters_will_do(call: Api, rotation: Rotation, people: People) -> None:
    email = people.verified()
    rotation.put("x" * 32)
    rotation.unpublish()

    assert sign_in(call, email).status == 200
