"""Ended sessions: every credential is refused on every protected route, also after races."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.devices import Device, sign_in_device
from tests.layer.every_route import all_of, send_request
from tests.support.auth_calls import request_reset, reset_password, sign_in
from tests.support.calls import Api, Response
from tests.support.interleaving import interleave
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.routes import PROTECTED
from tests.support.tables import rows

ANN, NEW = "ann@example.com", "a better password"
ME = "GET /api/auth/me"


@pytest.fixture
def laptop(call: Api, people: People) -> Device:
    """The device on which Ann stays signed in."""
    people.verified("ann")
    return sign_in_device(call, ANN)


@pytest.fixture
def phone(call: Api, laptop: Device) -> Device:
    """The device whose session is ended."""
    assert laptop
    return sign_in_device(call, ANN)


type Ending = Callable[[Api, Mailbox, Device, Device], Response]


def _by_reset(call: Api, mailbox: Mailbox, _laptop: Device, _phone: Device) -> Response:
    return reset_password(call, request_reset(call, mailbox, ANN), NEW)


def _by_password(device: Device, **more: Any) -> dict[str, Any]:
    return {"bearer": device.token, "json": {"currentPassword": PASSWORD, "newPassword": NEW} | more}


def _by_post(path: str, device: Device, body: Any, call: Api) -> Response:
    return call(f"POST /api/auth/{path}", bearer=device.token, json=body)


WAYS_TO_END: dict[str, Ending] = {
    "sign-out": lambda call, _, __, phone: _by_post("sign-out", phone, {}, call),
    "sign-out by JWT": lambda call, _, __, phone: call("POST /api/auth/sign-out", bearer=phone.jwt),
    "revoke": lambda call, _, laptop, phone: _by_post("revoke-session", laptop, {"token": phone.id}, call),
    "revoke by path": lambda call, _, laptop, phone: call(
        "DELETE /api/auth/sessions/{session_id}", bearer=laptop.token, session_id=phone.id
    ),
    "revoke others": lambda call, _, laptop, __: _by_post("revoke-other-sessions", laptop, {}, call),
    "revoke all": lambda call, _, laptop, __: _by_post("revoke-sessions", laptop, {}, call),
    "change-password": lambda call, _, laptop, __: call("POST /api/auth/change-password", **_by_password(laptop)),
    "change-password, replaced": lambda call, _, __, phone: call(
        "POST /api/auth/change-password", **_by_password(phone, revokeOtherSessions=True)
    ),
    "reset": _by_reset,
    "delete": lambda call, _, laptop, __: _by_post("delete-user", laptop, {"password": PASSWORD}, call),
}
every_ending = pytest.mark.parametrize("ending", WAYS_TO_END)
type End = Callable[[str], Response]


@pytest.fixture
def end(call: Api, mailbox: Mailbox, laptop: Device, phone: Device) -> End:
    """End the session of the phone, and others, depending on the way: `end("sign-out")`."""
    return lambda ending: WAYS_TO_END[ending](call, mailbox, laptop, phone)


def statuses(call: Api, device: Device) -> set[int]:
    """Return the statuses of requests with each credential."""
    return {call(ME, **credential).status for credential in device.credentials.values()}


@all_of([*PROTECTED, ME])
@every_ending
def test_every_credential_of_an_ended_session_is_refused_on_every_route(
    call: Api, phone: Device, end: End, ending: str, routes: list[str]
) -> None:
    """S-32, S-37, S-39, S-40, S-41."""
    assert statuses(call, phone) == {200}
    assert end(ending).status == 200

    for route in routes:
        for name, credential in {**phone.credentials, "refresh token": {"bearer": phone.refresh}}.items():
            response = send_request(call, route, phone.user_id, **credential)
            code = "UNAUTHORIZED" if "/api/auth/" in route else "INVALID_TOKEN"
            assert (response.status, response.code) == (401, code), (route, name)


@every_ending
def test_an_ended_session_cannot_be_refreshed_and_is_anonymous_on_public_routes(
    call: Api, phone: Device, end: End, ending: str
) -> None:
    """S-26: neither the current refresh token nor an older one is accepted."""
    used = call("POST /api/auth/refresh", json={"refresh_token": phone.refresh})
    assert used.status == 200
    end(ending)

    for token in (used.json["refresh_token"], phone.refresh):
        response = call("POST /api/auth/refresh", json={"refresh_token": token})
        assert (response.status, response.code) == (401, "INVALID_TOKEN")
    assert call(ME, bearer=used.json["access_token"]).status == 401
    for credential in phone.credentials.values():
        assert call("GET /api/auth/get-session", **credential).text == "null"
        assert call("GET /api/auth/session", **credential).json == {"session": None, "user": None}
        callback = call("GET /api/auth/delete-user/callback", **credential, query={"token": "x"})
        assert (callback.status, callback.code) == (404, "FAILED_TO_GET_USER_INFO")


@pytest.mark.parametrize("ending", ["sign-out", "revoke", "revoke by path", "revoke others", "change-password"])
def test_other_sessions_stay(call: Api, laptop: Device, end: End, ending: str) -> None:
    end(ending)

    assert statuses(call, laptop) == {200}
    assert call("POST /api/auth/refresh", json={"refresh_token": laptop.refresh}).status == 200


def test_an_ended_session_stays_ended_after_later_endings(call: Api, laptop: Device, phone: Device, end: End) -> None:
    for ending in ("revoke others", "change-password", "revoke others", "reset"):
        assert end(ending).status == 200
        assert statuses(call, phone) == {401}

    tablet = sign_in(call, ANN, NEW).json["token"]
    call("POST /api/auth/revoke-other-sessions", bearer=tablet)

    assert (statuses(call, phone), statuses(call, laptop), call(ME, bearer=tablet).status) == ({401}, {401}, 200)


@pytest.mark.parametrize("ending", ["revoke others", "revoke all", "change-password", "reset", "delete"])
def test_a_sign_in_concurrent_with_the_ending_gets_no_valid_session(
    call: Api, end: End, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sessions end after the sign-in has read the hash and before it writes the session."""
    ended: list[int] = []
    interleave(monkeypatch, "accounts.passwords", "is_correct", lambda: ended.append(end(ending).status))

    device = sign_in_device(call, ANN)

    assert ended == [200]
    assert statuses(call, device) == {401}
    assert call("GET /api/tasks", bearer=device.token).code == "INVALID_TOKEN"
    assert call("POST /api/auth/refresh", json={"refresh_token": device.refresh}).status == 401


@pytest.fixture
def _renewal_due(phone: Device, settings: Callable[..., None], advance_clock: Callable[..., None]) -> None:
    """The next read of the phone's session would renew it."""
    assert phone
    settings(session_update_age="60")
    advance_clock(seconds=61)


@every_ending
@pytest.mark.usefixtures("_renewal_due")
def test_a_concurrent_renewal_does_not_restore_the_session(
    call: Api, phone: Device, end: End, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    interleave(monkeypatch, "sessions", "renew", lambda: end(ending))

    call("GET /api/auth/get-session", cookies=[phone.cookie])

    assert "UpdateItem" in call.aws_operations
    assert statuses(call, phone) == {401}


@every_ending
def test_a_concurrent_refresh_does_not_restore_the_session(
    call: Api, phone: Device, end: End, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    interleave(monkeypatch, "sessions.refresh", "_rotate", lambda: end(ending))

    response = call("POST /api/auth/refresh", json={"refresh_token": phone.refresh})

    assert statuses(call, phone) == {401}
    if response.status == 200:  # ended by the epoch: the row still existed
        assert call(ME, bearer=response.json["access_token"]).status == 401
        second = call("POST /api/auth/refresh", json={"refresh_token": response.json["refresh_token"]})
        assert second.status == 401


CONCURRENT_REQUESTS: dict[str, tuple[str, str, Any]] = {
    "GET /api/auth/get-session": ("sessions", "renew", None),
    "POST /api/auth/verify-password": ("sessions", "mark_reauthenticated", {"password": PASSWORD}),
    "POST /api/auth/revoke-other-sessions": ("accounts.changes", "transact", {}),
    "POST /api/auth/revoke-sessions": ("accounts.changes", "transact", {}),
    "POST /api/auth/change-password": (
        "accounts.changes",
        "transact",
        {"currentPassword": PASSWORD, "newPassword": NEW},
    ),
}


@pytest.mark.parametrize("route", CONCURRENT_REQUESTS)
@pytest.mark.usefixtures("_renewal_due")
def test_a_sign_out_concurrent_with_another_request_leaves_no_row(
    call: Api, phone: Device, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    module, name, body = CONCURRENT_REQUESTS[route]
    interleave(monkeypatch, module, name, lambda: call("POST /api/auth/sign-out", bearer=phone.token))

    call(route, bearer=phone.token, json=body)

    assert phone.id not in {row["session_id"] for row in rows(cloud, "SessionsTable")}
    assert statuses(call, phone) == {401}


REQUESTS_DURING_DELETION: dict[str, tuple[str, str, Any]] = {
    "POST /api/auth/update-user": ("accounts.profile", "_write_changes", {"name": "Ann"}),
    "POST /api/auth/delete-user": ("accounts.changes", "transact", {"password": PASSWORD}),
    "POST /api/auth/change-password": CONCURRENT_REQUESTS["POST /api/auth/change-password"],
}


@pytest.mark.parametrize("route", REQUESTS_DURING_DELETION)
def test_a_request_concurrent_with_the_deletion_of_its_user_is_refused(
    call: Api, laptop: Device, phone: Device, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    module, name, body = REQUESTS_DURING_DELETION[route]
    deletion = {"password": PASSWORD}
    interleave(
        monkeypatch, module, name, lambda: call("POST /api/auth/delete-user", bearer=laptop.token, json=deletion)
    )

    response = call(route, bearer=phone.token, json=body)

    assert (response.status, response.code) == (401, "INVALID_TOKEN")
