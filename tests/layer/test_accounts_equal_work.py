"""A wrong password takes the same work whatever hash is behind the address, and whether there is one."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import bcrypt
import pytest
from argon2 import low_level

from gatehouse_dev.cloud import Cloud
from tests.layer.test_accounts_legacy import (
    WRONG,
    by_argon2,
    by_bcrypt,
    by_better_auth,
    by_django,
    import_user,
    wrapped,
)
from tests.support.auth_calls import sign_in, sign_up
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.people import PASSWORD, People
from tests.support.tables import rows

KINDS: dict[str, Callable[[str], str]] = {
    "bcrypt": by_bcrypt,
    "costlier bcrypt": lambda password: bcrypt.hashpw(password.encode(), bcrypt.gensalt(6)).decode(),
    "scrypt": by_better_auth,
    "pbkdf2": by_django,
    "costlier pbkdf2": lambda password: by_django(password, rounds=2_500),
    "pbkdf2 with sha1": lambda password: by_django(password, "sha1"),
    "argon2": by_argon2,
}
SPELLED_TWICE = "not the öwner\u2019s ½"
type Work = Counter[str]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, call: Api) -> Work:
    """The work that was done: rounds, or calls where all are alike."""
    assert call
    done: Work = Counter()
    passwords = layer("accounts.passwords")
    passwords.is_correct("warm", None)
    real, hasher = {"bcrypt": bcrypt.hashpw, "scrypt": hashlib.scrypt, "pbkdf2": hashlib.pbkdf2_hmac}, passwords._hasher
    raw = low_level.hash_secret_raw

    def hashpw(password: bytes, salt: bytes) -> bytes:
        done["bcrypt"] += 2 ** int(salt[4:6])
        found: bytes = real["bcrypt"](password, salt)  # type: ignore[operator]
        return found

    def scrypt(*given: Any, **named: Any) -> bytes:
        done["scrypt"] += 1
        found: bytes = real["scrypt"](*given, **named)  # type: ignore[operator]
        return found

    def pbkdf2(name: str, password: bytes, salt: bytes, rounds: int) -> bytes:
        done[name] += rounds
        found: bytes = real["pbkdf2"](name, password, salt, rounds)  # type: ignore[operator]
        return found

    def other_argon2(*given: Any) -> bytes:
        done["argon2"] += 1
        return raw(*given)

    class Hasher:
        def verify(self, stored: str, secret: bytes) -> bool:
            done["ours"] += 1
            found: bool = hasher.verify(stored, secret)
            return found

        def hash(self, secret: bytes, salt: bytes | None = None) -> str:
            found: str = hasher.hash(secret, salt=salt)
            return found

        def check_needs_rehash(self, stored: str) -> bool:
            found: bool = hasher.check_needs_rehash(stored)
            return found

    monkeypatch.setattr(bcrypt, "hashpw", hashpw)
    monkeypatch.setattr(hashlib, "scrypt", scrypt)
    monkeypatch.setattr(hashlib, "pbkdf2_hmac", pbkdf2)
    monkeypatch.setattr(low_level, "hash_secret_raw", other_argon2)
    monkeypatch.setattr(passwords, "_hasher", Hasher())
    return done


def by_address(call: Api, work: Work, addresses: list[str], password: str) -> dict[str, Work]:
    """What a wrong sign-in takes for each address."""
    found = {}
    for email in addresses:
        work.clear()
        assert sign_in(call, email, password).code == "INVALID_EMAIL_OR_PASSWORD"
        found[email] = Counter(work)
    return found


def costs(cloud: Cloud) -> dict[str, int]:
    """The highest costs, as they are stored."""
    (found,) = (row["costs"] for row in rows(cloud, "UsersTable") if row["pk"] == "IMPORTED")
    kept: dict[str, int] = json.loads(found)
    return kept


@pytest.mark.parametrize("password", [WRONG, SPELLED_TWICE], ids=["one spelling", "two spellings"])
@pytest.mark.parametrize(
    "stored_as",
    [pytest.param(wrapped, id="wrapped"), pytest.param(str, id="as earlier versions", marks=pytest.mark.slow)],
)
def test_a_wrong_password_takes_the_same_work_for_each_address(
    call: Api, people: People, work: Work, stored_as: Callable[[str], str], password: str
) -> None:
    people.verified("own")
    sign_up(call, "waiting@example.com")
    for number, hasher in enumerate(KINDS.values()):
        import_user(stored_as(hasher(PASSWORD)), f"{number}@example.com")
    addresses = [f"{name}@example.com" for name in ("nobody", "own", "waiting", *map(str, range(len(KINDS))))]
    by_address(call, work, addresses, WRONG)  # each kind is known now

    found = by_address(call, work, addresses, password)

    times = 2 if password == SPELLED_TWICE else 1
    alike = {"ours": 1, "bcrypt": 64, "scrypt": 1, "sha256": 2_500, "sha1": 1_000, "argon2": 1}
    assert {email: {kind: done for kind, done in counts.items() if done} for email, counts in found.items()} == {
        email: {kind: times * done for kind, done in alike.items()} for email in addresses
    }


def test_without_imported_hashes_a_wrong_password_takes_one_hash(call: Api, people: People, work: Work) -> None:
    people.verified("own")

    found = by_address(call, work, ["own@example.com", "nobody@example.com"], SPELLED_TWICE)

    assert found == {"own@example.com": {"ours": 1}, "nobody@example.com": {"ours": 1}}


def test_the_right_password_takes_no_more_work_than_its_own(call: Api, people: People, work: Work) -> None:
    email = people.verified("own")
    import_user(wrapped(by_bcrypt(PASSWORD)), "imported@example.com")
    sign_in(call, "imported@example.com", WRONG)

    work.clear()
    assert sign_in(call, email).status == 200
    assert work == {"ours": 1}
    work.clear()
    assert sign_in(call, "imported@example.com").status == 200
    assert work == {"ours": 1, "bcrypt": 16}


def test_a_hash_of_an_earlier_import_is_known_from_the_first_failure_on(call: Api, cloud: Cloud, work: Work) -> None:
    import_user(by_bcrypt(PASSWORD))
    before = by_address(call, work, ["nobody@example.com"], WRONG)

    sign_in(call, "ann@example.com", WRONG)
    after = by_address(call, work, ["nobody@example.com"], WRONG)

    assert before == {"nobody@example.com": {"ours": 1}}
    assert after == {"nobody@example.com": {"ours": 1, "bcrypt": 16}}
    assert costs(cloud) == {"bcrypt": 16}
    assert call.aws_operations.count("UpdateItem") == 0


@pytest.mark.parametrize(
    "stored",
    [
        "$2b$16$" + "O" * 53,
        "pbkdf2_sha256$5000001$salt$AAAA",
        "$argon2id$v=19$m=524288,t=2,p=1$OOOOOOOOOOOOOOOOOOOOOO$AAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_a_hash_that_takes_too_long_slows_nobody_else_down(stored: str) -> None:
    assert layer("accounts.legacy").parse(stored).is_too_costly


def test_two_that_are_recorded_at_once_are_both_recorded(
    call: Api, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call
    hashes, parse = layer("accounts.imported_hashes"), layer("accounts.legacy").parse
    interleave(
        monkeypatch, "accounts.imported_hashes", "_raises", lambda: hashes.record(parse(by_better_auth(PASSWORD)))
    )
    foreign = parse(by_bcrypt(PASSWORD))
    with pytest.raises(layer("dynamodb").ConditionFailed):
        hashes.record(foreign)
    hashes.record(foreign)

    assert costs(cloud) == {"scrypt": 1, "bcrypt": 16}
