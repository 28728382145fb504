"""Challenges work once, in time, for one ceremony, and in the browser that has their cookie."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.authenticator import Authenticator, Es256, Json
from tests.support.base64url import decode, encode
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.layer import layer
from tests.support.passkeys import (
    COOKIE,
    REGISTER,
    REGISTER_OPTIONS,
    SIGN_IN,
    SIGN_IN_OPTIONS,
    Passkeys,
    as_browser,
    cookie_of,
)
from tests.support.people import People, Person
from tests.support.tables import rows

NOT_FOUND = (400, "CHALLENGE_NOT_FOUND")


def answer(response: Response) -> tuple[int, str | None]:
    """Return status and code."""
    return response.status, response.code


def sign_in(call: Api, made: Authenticator, options: Json, **sent: Any) -> Response:
    """Sign in with the challenge of these options."""
    return call(SIGN_IN, json={"response": made.authenticate(options)}, **sent)


def test_of_twenty_concurrent_redemptions_one_opens_a_session(
    call: Api, ann: Person, passkeys: Passkeys, cloud: Cloud
) -> None:
    sent = passkeys.added(ann).authenticate(passkeys.options())
    before = sum("secret_hash" in row for row in rows(cloud, "SessionsTable"))

    responses = run_concurrently(lambda _: call(SIGN_IN, json={"response": sent}), range(20))

    assert sorted(response.status for response in responses) == [200] + [400] * 19
    assert {response.code for response in responses} == {None, "CHALLENGE_NOT_FOUND"}
    assert sum("secret_hash" in row for row in rows(cloud, "SessionsTable")) == before + 1


def test_of_twenty_concurrent_registrations_one_adds_a_passkey(call: Api, ann: Person, passkeys: Passkeys) -> None:
    options = passkeys.register_options(ann)
    sent = [Authenticator().register(options) for _ in range(20)]

    responses = run_concurrently(lambda one: call(REGISTER, bearer=ann.token, json={"response": one}), sent)

    assert sorted(response.status for response in responses) == [200] + [400] * 19
    assert len(passkeys.list(ann)) == 1


def test_a_failing_call_uses_up_the_challenge(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made, options = passkeys.added(ann), passkeys.options()
    forged = Authenticator(key=Es256(), credential_id=made.credential_id)

    assert sign_in(call, forged, options).status == 401
    assert answer(sign_in(call, made, options)) == NOT_FOUND


def test_a_failing_registration_uses_up_the_challenge(call: Api, ann: Person, passkeys: Passkeys) -> None:
    options = passkeys.register_options(ann)
    for made, expected in ((Authenticator(origin="https://evil.example"), 400), (Authenticator(), 400)):
        response = call(REGISTER, bearer=ann.token, json={"response": made.register(options)})
        assert response.status == expected
    assert answer(response) == NOT_FOUND


def test_a_challenge_ends_after_five_minutes(
    call: Api, ann: Person, passkeys: Passkeys, advance_clock: Callable[..., None]
) -> None:
    made, first, second = passkeys.added(ann), passkeys.options(), passkeys.options()
    advance_clock(minutes=5, seconds=-2)
    assert sign_in(call, made, first).status == 200

    advance_clock(seconds=2)
    assert answer(sign_in(call, made, second)) == NOT_FOUND


def test_a_used_challenge_is_remembered_longer_than_it_works(ann: Person, passkeys: Passkeys, cloud: Cloud) -> None:
    passkeys.sign_in(passkeys.added(ann))

    used = [row for row in rows(cloud, "TokensTable") if row["purpose"] == "used-challenge"]
    latest = layer("clock").now() + timedelta(minutes=5)
    assert len(used) == 2
    assert all(int(row["delete_at"]) > latest.timestamp() for row in used)


@pytest.mark.parametrize("position", [0, 11, 12, 15, 16, 31])
def test_a_changed_challenge_is_none_of_ours(call: Api, ann: Person, passkeys: Passkeys, position: int) -> None:
    made, options = passkeys.added(ann), passkeys.options()
    challenge = bytearray(decode(options["challenge"]))
    challenge[position] ^= 1

    assert answer(sign_in(call, made, options | {"challenge": encode(bytes(challenge))})) == NOT_FOUND


@pytest.mark.parametrize("challenge", ["", "x", "!", "x" * 43, "A" * 43, encode(b"\xff" * 32), "x" * 9000, 7, None])
def test_anything_else_is_no_challenge(call: Api, ann: Person, passkeys: Passkeys, challenge: Any) -> None:
    assert answer(sign_in(call, passkeys.added(ann), passkeys.options() | {"challenge": challenge})) == NOT_FOUND


@pytest.mark.parametrize("client_data", [b"", b"{", b"[]", b"7", b"\xff", b"{}", b"[" * 15_000, "é".encode("utf-16")])
def test_client_data_without_a_challenge_has_none(call: Api, client_data: bytes) -> None:
    response = Authenticator(change_client_data=lambda _: client_data).authenticate({"challenge": "", "rpId": "x"})

    assert answer(call(SIGN_IN, json={"response": response})) == NOT_FOUND


def test_a_challenge_is_for_one_ceremony(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)
    for_registration = passkeys.register_options(ann)
    assert answer(sign_in(call, made, passkeys.options() | {"challenge": for_registration["challenge"]})) == NOT_FOUND

    swapped = for_registration | {"challenge": passkeys.options(bearer=ann.token)["challenge"]}
    response = call(REGISTER, bearer=ann.token, json={"response": Authenticator().register(swapped)})
    assert answer(response) == NOT_FOUND


def test_the_challenge_of_a_registration_is_for_one_user(
    call: Api, ann: Person, bob: Person, passkeys: Passkeys
) -> None:
    sent = Authenticator().register(passkeys.register_options(ann))

    assert answer(call(REGISTER, bearer=bob.token, json={"response": sent})) == NOT_FOUND
    assert passkeys.list(bob) == []


# -- In browsers ------------------------------------------------------------------------------------------


def test_a_browser_needs_the_challenge_to_be_its_own(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)
    theirs, own = call(SIGN_IN_OPTIONS), call(SIGN_IN_OPTIONS)
    browser = as_browser(cookie_of(own))

    assert answer(sign_in(call, made, theirs.json, **browser)) == NOT_FOUND
    assert sign_in(call, made, own.json, **browser).status == 200


def test_tabs_may_each_wait_for_a_passkey(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)
    tabs = [call(SIGN_IN_OPTIONS)]
    for _ in range(5):
        tabs.append(call(SIGN_IN_OPTIONS, cookies=[cookie_of(tabs[-1])]))
    browser = as_browser(cookie_of(tabs[-1]))

    assert [sign_in(call, made, tab.json, **browser).status for tab in tabs] == [400, 200, 200, 200, 200, 200]


@pytest.mark.parametrize("cookie", ["x", "x.y", "%7E", "~~~"])
def test_a_cookie_of_another_form_is_no_challenge(call: Api, ann: Person, passkeys: Passkeys, cookie: str) -> None:
    browser = as_browser(f"{COOKIE}={cookie}")

    assert answer(sign_in(call, passkeys.added(ann), passkeys.options(), **browser)) == NOT_FOUND


def test_a_cookie_with_another_signature_has_no_challenge(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made, options = passkeys.added(ann), passkeys.options()
    browser = as_browser(f"{COOKIE}={options['challenge']}:.{'A' * 43}%3D")

    assert answer(sign_in(call, made, options, **browser)) == NOT_FOUND


def test_the_cookie_of_a_registration_names_the_user(call: Api, people: People) -> None:
    """Who signed in as somebody else meanwhile is told so."""
    ann, bob = people.signed_in("ann"), people.signed_in("bob")
    begun = call(REGISTER_OPTIONS, bearer=ann.token)
    sent = {"response": Authenticator().register(begun.json)}
    headers = as_browser(cookie_of(begun))
    headers["cookies"].append(bob.cookie)

    response = call(REGISTER, json=sent, **headers)

    assert answer(response) == (401, "YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY")
    assert answer(call(REGISTER, bearer=ann.token, json=sent)) == NOT_FOUND  # used up


def test_the_cookie_of_a_registration_signs_nobody_in(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)
    begun = call(REGISTER_OPTIONS, bearer=ann.token)
    options = passkeys.options() | {"challenge": begun.json["challenge"]}

    assert answer(sign_in(call, made, options, **as_browser(cookie_of(begun)))) == NOT_FOUND


def test_challenges_end_with_the_key_that_made_them(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made, options = passkeys.added(ann), passkeys.options()
    layer("keys.rotation").rotate_immediately()
    layer("keys").refresh()

    assert answer(sign_in(call, made, options)) == NOT_FOUND
