"""What an attacker tries first is refused, on a list or not; what people and machines make up otherwise is accepted."""

import random
import string
from pathlib import Path
from typing import Any

import pytest

from tests.support.auth_calls import sign_up
from tests.support.calls import Api
from tests.support.layer import layer

OPENWALL = Path(__file__).with_name("openwall_passwords.txt")  # from none of the sources of our list
LEAST_REFUSED = 0.90  # of it
TRIVIAL = {
    "few distinct characters": "00000000 aaaaaaaa 11111112 xyxyxyyx 10101011 zzzzzzzzzzzzzzzzzzzy ........ яяяяяяяя",
    "repetitions": "abababab 12341234 testtest dogsdogs abc1abc1 jenniferjennifer",
    "runs": "12345678 987654321 abcdefgh hgfedcba 0123456789 13579135 acegikmo 1234abcd aaaabbbb 11223344 "
    " aabbccdd абвгдежз",
    "walks": "qwertyui poiuytrewq asdfghjk asdfjkl; 1qaz2wsx zaq12wsx qazwsxedc 1q2w3e4r q1w2e3r4 a1b2c3d4 qwe123rty "
    "qwer1234 !@#$%^&* !QAZ@WSX qweasdzxc azertyui qwertzui йцукенгш 147258369 QWERTY12",
    "dates": "01011990 19900101 31.12.1999 2024-02-29 20241231",
    "words": "jennifer sunshine princess computer michelle football liverpool changeme starwars trustno1 iloveyou",
    "words with something around": "password2024 Password2024! Summer2024! Welcome1! monkey1985 "
    "123dragon !!letmein!! jennifer12345",
    "words in other letters": "P@ssw0rd P@$$w0rd123 w3lcome1 5unsh1ne!",
}
ACCEPTED = [
    *("lowercase", "correct horse battery staple", "purple monkey dishwasher", "my dog ate the homework", "six of one"),
    *("password1 but longer", "xpassword1", "Tr0ub4dor&3x", "the year was 1984", "call me on monday 12345678"),
    *(
        "пароль-пароль",
        "не говори никому",
        "Zażółć gęślą jaźń",
        "パスワード設定中",
        "🔑🐎🔋📎",
        "🔑 opens 🚪",
        "😀😀😀😀",
    ),
    *("kX9#mQ2$vL", "wjxkqzbn", "7c1f09e2ab", "83920174657", "a" * 20 + "very long sigh", "qwerty is a keyboard"),
]
MOST_OF_RANDOM = {  # per cent of random ones that may be refused
    (string.ascii_lowercase, 8): 0.5,
    (string.ascii_letters + string.digits, 8): 0.5,
    (string.ascii_letters + string.digits, 12): 0.05,
    (string.ascii_letters + string.digits + string.punctuation, 10): 0.05,
    (string.hexdigits[:16], 16): 0.05,
    (string.digits, 8): 6.0,
    (string.digits, 12): 1.0,
}


def is_weak(password: str, *personal: str) -> bool:
    """Whether it is refused."""
    weak: bool = layer("accounts.weak_passwords").is_weak(password, personal)
    return weak


@pytest.mark.parametrize("passwords", TRIVIAL.values(), ids=TRIVIAL)
def test_what_is_trivial_is_refused(call: Api, passwords: str) -> None:
    answers = {password: sign_up(call, "ann@example.com", password) for password in passwords.split()}

    assert [password for password, answer in answers.items() if answer.code != "WEAK_PASSWORD"] == []


def test_blanks_are_refused(call: Api) -> None:
    assert sign_up(call, "ann@example.com", " " * 8).code == "WEAK_PASSWORD"


@pytest.mark.parametrize("password", ACCEPTED, ids=ascii)
def test_what_people_make_up_is_accepted(call: Api, password: str) -> None:
    """S-02: no rule about which characters there must be."""
    assert sign_up(call, "ann@example.com", password).status == 200


def test_most_of_a_list_is_refused_that_ours_was_not_made_from() -> None:
    lines = OPENWALL.read_text(encoding="utf-8").splitlines()
    passwords = [line for line in lines if not line.startswith("# ")]
    refused = [password for password in passwords if is_weak(password)]

    assert len(passwords) > 600
    assert len(refused) / len(passwords) > LEAST_REFUSED


@pytest.mark.parametrize(("characters", "length"), MOST_OF_RANDOM)
def test_what_chance_makes_is_accepted(characters: str, length: int) -> None:
    """Eight digits at random are few enough to look like a date or a walk now and then."""
    chance, tries = random.Random(length), 1_500  # noqa: S311 -- the same each time
    made = ("".join(chance.choices(characters, k=length)) for _ in range(tries))
    refused = [password for password in made if is_weak(password, "Gatehouse", "ann@example.com", "Ada Lovelace")]

    assert 100 * len(refused) / tries <= MOST_OF_RANDOM[characters, length], refused


@pytest.mark.parametrize(
    ("password", "weak"),
    [
        *((text, True) for text in ("Müller99", "mueller.müller", "anna-müller-1", "Example2024", "ANNAANNA7")),
        *((text, False) for text in ("müller mag katzen", "anna went home", "zorkmid9", "Anna#kT7q2")),
    ],
)
def test_what_is_known_of_its_owner_is_refused_with_little_else(password: str, weak: bool) -> None:  # noqa: FBT001 -- a case
    assert is_weak(password, "Gatehouse", "anna.mueller@example.com", "Anna Müller") is weak


def test_a_name_of_two_letters_is_no_name_to_look_for() -> None:
    assert not is_weak("xqjolkwz", "jo@x.io", "Jo Li")


def test_the_longest_password_and_the_longest_name_take_no_time() -> None:
    """Nothing is tried out that grows faster than the text."""
    calls, run_length = [], layer("accounts.weak_passwords")._run_length

    def counted(*given: Any) -> int:
        calls.append(given)
        length: int = run_length(*given)
        return length

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layer("accounts.weak_passwords"), "_run_length", counted)
        longest = "".join(random.Random(1).choices(string.ascii_letters, k=128))  # noqa: S311 -- the same each time
        assert not is_weak(longest, "ab c" * 50)

    assert len(calls) < 128 * 6 * 4
