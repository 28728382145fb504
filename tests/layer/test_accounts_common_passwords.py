"""Passwords that many have, or that anybody would try first, are refused; anything else may be chosen."""

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


def is_refused(answer: Response) -> bool:
    """Refused for being weak, and for nothing else."""
    assert answer.status in {200, 201, 400}, answer.text
    return answer.code == "WEAK_PASSWORD"


def test_the_file_is_what_make_passwords_makes() -> None:
    kept, made = common_passwords.PATH.read_bytes(), common_passwords.content()

    assert gzip.decompress(kept) == gzip.decompress(made)


def test_the_file_holds_what_can_be_looked_up_in_it() -> None:
    words = gzip.decompress(common_passwords.PATH.read_bytes()).decode().split("\n")

    assert len(words) > 10_000
    assert words == sorted(set(words))
    assert all(word == word.casefold() and len(word) >= 8 for word in words)


def test_of_the_three_thousand_most_common_none_can_be_chosen() -> None:
    """S-03."""
    passwords, weak = layer("accounts.passwords"), layer("errors").WeakPassword
    chosen = [word for word in FREQUENCY_LISTS["passwords"][:3000] if len(word) >= 8]

    assert len(chosen) > 500
    for word in chosen:
        with pytest.raises(weak):
            passwords.check_new_password(word)


@pytest.mark.parametrize("spell", [str, str.upper, str.title, str.swapcase])
def test_a_common_password_is_refused_however_it_is_spelled(call: Api, spell: Callable[[str], str]) -> None:
    for word in COMMON:
        answer = sign_up(call, "ann@example.com", spell(word))

        assert (answer.status, answer.code) == (400, "WEAK_PASSWORD"), word
        assert call.aws_operations == []


@pytest.mark.parametrize("word", ["password1", "QWERTYUIOP", "gatehouse"])
def test_letters_that_are_kept_as_others_are_compared_as_those(call: Api, word: str) -> None:
    """Hashes are made of the NFKC form, where full-width letters, which many keyboards have, are plain ones."""
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
def test_what_is_known_of_its_owner_is_no_password(call: Api, password: str) -> None:
    """S-03: the product's name, one's own address and one's own name."""
    body = {"email": "ann.lovelace@example.com", "name": " Ada Lovelace ", "password": password}

    for route in ("sign-up/email", "signup", "register"):
        answer = call(f"POST /api/auth/{route}", json=body)
        assert (answer.status, answer.code) == (400, "WEAK_PASSWORD")


def test_the_products_name_is_a_setting(call: Api, settings: Callable[..., None]) -> None:
    settings(product_name="Straße Nine")

    assert is_refused(sign_up(call, "ann@example.com", "STRASSE NINE"))
    assert not is_refused(sign_up(call, "ann@example.com", "gatehouse"))


@pytest.mark.parametrize("password", ["password1", "gatehouse", "ann.lovelace", "ann.lovelace@example.com"])
def test_a_new_password_is_no_weaker(call: Api, people: People, mailbox: Mailbox, password: str) -> None:
    """Neither by reset, which the refusal does not spend, nor by change."""
    ann = people.signed_in("ann.lovelace")
    token = request_reset(call, mailbox, ann.email)
    sent: dict[str, Any] = {"currentPassword": PASSWORD, "newPassword": password}

    assert is_refused(call("POST /api/auth/change-password", json=sent, bearer=ann.token))
    assert is_refused(reset_password(call, token, password))
    assert sign_in(call, ann.email).status == 200
    assert reset_password(call, token, "a better password").status == 200


def test_who_has_a_weak_one_from_before_can_sign_in(call: Api, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list grows; nobody is locked out by that."""
    with monkeypatch.context() as earlier:
        earlier.setattr(layer("accounts.passwords"), "_common_passwords", frozenset)
        email = people.verified(password="password1")

    assert sign_in(call, email, "password1").status == 200
