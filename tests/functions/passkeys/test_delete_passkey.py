"""POST /api/auth/passkey/delete-passkey: deletes a passkey, but not the last way to sign in."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.passkeys import DELETE, Passkeys
from tests.support.people import Person
from tests.support.tables import rows, tables_unchanged

UNLINK = "POST /api/auth/unlink-account"


def delete(call: Api, person: Person, passkey_id: str) -> Response:
    """Delete a passkey."""
    return call(DELETE, bearer=person.token, json={"id": passkey_id})


def ids(passkeys: Passkeys, person: Person) -> list[str]:
    """Return the ids of a user's passkeys."""
    return [one["id"] for one in passkeys.list(person)]


def test_a_passkey_is_deleted(call: Api, ann: Person, passkeys: Passkeys, cloud: Cloud) -> None:
    passkeys.added(ann)
    response = delete(call, ann, ids(passkeys, ann)[0])

    assert (response.status, response.json) == (200, {"status": True})
    assert passkeys.list(ann) == []
    assert {row["sk"] for row in rows(cloud, "UsersTable")} == {"PROFILE", "EMAIL"}


def test_the_owner_is_told(call: Api, ann: Person, passkeys: Passkeys, mailbox: Mailbox) -> None:
    passkeys.added(ann)
    delete(call, ann, ids(passkeys, ann)[0])

    mail = mailbox.to(ann.email)[-1]
    assert mail.subject == "A sign-in method was removed from your Gatehouse account"
    assert "passkey" in mail.text


def test_a_deleted_passkey_can_be_added_again_by_anybody(
    call: Api, ann: Person, bob: Person, passkeys: Passkeys
) -> None:
    made = passkeys.added(ann)
    delete(call, ann, ids(passkeys, ann)[0])

    assert passkeys.register(bob, made).status == 200
    assert passkeys.sign_in(made).json["user"]["id"] == bob.id


def test_s_67_ghsa_4vcf_q4xf_f48m_another_users_passkey_is_not_found(
    call: Api, ann: Person, bob: Person, passkeys: Passkeys, cloud: Cloud
) -> None:
    passkeys.added(bob)
    (stored,) = ids(passkeys, bob)

    with tables_unchanged(cloud):
        answers = [delete(call, ann, name) for name in (stored, "x" * 43, "", "x" * 5000)]

    assert {(answer.status, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert answers[0].code == "PASSKEY_NOT_FOUND"


def test_the_last_way_to_sign_in_is_kept(call: Api, ann: Person, passkeys: Passkeys) -> None:
    for _ in range(2):
        passkeys.added(ann)
    first, second = ids(passkeys, ann)
    assert call(UNLINK, bearer=ann.token, json={"providerId": "credential"}).status == 200

    assert delete(call, ann, first).status == 200
    response = delete(call, ann, second)

    assert (response.status, response.code) == (400, "FAILED_TO_UNLINK_LAST_ACCOUNT")
    assert ids(passkeys, ann) == [second]


def test_a_passkey_is_enough_to_unlink_the_last_account(call: Api, oauth_flow: OAuthFlow, passkeys: Passkeys) -> None:
    token = token_of(oauth_flow.sign_in())
    person = Person(id="", email="ann@example.com", token=token, cookie="")
    account = call("GET /api/auth/list-accounts", bearer=token).json[0]["id"]
    assert call(UNLINK, bearer=token, json={"accountId": account}).code == "FAILED_TO_UNLINK_LAST_ACCOUNT"
    made = passkeys.added(person)

    assert call(UNLINK, bearer=token, json={"accountId": account}).status == 200
    assert passkeys.sign_in(made).status == 200
    assert call("GET /api/auth/list-accounts", bearer=token).json == []


def test_the_last_way_to_sign_in_is_kept_when_the_other_is_removed_meanwhile(
    call: Api, ann: Person, passkeys: Passkeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    passkeys.added(ann)
    (stored,) = ids(passkeys, ann)
    unlink = lambda: call(UNLINK, bearer=ann.token, json={"providerId": "credential"})  # noqa: E731 -- short
    interleave(monkeypatch, "passkeys.own_passkeys", "transact", unlink)

    assert delete(call, ann, stored).code == "FAILED_TO_UNLINK_LAST_ACCOUNT"
    assert ids(passkeys, ann) == [stored]


def test_of_concurrent_removals_of_the_last_two_ways_one_succeeds(call: Api, ann: Person, passkeys: Passkeys) -> None:
    passkeys.added(ann)
    (stored,) = ids(passkeys, ann)
    requests = [(DELETE, {"id": stored}), (UNLINK, {"providerId": "credential"})] * 2

    responses = run_concurrently(lambda one: call(one[0], bearer=ann.token, json=one[1]), requests)

    assert sum(response.status == 200 for response in responses) == 1
    profile = layer("dynamodb").batch_get(layer("accounts").profile_key(ann.id))[0]
    assert layer("accounts.sign_in_methods").count_sign_in_methods(profile) == 1


def test_a_fresh_session_is_required(
    call: Api, ann: Person, passkeys: Passkeys, advance_clock: Callable[..., None]
) -> None:
    passkeys.added(ann)
    (stored,) = ids(passkeys, ann)
    advance_clock(days=2)

    assert delete(call, ann, stored).code == "SESSION_NOT_FRESH"
