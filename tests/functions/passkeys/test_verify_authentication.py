"""POST /api/auth/passkey/verify-authentication: signs in; tests/layer/test_passkeys_authentication.py has more."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.audit_trail import audit_events
from tests.support.auth_calls import is_signed_in
from tests.support.authenticator import BE, ORIGIN, UP, UV
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.passkeys import SIGN_IN, Passkeys, as_browser
from tests.support.people import People, Person
from tests.support.tables import rows

LIST = "GET /api/auth/list-sessions"  # needs a fresh session


def sessions(cloud: Cloud) -> int:
    """Return the number of stored sessions."""
    return sum("secret_hash" in row for row in rows(cloud, "SessionsTable"))


def test_a_passkey_opens_a_session(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)
    response = passkeys.sign_in(made)

    body = response.json
    assert set(body) == {"session", "user"}
    assert (body["user"]["id"], body["session"]["userId"]) == (ann.id, ann.id)
    assert body["session"]["token"] != ann.token
    assert response.headers["set-auth-token"].partition(".")[0] == body["session"]["token"]
    assert any(f"session_token={body['session']['token']}." in cookie for cookie in response.cookies)
    assert call(LIST, bearer=body["session"]["token"]).status == 200
    assert is_signed_in(call, ann)


def test_the_use_of_a_passkey_is_stored(ann: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann, counts=True)
    assert passkeys.sign_in(replace(made, flags=UP | UV | BE)).status == 200

    (stored,) = passkeys.list(ann)
    assert (stored["counter"], stored["backedUp"]) == (1, False)
    assert stored["lastUsedAt"] > stored["createdAt"]


def test_the_cookie_is_signed_by_the_newest_key(
    call: Api, ann: Person, passkeys: Passkeys, advance_clock: Callable[..., None]
) -> None:
    """The keyring comes with the passkey: the process may have read it before an emergency."""
    made, options = passkeys.added(ann), passkeys.options()
    layer("keys.rotation").rotate_immediately()

    cookie = call(SIGN_IN, json={"response": made.authenticate(options)}).cookies[0].partition(";")[0]

    advance_clock(seconds=10)
    assert call("GET /api/auth/get-session", cookies=[cookie]).json["user"]["id"] == ann.id


def test_a_browser_signs_in_with_the_cookie_of_its_challenge(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)
    begun = call("GET /api/auth/passkey/generate-authenticate-options")
    cookie = begun.cookies[0].partition(";")[0]

    response = call(SIGN_IN, json={"response": made.authenticate(begun.json)}, **as_browser(cookie))

    assert response.status == 200
    assert any("session_token=" in cookie for cookie in response.cookies)


def test_its_browser_is_a_known_device_where_sign_ins_are_limited(
    ann: Person, passkeys: Passkeys, settings: Callable[..., None]
) -> None:
    made = passkeys.added(ann)
    settings(rate_limits="on")

    assert any("gatehouse.device=" in cookie for cookie in passkeys.sign_in(made).cookies)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
        {"referer": "https://evil.example/page"},
    ],
    ids=str,
)
def test_another_site_signs_nobody_in(
    call: Api, ann: Person, passkeys: Passkeys, cloud: Cloud, headers: dict[str, str]
) -> None:
    """Login CSRF: an attacker has a challenge and an answer of their own, but their page cannot send them."""
    sent = passkeys.added(ann).authenticate(passkeys.options())
    before = sessions(cloud)

    response = call(SIGN_IN, json={"response": sent}, headers=headers)

    assert (response.status, sessions(cloud)) == (403, before)
    assert call(SIGN_IN, json={"response": sent}, headers={"origin": ORIGIN}).status == 200  # unused


def test_the_answer_of_a_disabled_user_is_that_of_an_unknown_passkey(
    ann: Person, passkeys: Passkeys, cloud: Cloud
) -> None:
    made = passkeys.added(ann)
    layer("accounts.changes").set_disabled(ann.id, disabled=True)
    before = sessions(cloud)

    response, unknown = passkeys.sign_in(made), passkeys.sign_in(replace(made, credential_id=b"x"))

    assert (response.status, response.code) == (401, "AUTHENTICATION_FAILED")
    assert response.text == unknown.text
    assert sessions(cloud) == before


def test_a_deleted_passkey_signs_nobody_in(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)
    (stored,) = passkeys.list(ann)
    call("POST /api/auth/passkey/delete-passkey", bearer=ann.token, json={"id": stored["id"]})

    assert passkeys.sign_in(made).status == 401


def test_a_passkey_that_is_deleted_meanwhile_signs_nobody_in(
    call: Api, ann: Person, passkeys: Passkeys, monkeypatch: pytest.MonkeyPatch, cloud: Cloud
) -> None:
    made = passkeys.added(ann)
    (stored,) = passkeys.list(ann)
    before = sessions(cloud)
    interleave(
        monkeypatch,
        "passkeys.authentication",
        "open_session_with_both_factors",
        lambda: call("POST /api/auth/passkey/delete-passkey", bearer=ann.token, json={"id": stored["id"]}),
    )

    response = passkeys.sign_in(made)

    assert (response.status, response.code, sessions(cloud)) == (400, "AUTHENTICATION_FAILED", before)


def test_a_passkey_that_its_users_profile_has_not_signs_nobody_in(ann: Person, passkeys: Passkeys) -> None:
    """Rows that were left behind open nothing."""
    made = passkeys.added(ann)
    table = layer("accounts.table")
    table.ProfileRow(*table.profile_key(ann.id)[1:]).update([table.ProfileRow.passkeys.remove()])

    assert passkeys.sign_in(made).status == 401


def test_of_two_answers_with_one_counter_one_signs_in(
    call: Api, ann: Person, passkeys: Passkeys, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has a copy of the authenticator is refused, even at the same moment."""
    made = passkeys.added(ann, counter=7)
    first, second = (replace(made, counter=8).authenticate(passkeys.options()) for _ in range(2))
    before, winners = sessions(cloud), []
    win = lambda: winners.append(call(SIGN_IN, json={"response": first}).status)  # noqa: E731 -- short
    interleave(monkeypatch, "passkeys.authentication", "open_session_with_both_factors", win)

    response = call(SIGN_IN, json={"response": second})

    assert (winners, response.status, response.code) == ([200], 400, "AUTHENTICATION_FAILED")
    assert sessions(cloud) == before + 1


@pytest.mark.parametrize("counter", [7, 6, 0])
def test_a_counter_that_does_not_grow_is_recorded(  # noqa: PLR0917 -- five fixtures and a case
    ann: Person,
    passkeys: Passkeys,
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    counter: int,
) -> None:
    made = passkeys.added(ann, counter=7)
    capsys.readouterr()

    assert passkeys.sign_in(replace(made, counter=counter)).status == 400

    assert "PasskeyCloned" in capsys.readouterr().out
    assert "passkey counter too low" in caplog.messages
    assert audit_events(cloud, ann.id) == [("passkey counter too low", "verify_authentication")]


def test_another_device_is_told_of_where_that_is_set(
    ann: Person, passkeys: Passkeys, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    settings(notify_new_device="true")
    passkeys.sign_in(passkeys.added(ann))

    assert "sign-in" in mailbox.to(ann.email)[-1].subject.lower()


# -- User handles ------------------------------------------------------------------------------------------


def test_a_passkey_from_elsewhere_has_its_own_handle(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)
    (stored,) = passkeys.list(ann)
    table = layer("passkeys.table")
    row = table.PasskeyRow(*table.passkey_key(stored["id"])[1:])
    row.update([table.PasskeyRow.user_handle.set(b"of another system")])

    assert passkeys.sign_in(replace(made, user_handle=b"of another system")).json["user"]["id"] == ann.id
    assert call.aws_operations == ["PutItem", "BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    assert passkeys.sign_in(replace(made, user_handle=b"of a third one")).status == 401


def test_the_handle_of_another_user_is_refused(people: People, passkeys: Passkeys) -> None:
    ann, bob = people.signed_in("ann"), people.signed_in("bob")
    made = passkeys.added(ann)

    assert passkeys.sign_in(replace(made, user_handle=bob.id.encode())).status == 401


@pytest.mark.parametrize("part", ["id", "rawId", "type", "response"])
def test_a_response_has_all_parts(call: Api, ann: Person, passkeys: Passkeys, part: str) -> None:
    sent = passkeys.added(ann).authenticate(passkeys.options())

    wrong: list[Any] = [None, 7, []]
    for value in wrong:
        response = call(SIGN_IN, json={"response": sent | {part: value}})
        assert (response.status, response.code) == (400, "VALIDATION_ERROR")


def test_sign_ins_are_limited_by_address(
    call: Api, ann: Person, passkeys: Passkeys, settings: Callable[..., None]
) -> None:
    made = passkeys.added(ann)
    settings(rate_limits="on", rate_limit_sign_in="2/10")

    responses = [passkeys.sign_in(made, ip="198.51.100.1") for _ in range(3)]

    assert [response.status for response in responses] == [200, 200, 429]
    assert passkeys.sign_in(made, ip="198.51.100.2").status == 200
    assert call.aws_operations.count("UpdateItem") == 1
