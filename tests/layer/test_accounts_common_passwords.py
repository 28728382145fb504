"""Common passwords, and those derived from the user or the product, are refused."""

import gzip
from collections.abc import Callable
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
    stored, expected = common_passwords.PATH.read_bytes(), common_passwords.content()

    assert gzip.decompress(stored) == gzip.decompress(expected)


def test_the_file_has_only_words_that_can_be_looked_up() -> None:
    words = gzip.decompress(common_passwords.PATH.read_bytes()).decode().split("\n")

    assert len(words) > 10_000
    assert words == sorted(set(words))
    assert all(word == word.casefold() and len(word) >= 8 for word in words)


def test_the_three_thousand_most_common_passwords_are_refused() -> None:
    """S-03."""
    passwords, weak = layer("accounts.passwords"), layer("errors").WeakPassword
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
        *("Ada Lovelace", "ada lovelace"),
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


def test_a_user_with_an_older_weak_password_can_sign_in(
    call: Api, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list may grow; that locks nobody out."""
    with monkeypatch.context() as earlier:
        earlier.setattr(layer("accounts.passwords"), "_common_passwords", frozenset)
        email = people.verified(password="password1")

    assert sign_in(call, email, "password1").status == 200
