"""Hashes of imported users: the old password signs them in, and its hash is replaced by one of ours."""

import hashlib
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import argon2
import bcrypt
import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_in
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.tables import all_rows, rows

ANN = "ann@example.com"
PASSWORD = "Correct horse, bättery & stäple 🔑"
LONG = "x" * 60 + "Straße der Pariser Kommune 12"
WRONG = "not the owner's"


def by_bcrypt(password: str, prefix: str = "2b") -> str:
    """Hash as PHP (2y), Devise and Spring (2a) or Python (2b) do; bytes after the 72nd are ignored."""
    stored_hash = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    return f"${prefix}{stored_hash[3:]}"


def by_better_auth(password: str) -> str:
    """Hash as better-auth does: the salt is the text of the hex digits."""
    salt = secrets.token_hex(16)
    normal = unicodedata.normalize("NFKC", password).encode()
    key = hashlib.scrypt(normal, salt=salt.encode(), n=16_384, r=16, p=1, dklen=64, maxmem=1 << 26)
    return f"{salt}:{key.hex()}"


def by_django(password: str, hashed: str = "sha256", rounds: int = 1_000) -> str:
    """Hash as Django does."""
    key = hashlib.pbkdf2_hmac(hashed, password.encode(), b"seasalt", rounds)
    return f"pbkdf2_{hashed}$" + f"{rounds}$seasalt${b64encode(key).decode()}"


def by_argon2(password: str, kind: argon2.Type = argon2.Type.ID, memory: int = 64) -> str:
    """Hash with Argon2 at another cost than ours."""
    return argon2.PasswordHasher(time_cost=3, memory_cost=memory, parallelism=2, type=kind).hash(password)


HASHERS: dict[str, Callable[[str], str]] = {
    "bcrypt 2b": by_bcrypt,
    "bcrypt 2a": lambda password: by_bcrypt(password, "2a"),
    "bcrypt 2y": lambda password: by_bcrypt(password, "2y"),
    "better-auth scrypt": by_better_auth,
    "Django pbkdf2_sha256": by_django,
    "Django pbkdf2_sha1": lambda password: by_django(password, "sha1"),
    "Argon2id": by_argon2,
    "Argon2i": lambda password: by_argon2(password, argon2.Type.I),
    "Argon2d": lambda password: by_argon2(password, argon2.Type.D),
    "Argon2id at a higher cost": lambda password: by_argon2(password, memory=1024),
}
every_hasher = pytest.mark.parametrize("hasher", HASHERS.values(), ids=HASHERS)

# Hashes published by other software, as independent test vectors.
PUBLISHED = {
    "crypt_blowfish": ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    "Spring": ("ππππππππ", "$2a$10$.TtQJ4Jr6isd4Hp.mVfZeuh6Gws4rOQ/vdBczhDx.19NFK0Y84Dle"),
    "Django 3.2": ("lètmein", "pbkdf2_sha256$260000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo="),
}


def import_user(password_hash: str, email: str = ANN, *, verified: bool = True) -> None:
    """Create a user with a hash of another system."""
    user = replace(layer("accounts.lookup").new_user(email, name="Ann"), email_verified=verified)
    table = layer("accounts.table")
    creation = table.create_profile(table.new_profile(user, password_hash))
    layer("dynamodb").transact(*creation, layer("sessions").create_epoch(user.id))


def stored_hash(cloud: Cloud) -> str:
    """Return the hash that is stored now."""
    (row,) = (row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE")
    found: str = row["password_hash"]
    return found


def wrapped(password_hash: str) -> str:
    """As it is stored by the import."""
    found: str = layer("accounts.passwords").wrap_hash(password_hash)
    return found


stored_as = pytest.mark.parametrize("stored_as", [wrapped, str], ids=["wrapped", "as earlier versions"])


def people(cloud: Cloud) -> list[dict[str, Any]]:
    """The rows of users."""
    return [row for row in rows(cloud, "UsersTable") if row["pk"] != "IMPORTED"]


@every_hasher
@stored_as
@pytest.mark.parametrize(
    "password", [PASSWORD, pytest.param(LONG, marks=pytest.mark.slow)], ids=["usual", "over 72 bytes"]
)
def test_the_right_password_signs_in_and_is_rehashed(
    call: Api, cloud: Cloud, hasher: Callable[[str], str], stored_as: Callable[[str], str], password: str
) -> None:
    """S-08; once."""
    import_user(stored_as(hasher(password)))

    response = sign_in(call, ANN, password)

    assert response.status == 200
    assert call.aws_operations == ["BatchGetItem", "BatchGetItem", "PutItem", "UpdateItem"]
    rehashed = stored_hash(cloud)
    assert layer("accounts.passwords").is_current(rehashed)
    assert argon2.extract_parameters(rehashed).type is argon2.Type.ID
    assert call("GET /api/tasks", bearer=response.json["token"]).status == 200
    assert sign_in(call, ANN, password).status == 200
    assert call.aws_operations == ["BatchGetItem", "BatchGetItem", "PutItem"]
    assert sign_in(call, ANN, WRONG).status == 401
    assert stored_hash(cloud) == rehashed


@every_hasher
@stored_as
@pytest.mark.parametrize("verified", [True, pytest.param(False, id="unverified")])
def test_a_wrong_password_and_an_unverified_user_are_refused_and_nothing_changes(
    call: Api,
    cloud: Cloud,
    hasher: Callable[[str], str],
    stored_as: Callable[[str], str],
    verified: bool,  # noqa: FBT001 -- a case
) -> None:
    """S-08. The first failure records the kind of the hash, beside the users."""
    import_user(stored_as(hasher(PASSWORD)), verified=verified)
    begun = people(cloud)
    sign_in(call, ANN, WRONG)
    before = all_rows(cloud)
    assert people(cloud) == begun

    wrong = (WRONG, "", PASSWORD.lower(), PASSWORD[:-1], f"{PASSWORD} ", stored_hash(cloud)) if verified else (WRONG,)
    for password in wrong:
        response = sign_in(call, ANN, password)
        assert (response.status, response.code) in {(401, "INVALID_EMAIL_OR_PASSWORD"), (400, "PASSWORD_TOO_LONG")}
    assert verified or sign_in(call, ANN, PASSWORD).code == "EMAIL_NOT_VERIFIED"

    assert all_rows(cloud) == before


@pytest.mark.parametrize(("password", "published"), PUBLISHED.values(), ids=PUBLISHED)
def test_published_hashes_are_verified(password: str, published: str) -> None:
    passwords = layer("accounts.passwords")

    for stored in (published, wrapped(published)):
        assert layer("accounts.legacy").parse(stored)
        assert passwords.is_correct(password, stored)
        assert not passwords.is_correct(f"{password}x", stored)


def test_bytes_that_bcrypt_ignored_count_after_the_first_sign_in(call: Api) -> None:
    """The rehash covers the whole password."""
    import_user(by_bcrypt(LONG))
    assert sign_in(call, ANN, LONG[:59]).status == 401

    assert sign_in(call, ANN, LONG).status == 200

    assert sign_in(call, ANN, LONG[:-1]).status == 401
    assert sign_in(call, ANN, LONG).status == 200


def test_a_nul_does_not_end_a_password(call: Api) -> None:
    import_user(by_bcrypt("correct\0horse"))

    assert sign_in(call, ANN, "correct").status == 401
    assert sign_in(call, ANN, "correct\0other").status == 401
    assert sign_in(call, ANN, "correct\0horse").status == 200


@every_hasher
@stored_as
@pytest.mark.parametrize("hashed", ["NFC", "NFKC"])
def test_a_password_is_tried_as_it_was_given_and_in_nfkc_form(
    call: Api, hasher: Callable[[str], str], stored_as: Callable[[str], str], hashed: Any
) -> None:
    """S-05: better-auth and new systems hash the NFKC form, older ones what they got."""
    password = "Ｚażółć gęślą jaźń ½"
    import_user(stored_as(hasher(unicodedata.normalize(hashed, password))))

    assert sign_in(call, ANN, unicodedata.normalize("NFC", password)).status == 200


@pytest.mark.parametrize("hasher", [by_better_auth, by_argon2])
def test_composed_and_decomposed_letters_are_the_same_password(call: Api, hasher: Callable[[str], str]) -> None:
    """S-05, as in better-auth."""
    password = "Zażółć gęślą jaźń"
    import_user(hasher(unicodedata.normalize("NFC", password)))

    assert sign_in(call, ANN, unicodedata.normalize("NFD", password)).status == 200


@pytest.mark.parametrize("hasher", [by_bcrypt, by_better_auth, by_django])
def test_what_leaks_of_a_wrapped_hash_is_as_slow_as_ours(hasher: Callable[[str], str]) -> None:
    foreign = layer("accounts.legacy").parse(hasher(PASSWORD))

    stored = wrapped(hasher(PASSWORD))

    assert foreign.digest not in stored
    ours = "$" + stored.rpartition("$$")[2]
    assert layer("accounts.passwords").is_current(ours)
    assert wrapped(stored) == stored


def test_a_reset_during_the_sign_in_is_not_undone(
    call: Api, cloud: Cloud, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It happens after the old password was verified and before its hash is replaced."""
    import_user(by_bcrypt(PASSWORD))
    token = request_reset(call, mailbox, ANN)
    interleave(
        monkeypatch, "accounts.passwords", "hash_password", lambda: reset_password(call, token, "a better password")
    )

    response = sign_in(call, ANN, PASSWORD)

    assert call("GET /api/tasks", bearer=response.json["token"]).status == 401
    assert sign_in(call, ANN, PASSWORD).status == 401
    assert sign_in(call, ANN, "a better password").status == 200
    assert cloud


@pytest.mark.parametrize(
    ("stored_hash", "known"),
    [
        *(
            (text, False)
            for text in ("", "x", "plain text", "5f4dcc3b5aa765d61d8327deb882cf99", "$argon2id", "scrypt$x")
        ),
        *((text, False) for text in ("md5$salt$5f4dcc3b5aa765d61d8327deb882cf99", "{SSHA}x", "$1$abc$x", "$6$salt$x")),
        *(
            (text, False)
            for text in ("$2x$04$" + "a" * 53, "$2b$04$short", "pbkdf2_sha512$1$a$b", "pbkdf2_sha256$x$a$b")
        ),
        *((text, False) for text in ("a" * 32 + ":" + "b" * 127, "A" * 32 + ":" + "b" * 128)),
        *((text, True) for text in ("$2b$99$" + "a" * 53, "$2b$00$" + "a" * 53, "$2b$04$" + "." * 53)),
        *((text, True) for text in ("pbkdf2_sha256$0$seasalt$AAAA", "pbkdf2_sha256$1000$seasalt$====")),
        *((text, True) for text in ("$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA", "$argon2id$x", "0" * 32 + ":" + "0" * 128)),
    ],
    ids=lambda text: str(text)[:16] or "empty",
)
def test_an_invalid_hash_is_refused_and_causes_no_500(
    call: Api,
    stored_hash: str,
    known: bool,  # noqa: FBT001 -- a case
) -> None:
    """The user is refused as for a wrong password, and can reset it."""
    assert known or not layer("accounts.legacy").parse(stored_hash)
    import_user(stored_hash)

    for password in (PASSWORD,) if known else (PASSWORD, stored_hash[:100], "nobody"):
        response = sign_in(call, ANN, password)
        assert (response.status, response.code) == (401, "INVALID_EMAIL_OR_PASSWORD")
