"""POST /api/auth/passkey/update-passkey: renames a passkey."""

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.passkeys import DELETE, UPDATE, Passkeys
from tests.support.people import Person
from tests.support.tables import tables_unchanged


def test_a_passkey_is_renamed(call: Api, ann: Person, passkeys: Passkeys) -> None:
    passkeys.added(ann)
    (before,) = passkeys.list(ann)

    response = call(UPDATE, bearer=ann.token, json={"id": before["id"], "name": " Office key "})

    assert response.json == {"passkey": before | {"name": "Office key"}}
    assert passkeys.list(ann) == [before | {"name": "Office key"}]


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "two\nlines", None, 7], ids=repr)
def test_a_name_is_one_short_line(call: Api, ann: Person, passkeys: Passkeys, name: object) -> None:
    passkeys.added(ann)
    (stored,) = passkeys.list(ann)
    response = call(UPDATE, bearer=ann.token, json={"id": stored["id"], "name": name})

    assert (response.status, response.code) == (400, "VALIDATION_ERROR")


def test_s_67_another_users_passkey_is_not_found(
    call: Api, ann: Person, bob: Person, passkeys: Passkeys, cloud: Cloud
) -> None:
    passkeys.added(bob)
    (stored,) = passkeys.list(bob)

    with tables_unchanged(cloud):
        answers = [
            call(UPDATE, bearer=ann.token, json={"id": name, "name": "x"})
            for name in (stored["id"], "x" * 43, "", "a/b")
        ]

    assert {(answer.status, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert answers[0].code == "PASSKEY_NOT_FOUND"


def test_a_passkey_that_is_deleted_meanwhile_does_not_come_back(
    call: Api, ann: Person, passkeys: Passkeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    passkeys.added(ann)
    (stored,) = passkeys.list(ann)
    interleave(
        monkeypatch,
        "passkeys.own_passkeys",
        "conditional_write",
        lambda: call(DELETE, bearer=ann.token, json={"id": stored["id"]}),
    )

    response = call(UPDATE, bearer=ann.token, json={"id": stored["id"], "name": "x"})

    assert (response.status, response.code) == (404, "PASSKEY_NOT_FOUND")
    assert passkeys.list(ann) == []
