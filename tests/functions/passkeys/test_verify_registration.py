"""POST /api/auth/passkey/verify-registration: adds a passkey; tests/layer/test_passkeys_registration.py has more."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import cbor2
import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import is_signed_in
from tests.support.authenticator import Authenticator
from tests.support.base64url import encode
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.passkeys import REGISTER, REGISTER_OPTIONS, Passkeys
from tests.support.people import People, Person
from tests.support.tables import rows
from tests.support.two_factor import Enrolled


def test_a_passkey_is_added_and_shown(ann: Person, passkeys: Passkeys) -> None:
    made = Authenticator()
    response = passkeys.register(ann, made, name="  Ann's phone ")

    assert response.cookies == []
    passkey = response.json
    assert cbor2.loads(b64decode(passkey.pop("publicKey"))) == made.key.cose
    assert passkey.pop("createdAt")
    assert len(passkey.pop("id")) == 43
    assert passkey == {
        "name": "Ann's phone",
        "userId": ann.id,
        "credentialID": encode(made.credential_id),
        "counter": 0,
        "deviceType": "multiDevice",
        "backedUp": True,
        "transports": "hybrid,internal",
        "aaguid": "00112233-4455-6677-8899-aabbccddeeff",
        "lastUsedAt": None,
    }
    assert [one["credentialID"] for one in passkeys.list(ann)] == [encode(made.credential_id)]


@pytest.mark.parametrize("name", [None, "", "  "], ids=repr)
def test_a_passkey_needs_no_name(ann: Person, passkeys: Passkeys, name: str | None) -> None:
    assert passkeys.register(ann, Authenticator(), name=name).json["name"] is None


@pytest.mark.parametrize("name", ["x" * 65, "two\nlines", 7], ids=repr)
def test_a_name_is_one_short_line(ann: Person, passkeys: Passkeys, name: object) -> None:
    response = passkeys.register(ann, Authenticator(), name=name)

    assert (response.status, response.code) == (400, "VALIDATION_ERROR")


def test_the_owner_is_told(ann: Person, passkeys: Passkeys, mailbox: Mailbox) -> None:
    passkeys.added(ann)

    mail = mailbox.to(ann.email)[-1]
    assert mail.subject == "A sign-in method was added to your Gatehouse account"
    assert "passkey" in mail.text


def test_a_session_can_be_opened_along_with_it(call: Api, ann: Person, passkeys: Passkeys, cloud: Cloud) -> None:
    response = passkeys.register(ann, Authenticator(), createSession=True)

    session = response.json["session"]
    assert (response.json["user"]["id"], session["userId"]) == (ann.id, ann.id)
    assert response.cookies[0].startswith(f"__Secure-better-auth.session_token={session['token']}.")
    assert call("GET /api/auth/me", bearer=session["token"]).status == 200
    assert is_signed_in(call, ann)
    assert len([row for row in rows(cloud, "SessionsTable") if "secret_hash" in row]) == 2


def test_a_passkey_belongs_to_one_user(ann: Person, bob: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)
    for person in (bob, ann):
        response = passkeys.register(person, made)
        assert (response.status, response.code) == (400, "PREVIOUSLY_REGISTERED")
    assert passkeys.list(bob) == []
    assert len(passkeys.list(ann)) == 1


def test_of_concurrent_registrations_of_one_credential_one_succeeds(
    call: Api, people: People, passkeys: Passkeys
) -> None:
    made = Authenticator()
    everybody = [people.signed_in(name) for name in ("ann", "bob", "cat", "dan")]
    sent = [(person, made.register(passkeys.register_options(person))) for person in everybody]

    responses = run_concurrently(lambda one: call(REGISTER, bearer=one[0].token, json={"response": one[1]}), sent)

    assert sorted(response.status for response in responses) == [200, 400, 400, 400]
    assert sum(len(passkeys.list(person)) for person in everybody) == 1


def test_a_user_has_twenty_passkeys_at_most(call: Api, ann: Person, passkeys: Passkeys) -> None:
    for _ in range(19):
        passkeys.added(ann)
    sent = [Authenticator().register(passkeys.register_options(ann)) for _ in range(3)]

    responses = run_concurrently(lambda one: call(REGISTER, bearer=ann.token, json={"response": one}), sent)

    assert sorted(response.status for response in responses) == [200, 409, 409]
    assert {response.code for response in responses} == {None, "PASSKEY_LIMIT_REACHED"}
    assert len(passkeys.list(ann)) == 20
    with pytest.raises(AssertionError, match="PASSKEY_LIMIT_REACHED"):
        passkeys.register_options(ann)


def test_a_fresh_session_is_required(
    call: Api, ann: Person, passkeys: Passkeys, advance_clock: Callable[..., None]
) -> None:
    advance_clock(days=1, seconds=-10)
    sent = Authenticator().register(passkeys.register_options(ann))
    advance_clock(seconds=20)

    assert call(REGISTER, bearer=ann.token, json={"response": sent}).code == "SESSION_NOT_FRESH"


def end_all(call: Api, person: Person) -> None:
    """End all sessions of a user: somebody with a stolen one must not keep a way in."""
    assert call("POST /api/auth/revoke-sessions", bearer=person.token).status == 200


def end_others(call: Api, person: Person) -> None:
    """End all sessions of a user but one."""
    assert call("POST /api/auth/revoke-other-sessions", bearer=person.token).status == 200


def disable(_call: Api, person: Person) -> None:
    """Disable a user."""
    layer("accounts.changes").set_disabled(person.id, disabled=True)


@pytest.mark.parametrize(
    ("meanwhile", "answer"),
    [(end_all, (401, "INVALID_TOKEN")), (end_others, (200, None)), (disable, (401, "INVALID_TOKEN"))],
)
def test_what_happens_to_the_account_meanwhile_counts(  # noqa: PLR0917 -- five fixtures, two columns
    call: Api,
    ann: Person,
    passkeys: Passkeys,
    monkeypatch: pytest.MonkeyPatch,
    cloud: Cloud,
    meanwhile: Callable[[Api, Person], None],
    answer: tuple[int, str | None],
) -> None:
    sent = Authenticator().register(passkeys.register_options(ann))
    interleave(monkeypatch, "passkeys.registration", "transact", lambda: meanwhile(call, ann))

    response = call(REGISTER, bearer=ann.token, json={"response": sent})

    assert (response.status, response.code) == answer
    assert len([row for row in rows(cloud, "UsersTable") if row["sk"] == "PASSKEY"]) == (response.status == 200)


def test_a_session_that_ends_between_two_attempts_adds_nothing(
    call: Api, ann: Person, passkeys: Passkeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Authenticator().register(passkeys.register_options(ann))
    interleave(monkeypatch, "passkeys.registration", "transact", lambda: end_others(call, ann))
    interleave(monkeypatch, "accounts.lookup", "find_profile", lambda: end_all(call, ann))

    assert call(REGISTER, bearer=ann.token, json={"response": sent}).code == "INVALID_TOKEN"


@pytest.mark.parametrize("part", ["id", "rawId", "type", "response"])
def test_a_response_has_all_parts(call: Api, ann: Person, passkeys: Passkeys, part: str) -> None:
    sent = Authenticator().register(passkeys.register_options(ann))

    wrong: list[Any] = [None, 7, []]
    for value in wrong:
        response = call(REGISTER, bearer=ann.token, json={"response": sent | {part: value}})
        assert (response.status, response.code) == (400, "VALIDATION_ERROR")


def test_a_large_response_is_not_parsed(ann: Person, passkeys: Passkeys) -> None:
    sent = Authenticator(change_attestation=lambda made: made | {"x": b"x" * 40_000})
    response = passkeys.register(ann, sent)

    assert (response.status, response.code) == (413, "PAYLOAD_TOO_LARGE")


def test_a_session_without_the_second_factor_of_its_user_adds_none(call: Api, people: People) -> None:
    """A passkey stands for both factors: one that such a session added would walk around the second."""
    older = people.signed_in()
    enrolled = Enrolled(call, people.sign_in(older.email))

    assert call(REGISTER_OPTIONS, bearer=older.token).code == "TWO_FACTOR_REQUIRED"
    sent = Authenticator().register(call(REGISTER_OPTIONS, bearer=enrolled.token).json)
    assert call(REGISTER, bearer=older.token, json={"response": sent}).code == "TWO_FACTOR_REQUIRED"


def test_where_all_need_a_second_factor_a_passkey_is_one(
    call: Api, people: People, settings: Callable[..., None]
) -> None:
    settings(require_two_factor="all")
    person = people.signed_in()
    assert call("GET /api/tasks", bearer=person.token).code == "TWO_FACTOR_REQUIRED"

    Passkeys(call=call).added(person)

    assert call("GET /api/tasks", bearer=person.token).status == 200
