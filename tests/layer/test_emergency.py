"""After an emergency rotation every earlier credential is refused, within ten seconds and on every route.

Requests are handled by warm instances whose cached keyring is from before the emergency and ten seconds old.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.keys.test_rotate_secret import Rotation
from tests.layer.devices import Device, sign_in_device
from tests.layer.every_route import OURS, authorized_request, each, send_request
from tests.layer.test_accounts_known_device import attack, device_of, sign_in_from
from tests.support.calls import Api, Response
from tests.support.instances import Instance
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow, error_of
from tests.support.people import PASSWORD, People
from tests.support.routes import PROTECTED, PUBLIC

ANN = "ann@example.com"
GET_SESSION, REFRESH, TASKS = "GET /api/auth/get-session", "POST /api/auth/refresh", "GET /api/tasks"
DATA = "__Secure-better-auth.session_data"

type Emergency = Callable[[], Instance]


@pytest.fixture
def device(call: Api, people: People) -> Device:
    """A session opened before the emergency."""
    people.verified()
    return sign_in_device(call, ANN)


@pytest.fixture
def emergency(call: Api, rotation: Rotation, advance_clock: Callable[..., None]) -> Emergency:
    """Rotate in an emergency, ten seconds ago; return an instance that read the keyring just before it."""

    def happen() -> Instance:
        warm = Instance(call)
        rotation.emergency()
        advance_clock(seconds=10)
        return warm

    return happen


def presented(device: Device) -> dict[str, dict[str, Any]]:
    """Return each way to present the session's credentials, including the refresh token as a bearer token."""
    return device.credentials | {"refresh token": {"bearer": device.refresh}}


def statuses(call: Callable[..., Response], device: Device) -> set[int]:
    """Return the statuses for all credentials of a session."""
    return {call(TASKS, **credential).status for credential in device.credentials.values()}


def outcome(response: Response) -> tuple[Any, int]:
    """Return the error code, or else the body, and the status."""
    return response.code or response.text, response.status


# -- Every route ----------------------------------------------------------------------


@each(PROTECTED)
def test_after_an_emergency_every_earlier_credential_is_401_on_every_route(
    device: Device, emergency: Emergency, route: str
) -> None:
    """S-33."""
    warm = emergency()

    for way, credential in presented(device).items():
        response = authorized_request(warm, route, device.user_id, **credential)
        assert (way, response.status) == (way, 401)
        assert response.headers["www-authenticate"].startswith("Bearer ")


@each(sorted(PUBLIC - {"GET /health"}))  # which tells the time
def test_public_routes_treat_an_earlier_credential_as_none(device: Device, emergency: Emergency, route: str) -> None:
    """The response is that of a request without credentials."""
    warm = emergency()
    request: dict[str, Any] = {"headers": OURS, "json": {"email": "zoe@example.com"}}
    if route.startswith("GET"):
        request = {"headers": OURS, "query": {"token": "x"}}
    anonymous = outcome(send_request(warm, route, **request))

    for way, credential in presented(device).items():
        refused = route == REFRESH and way in {"token", "signed token", "cookie"}  # which it would have taken
        response = send_request(warm, route, **request | credential)
        assert (way, outcome(response)) == (way, ("INVALID_TOKEN", 401) if refused else anonymous)


# -- Other earlier credentials --------------------------------------------------------


@pytest.mark.parametrize(("act", "status"), [("rotate", 200), ("emergency", 401)])
def test_a_refresh_token_of_an_earlier_session_is_refused_even_if_signed_with_the_new_key(
    call: Api, device: Device, rotation: Rotation, act: str, status: int
) -> None:
    getattr(rotation, act)()
    layer("keys.keyring").clear_cache()
    model = layer("sessions.model")
    digest = model.SessionToken.parse(device.token).digest
    token = model.RefreshToken.issue(device.user_id, device.id, 0, digest)

    assert call(REFRESH, json={"refresh_token": str(token)}).status == status


@pytest.mark.parametrize(("act", "email"), [("rotate", ANN), ("emergency", None)])
def test_an_earlier_cached_session_is_refused_even_if_signed_with_the_new_key(  # noqa: PLR0917 -- two cases
    call: Api, people: People, rotation: Rotation, settings: Callable[..., None], act: str, email: str | None
) -> None:
    settings(cookie_cache_age="300")
    people.verified()
    device = sign_in_device(call, ANN)
    content = call(GET_SESSION, bearer=device.token).json
    getattr(rotation, act)()
    layer("keys.keyring").clear_cache()
    clock, cache = layer("clock"), layer("http.cookie_cache")
    cached, expires_at = content | {"updatedAt": 0, "version": "1"}, cache._milliseconds(clock.now()) + 60_000
    signature = cache._signature(cached, expires_at)
    payload = cache._json({"session": cached, "expiresAt": expires_at, "signature": signature})

    response = call(GET_SESSION, bearer=device.token, cookies=[f"{DATA}={layer('base64url').encode(payload)}"])

    assert (response.json or {"user": {"email": None}})["user"]["email"] == email
    assert call.aws_operations == ([] if email else ["BatchGetItem"])


def test_a_known_device_is_unknown_after_it(
    call: Api, people: People, emergency: Emergency, settings: Callable[..., None]
) -> None:
    """S-16: with the leaked key anybody can forge the cookie for any address."""
    email = people.verified()
    settings(rate_limits="on")
    known = device_of(sign_in_from(call, email, PASSWORD, 1))
    attack(call, email)
    assert sign_in_from(call, email, PASSWORD, 50, known).status == 200

    warm = emergency()

    warm.switch()
    assert sign_in_from(call, email, PASSWORD, 51, known).status == 429


def test_an_earlier_sign_in_at_a_provider_cannot_be_completed(
    call: Api, people: People, oauth_flow: OAuthFlow, emergency: Emergency
) -> None:
    people.verified()
    sent = oauth_flow.begin()
    code = oauth_flow.provider.authorize(sent.url, sub="1", email=ANN, email_verified=True)

    emergency().switch()
    response = oauth_flow.callback(sent, code=code)

    assert error_of(response) == "state_mismatch"
    assert "set-auth-token" not in response.headers
    assert call.aws_operations[-1] == "BatchGetItem"  # the state is not used up


@pytest.mark.parametrize(("act", "ended"), [("rotate", False), ("emergency", True)])
def test_an_earlier_session_cannot_complete_what_it_began(  # noqa: PLR0917 -- two cases
    call: Api,
    device: Device,
    rotation: Rotation,
    advance_clock: Callable[..., None],
    act: str,
    ended: bool,  # noqa: FBT001 -- a case
) -> None:
    """Linking a provider account checks the session again at its end."""
    sessions, warm = layer("sessions"), Instance(call)
    getattr(rotation, act)()
    advance_clock(seconds=10)
    warm.switch()

    if ended:
        with pytest.raises(layer("errors").SessionEnded):
            sessions.check_active(device.user_id, device.id)
    else:
        sessions.check_active(device.user_id, device.id)


def test_an_earlier_session_is_not_listed_and_cannot_be_revoked(
    call: Api, device: Device, emergency: Emergency
) -> None:
    emergency()
    layer("keys.keyring").clear_cache()
    anew = sign_in_device(call, ANN)

    for route in ("GET /api/auth/list-sessions", "GET /api/auth/sessions", "GET /api/auth/export"):
        text = call(route, bearer=anew.token).text
        assert (anew.id in text, device.id in text) == (True, False)
    revoked = call("DELETE /api/auth/sessions/{session_id}", bearer=anew.token, session_id=device.id)
    assert (revoked.status, revoked.code) == (404, "NOT_FOUND")


def test_listing_sessions_without_a_session_reads_the_keyring_first(
    call: Api, device: Device, emergency: Emergency
) -> None:
    """The operator's tool does."""
    active_sessions = layer("sessions").active_sessions
    assert [session.id for session in active_sessions(device.user_id, 1)] == [device.id]

    emergency().switch()

    assert active_sessions(device.user_id, 1) == []
    assert call


# -- Which sessions are earlier -------------------------------------------------------


def test_a_session_of_the_same_millisecond_ends_and_one_opened_next_does_not(
    call: Api, people: People, rotation: Rotation
) -> None:
    people.verified()
    call.between_calls = lambda: None  # no time passes
    before = sign_in_device(call, ANN)
    rotation.emergency()
    layer("keys.keyring").clear_cache()
    after = sign_in_device(call, ANN)

    assert (statuses(call, before), statuses(call, after)) == ({401}, {200})


@pytest.mark.parametrize(("instance", "operator"), [(-4.9, 0), (4.9, 0), (0, -4.9), (0, 4.9)])
def test_a_clock_that_is_minutes_off_makes_no_difference(  # noqa: PLR0917 -- two cases
    call: Api,
    people: People,
    rotation: Rotation,
    advance_clock: Callable[..., None],
    instance: float,
    operator: float,
) -> None:
    """AWS refuses requests if the clock is off by more than five minutes."""
    people.verified()
    advance_clock(minutes=instance)
    before = sign_in_device(call, ANN)
    advance_clock(minutes=operator - instance)
    rotation.emergency()
    advance_clock(minutes=-operator)
    layer("keys.keyring").clear_cache()
    after = sign_in_device(call, ANN)

    assert [call(TASKS, bearer=device.token).status for device in (before, after)] == [401, 200]


def test_a_second_emergency_ends_sessions_opened_since_the_first_even_if_its_clock_is_behind(
    call: Api, people: People, rotation: Rotation, advance_clock: Callable[..., None]
) -> None:
    people.verified()
    rotation.emergency()
    layer("keys.keyring").clear_cache()
    between = sign_in_device(call, ANN)
    advance_clock(minutes=-4)
    rotation.emergency()
    advance_clock(minutes=4)
    layer("keys.keyring").clear_cache()

    assert (statuses(call, between), statuses(call, sign_in_device(call, ANN))) == ({401}, {200})


def test_a_sign_in_in_progress_during_the_emergency_opens_no_valid_session(
    call: Api, people: People, rotation: Rotation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the keyring before the emergency, and writes its session after it."""
    people.verified()
    real = layer("accounts.passwords").is_correct

    def slow(*given: Any) -> bool:
        rotation.emergency()
        return bool(real(*given))

    with monkeypatch.context() as during:
        during.setattr(layer("accounts.flows").passwords, "is_correct", slow)
        late = sign_in_device(call, ANN)

    layer("keys.keyring").clear_cache()
    assert statuses(call, late) == {401}


def test_later_rotations_keep_earlier_sessions_ended(
    call: Api, device: Device, emergency: Emergency, rotation: Rotation
) -> None:
    emergency()
    layer("keys.keyring").clear_cache()
    after = sign_in_device(call, ANN)

    for _ in range(2):
        rotation.rotate()
        layer("keys.keyring").clear_cache()
        assert [call(TASKS, bearer=one.token).status for one in (device, after)] == [401, 200]


def test_a_session_opened_after_it_is_fresh_no_longer_than_others(
    call: Api, people: People, rotation: Rotation, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    """Its `created_at` may be a few minutes ahead."""
    settings(session_fresh_age="60")
    people.verified()
    rotation.emergency()
    layer("keys.keyring").clear_cache()
    after = sign_in_device(call, ANN)
    assert call("GET /api/auth/list-sessions", bearer=after.token).status == 200

    advance_clock(seconds=61)

    assert call("GET /api/auth/list-sessions", bearer=after.token).code == "SESSION_NOT_FRESH"


# -- New sessions work at once --------------------------------------------------------


def sign_in_with_password(route: str) -> Callable[[Callable[..., Response], OAuthFlow], str]:
    """Return a function that signs in with a password and returns the signed session token."""
    body = {"email": ANN, "password": PASSWORD}
    return lambda call, _: call(route, json=body).headers["set-auth-token"]


def replace_session(call: Callable[..., Response], _: OAuthFlow) -> str:
    """Sign in, and replace that session by changing the password."""
    body = {"currentPassword": PASSWORD, "newPassword": "battery horse correct", "revokeOtherSessions": True}
    bearer = sign_in_with_password("POST /api/auth/login")(call, _)
    return call("POST /api/auth/change-password", bearer=bearer, json=body).headers["set-auth-token"]


def sign_up(call: Callable[..., Response], _: OAuthFlow) -> str:
    """Sign up where that opens a session."""
    body = {"email": "new@example.com", "password": PASSWORD}
    return call("POST /api/auth/sign-up/email", json=body).headers["set-auth-token"]


def sign_in_at_google(_: Callable[..., Response], oauth_flow: OAuthFlow) -> str:
    """Sign in at Google."""
    return oauth_flow.sign_in(sub="2", email="bob@example.com", email_verified=True).headers["set-auth-token"]


WAYS_IN: dict[str, Callable[[Callable[..., Response], OAuthFlow], str]] = {
    **{path: sign_in_with_password(f"POST /api/auth/{path}") for path in ("sign-in/email", "signin", "login")},
    "change-password": replace_session,
    "sign-up": sign_up,
    "google": sign_in_at_google,
}


@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize("seconds", [0, 10])
def test_a_session_opened_after_it_is_valid_at_once_on_every_instance(  # noqa: PLR0917 -- two cases
    call: Api,
    people: People,
    rotation: Rotation,
    oauth_flow: OAuthFlow,
    settings: Callable[..., None],
    advance_clock: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    seconds: int,
) -> None:
    """Both if an instance with the old keyring opened it and if one handles the next request."""
    people.verified()
    settings(require_email_verification="false")
    warm = Instance(call)
    rotation.emergency()
    advance_clock(seconds=seconds)
    monkeypatch.setattr(oauth_flow, "_call", warm)

    signed = WAYS_IN[way](warm, oauth_flow)

    token = signed.partition(".")[0]
    for bearer in (token, signed):
        assert warm("GET /api/auth/token", bearer=bearer).status == 200
        assert warm(TASKS, bearer=bearer).status == 200
        layer("keys.keyring").clear_cache()
        assert call(TASKS, bearer=bearer).status == 200


def test_a_sign_in_at_a_provider_begun_on_an_instance_with_the_old_keyring_can_be_completed(
    people: People, oauth_flow: OAuthFlow, emergency: Emergency
) -> None:
    """States are signed with the old key for at most ten seconds."""
    people.verified()
    emergency().switch()
    sent = oauth_flow.begin()
    layer("keys.keyring").clear_cache()

    assert "set-auth-token" in oauth_flow.complete(sent, sub="1", email=ANN, email_verified=True).headers


def test_a_session_opened_by_verification_is_valid_at_once(
    call: Api, rotation: Rotation, settings: Callable[..., None], mailbox: Mailbox
) -> None:
    settings(auto_sign_in_after_verification="true")
    call("POST /api/auth/sign-up/email", json={"email": "new@example.com", "password": PASSWORD})
    warm = Instance(call)
    rotation.emergency()
    token = mailbox.to("new@example.com")[-1].token

    signed = warm("POST /api/auth/verify-email", json={"token": token, "password": PASSWORD}).headers["set-auth-token"]

    layer("keys.keyring").clear_cache()
    assert call(TASKS, bearer=signed).status == 200


def test_a_forged_cookie_delays_new_cookies_by_at_most_ten_seconds(
    call: Api, people: People, rotation: Rotation, advance_clock: Callable[..., None]
) -> None:
    """It causes a read of the keyring; the next one is possible ten seconds later."""
    people.verified()
    keyring = layer("keys.keyring")
    forged = {"cookies": [f"{sign_in_device(call, ANN).cookie.rpartition('.')[0]}.{'A' * 43}%3D"], "headers": OURS}
    advance_clock(seconds=11)
    call("GET /api/auth/token", **forged)
    warm = keyring._cached
    rotation.emergency()
    keyring.clear_cache()
    after = {"cookies": [sign_in_device(call, ANN).cookie], "headers": OURS}
    keyring._cached = warm

    advance_clock(seconds=10)

    assert call("GET /api/auth/token", **after).status == 200


# -- When the keyring is read ---------------------------------------------------------


@pytest.fixture
def keys_read(call: Api, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Send a request and return how many keys of the sessions table it reads, in one round trip."""
    dynamodb, read = layer("dynamodb"), list[int]()
    real = dynamodb._batch_get_item

    def counted(request: dict[str, Any]) -> Any:
        read.append(len(request["SessionsTable"]["Keys"]))
        return real(request)

    def ask(route: str, **request: Any) -> int:
        read.clear()
        assert call(route, **request).status == 200
        (number,) = read
        return number

    monkeypatch.setattr(dynamodb, "_batch_get_item", counted)
    return ask


@pytest.mark.parametrize("has_keyring", [True, False])
def test_the_keyring_is_read_together_with_the_session_once_in_ten_seconds(  # noqa: PLR0917 -- a case
    call: Api,
    device: Device,
    rotation: Rotation,
    keys_read: Callable[..., int],
    advance_clock: Callable[..., None],
    has_keyring: bool,  # noqa: FBT001 -- a case
) -> None:
    """Also if there is none."""
    assert call
    if not has_keyring:
        rotation.delete_keyring()

    asked = []
    for seconds in (11, 0, 9, 0.98, 0.5):
        advance_clock(seconds=seconds)
        asked.append(keys_read(TASKS, bearer=device.token))

    assert asked == [3, 2, 2, 2, 3]


@pytest.mark.parametrize("stopped", ["now", "monotonic"])
def test_either_clock_can_make_the_keyring_stale(
    device: Device,
    keys_read: Callable[..., int],
    advance_clock: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    stopped: str,
) -> None:
    """The monotonic clock may stand still while Lambda freezes a process; the wall clock may be set back."""
    clock = layer("clock")
    assert keys_read(TASKS, bearer=device.token) == 2
    was = getattr(clock, stopped)()
    monkeypatch.setattr(clock, stopped, lambda: was)

    advance_clock(seconds=10)

    assert keys_read(TASKS, bearer=device.token) == 3
