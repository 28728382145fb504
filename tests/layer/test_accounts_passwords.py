"""Passwords: any characters, 8 to 128 of them, stored as Argon2id hashes and never hashed when too long."""

import unicodedata
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import argon2
import pytest

from tests.support.auth_calls import reset_password, sign_in, sign_up, verify
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox

ANN = "ann@example.com"
LONG = "".join(chr(ord("a") + number * number % 97 % 26) for number in range(128))
VALID = [
    *("wjxkqzbn", LONG[:64], LONG, "lowercase", "six of one", "correct horse battery staple"),
    *("🔑🐎🔋📎", "nul\0byte\0", "пароль-пароль", "purple monkey dishwasher", "password1 but longer", "xpassword1"),
    *("Tr0ub4dor&3x", "ann went to example.com", "bob.the.builder"),  # of other users
]


@pytest.mark.parametrize("password", VALID, ids=lambda text: ascii(text[:12]))
def test_any_characters_make_a_password(call: Api, mailbox: Mailbox, password: str) -> None:
    """S-01, S-02: the only other rule is that it must not be common (test_accounts_common_passwords)."""
    assert sign_up(call, ANN, password).status == 200
    verify(call, mailbox.last.token)
    assert sign_in(call, ANN, password).status == 200


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "PASSWORD_TOO_SHORT"),
        ("x" * 7, "PASSWORD_TOO_SHORT"),
        ("🔑🔑🔑", "PASSWORD_TOO_SHORT"),
        ("x" * 129, "PASSWORD_TOO_LONG"),
        ("🔑" * 65, "PASSWORD_TOO_LONG"),
    ],
)
def test_the_length_is_counted_as_in_browsers(call: Api, password: str, code: str) -> None:
    """In UTF-16 code units, as the protocol defines it."""
    for response in (sign_up(call, ANN, password), reset_password(call, "x", password)):
        assert (response.status, response.code) == (400, code)


@pytest.mark.parametrize("length", [129, 10_000, 200_000, 1_000_000])
def test_a_password_that_is_too_long_is_never_hashed(call: Api, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    """S-06: hashing it would allow a denial of service."""

    def hashed(*_: Any) -> None:
        pytest.fail("hashed")

    for name in ("hash_password", "is_correct"):
        monkeypatch.setattr(layer("accounts.passwords"), name, hashed)

    for response in (
        sign_up(call, ANN, "x" * length),
        sign_in(call, ANN, "x" * length),
        reset_password(call, "x", "x" * length),
    ):
        assert (response.status, response.code) in {(400, "PASSWORD_TOO_LONG"), (413, "PAYLOAD_TOO_LARGE")}
        assert call.aws_operations == []


def test_composed_and_decomposed_letters_are_the_same_password(call: Api, mailbox: Mailbox) -> None:
    """S-05: NFKC when a password is set and when it is verified."""
    password = "Zażółć gęślą jaźń"
    sign_up(call, ANN, unicodedata.normalize("NFD", password))
    verify(call, mailbox.last.token)

    assert sign_in(call, ANN, unicodedata.normalize("NFC", password)).status == 200


def test_hashes_are_argon2id_at_the_decided_cost() -> None:
    """S-07, with a fresh copy of the module: other tests hash at the lowest cost."""
    spec = spec_from_file_location("fresh_passwords", layer("accounts.passwords").__file__)
    assert spec
    assert spec.loader
    fresh = module_from_spec(spec)
    spec.loader.exec_module(fresh)

    first, second = fresh.hash_password("correct horse"), fresh.hash_password("correct horse")

    parameters = argon2.extract_parameters(first)
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (parameters.salt_len, parameters.hash_len) == (16, 32)
    assert first != second
    assert fresh.is_correct("correct horse", first)
    assert not fresh.is_correct("correct horse ", first)


@pytest.mark.parametrize("stored", [None, "", "x", "$argon2id$", "$2b$12$abc"])
def test_an_invalid_hash_matches_no_password(stored: str | None) -> None:
    assert layer("accounts.passwords").is_correct("nobody", stored) is False


def test_an_unknown_user_costs_one_hash_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = layer("accounts.passwords")
    passwords.is_correct("warm", None)
    verified: list[str] = []

    class Hasher:
        def verify(self, stored: str, _given: bytes) -> bool:
            verified.append(stored)
            return True

        def check_needs_rehash(self, _stored: str) -> bool:
            return False

    monkeypatch.setattr(passwords, "_hasher", Hasher())

    assert passwords.is_correct("nobody", None) is False
    assert passwords.is_correct("somebody", "stored") is True
    assert verified[0].startswith("$argon2id$")
    assert verified[1:] == ["stored"]
