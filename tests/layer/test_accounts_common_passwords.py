"""Common passwords, and those derived from the user or the product, are refused."""

import tracemalloc
from collections.abc import Callable
from itertools import batched
from typing import Any

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from gatehouse_dev import common_passwords
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People

COMMON = [
    *("password", "password1", "12345678", "123456789", "qwertyuiop", "iloveyou", "1q2w3e4r", "baseball"),
    *("sunshine",),
]


def is_refused(response: Response) -> bool:
    """Return whether the password was refused as weak; no other refusal is allowed."""
    assert response.status in {200, 201, 400}, response.text
    return response.code == "WEAK_PASSWORD"


def test_the_file_is_current() -> None:
    lookup = layer("accounts.common_passwords")

    assert lookup.PATH.read_bytes() == common_passwords.content(lookup.entry)


def test_the_file_holds_both_lists_as_they_can_be_looked_up() -> None:
    lookup = layer("accounts.common_passwords")
    content = lookup.PATH.read_bytes()
    entries = [bytes(entry) for entry in batched(content, lookup.WIDTH, strict=True)]

    assert entries == sorted(set(entries))
    assert len(common_passwords.words()) - 10 < len(entries) < 50_000  # hashes may be the same
    assert len(content) < 250_000


def test_the_first_and_the_last_entry_are_found_and_their_neighbours_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lookup = layer("accounts.common_passwords")
    content = lookup.PATH.read_bytes()
    looked_up = {
        content[: lookup.WIDTH]: True,
        content[-lookup.WIDTH :]: True,
        bytes(lookup.WIDTH): False,
        b"\xff" * lookup.WIDTH: False,
    }

    for entry, found in looked_up.items():
        monkeypatch.setattr(lookup, "entry", lambda _, entry=entry: entry)
        assert lookup.is_common("x") is found


def test_of_each_list_every_password_is_found_and_of_others_none() -> None:
    is_common = layer("accounts.common_passwords").is_common
    words = sorted(common_passwords.words())

    assert all(map(is_common, words[::40]))
    assert not any(is_common(f"{word}\n") for word in words[::40])


def test_a_look_up_reads_no_list_into_memory() -> None:
    is_common = layer("accounts.common_passwords").is_common
    is_common("warm")
    tracemalloc.start()
    try:
        is_common("correct horse battery")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 20_000


def test_the_three_thousand_most_common_passwords_are_refused() -> None:
    """S-03."""
    passwords, weak = layer("accounts.passwords"), layer("errors.accounts").WeakPassword
    chosen = [word for word in FREQUENCY_LISTS["passwords"][:3000] if len(word) >= 8]

    assert len(chosen) > 500
    for word in chosen:
        with pytest.raises(weak):
            passwords.check_new_password(word)


@pytest.mark.parametrize("change_case", [str, str.upper, str.title, str.swapcase])
def test_a_common_password_is_refused_in_any_case(call: Api, change_case: Callable[[str], str]) -> None:
    for word in COMMON:
        response = sign_up(call, "ann@example.com", change_case(word))

        assert (response.status, response.code) == (400, "WEAK_PASSWORD"), word
        assert call.aws_operations == []


@pytest.mark.parametrize("word", ["password1", "QWERTYUIOP", "gatehouse"])
def test_passwords_are_compared_in_nfkc(call: Api, word: str) -> None:
    """Passwords are hashed in NFKC, in which full-width letters equal plain ones."""
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in word)

    assert is_refused(sign_up(call, "ann@example.com", wide))


@pytest.mark.parametrize(
    "password",
    [
        *("gatehouse", "Gatehouse", "GATEHOUSE"),
        *("ann.lovelace@example.com", "Ann.Lovelace@Example.COM", "ann.lovelace", "ANN.LOVELACE"),
        *(
            "Ada Lovelace",
            "ada lovelace",
            "adalovelace",
            "lovelace.ada",
            "Lovelace1815",
            "1815-lovelace!",
            "xxLovelacexx",
        ),
        *("ann.lovelace1815", "123ann.lovelace", "ann.lovelace@example.com1", "Example.com99", "AnnAnnAnn!"),
        *("Gatehouse1", "gatehouse2024!", "123Gatehouse"),
    ],
)
def test_the_users_own_data_are_no_password(call: Api, password: str) -> None:
    """S-03: the product's name, the user's address and name."""
    body = {"email": "ann.lovelace@example.com", "name": " Ada Lovelace ", "password": password}

    for route in ("sign-up/email", "signup", "register"):
        response = call(f"POST /api/auth/{route}", json=body)
        assert (response.status, response.code) == (400, "WEAK_PASSWORD")


def test_the_products_name_is_a_setting(call: Api, settings: Callable[..., None]) -> None:
    settings(product_name="Straße Nine")

    assert is_refused(sign_up(call, "ann@example.com", "STRASSE NINE"))
    assert not is_refused(sign_up(call, "ann@example.com", "gatehouse"))


@pytest.mark.parametrize("password", ["password1", "gatehouse", "ann.lovelace", "ann.lovelace@example.com"])
def test_a_changed_password_follows_the_same_rules(call: Api, people: People, mailbox: Mailbox, password: str) -> None:
    """By reset, whose token the refusal does not consume, and by change."""
    ann = people.signed_in("ann.lovelace")
    token = request_reset(call, mailbox, ann.email)
    sent: dict[str, Any] = {"currentPassword": PASSWORD, "newPassword": password}

    assert is_refused(call("POST /api/auth/change-password", json=sent, bearer=ann.token))
    assert is_refused(reset_password(call, token, password))
    assert sign_in(call, ann.email).status == 200
    assert reset_password(call, token, "a better password").status == 200


def test_a_user_with_an_older_weak_password_can_sign_in(call: Api, people: People) -> None:
    """The list may grow; that locks nobody out."""
    email = people.verified(password="password1")

    assert sign_in(call, email, "password1").status == 200
