"""Which passwords are refused because they are among the first that an attacker tries."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import partial

from gatehouse.accounts.common_passwords import is_common
from gatehouse.accounts.passwords import length

_SHORTEST_UNIT = 8  # characters of a text that may be repeated
_LAST_OF_LISTS = 0xFFFF  # emojis come after it
_FEW = 3  # distinct characters
_MOST_GUESSABLE = 4  # characters beside runs, dates, common passwords and personal words
_SHORTEST_RUN = _SHORTEST_WORD = 3
_LONGEST_STEP = 2  # of a run through the alphabet: 2468, acegik
_ROWS = (
    "1234567890-= qwertyuiop[] asdfghjkl;' zxcvbnm,./",
    "1234567890ß qwertzuiopü+ asdfghjklöä yxcvbnm,.-",
    "1234567890)= azertyuiop^$ qsdfghjklmù wxcvbn,;:!",
    "1234567890-= йцукенгшщзхъ фывапролджэ ячсмитьбю.",
    "789 456 123",
)
_UNSHIFTED = str.maketrans('!@#$%^&*()_+{}:"<>?', "1234567890-=[];',./")
_KEYBOARDS = [
    {key: (column, row) for row, keys in enumerate(rows.split()) for column, key in enumerate(keys)} for rows in _ROWS
]
_YEAR, _MONTH, _DAY = "(19|20)[0-9]{2}", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
_OF_A_YEAR = f"({_MONTH}[-./]?{_DAY}|{_DAY}[-./]?{_MONTH})"
_DATE = re.compile(f"{_YEAR}[-./]?{_OF_A_YEAR}|({_OF_A_YEAR}[-./]?)?{_YEAR}")
_SUBSTITUTES = str.maketrans("@4310$57", "aaeiosst")

type Step = int | tuple[int, int] | None
"""From one character to the next: in the alphabet, or by columns and rows; None where they are no neighbours."""


def is_weak(password: str, personal: Iterable[str]) -> bool:
    """Whether a password is common, or consists of little more than a run, a repetition or one of the `personal` texts.

    Letters of any case and of any width count as the same. A password with an emoji is not weak: attackers' lists have
    none, and the better-auth protocol takes four of the same.
    """
    if any(ord(character) > _LAST_OF_LISTS for character in password):
        return False
    text = _shortest_unit(_folded(password))
    if length(set(text)) <= _FEW or _guessed_characters(text) <= _MOST_GUESSABLE:
        return True
    return _is_personal(text, personal) or _is_common(text)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _shortest_unit(text: str) -> str:
    """Return the text of which this one is a repetition: nothing for a short one, since repeating adds no length."""
    unit = text[: (text + text).find(text, 1)]
    return "" if len(unit) < len(text) and length(unit) < _SHORTEST_UNIT else unit


def _is_personal(text: str, personal: Iterable[str]) -> bool:
    """Whether nearly all of a text, but for marks, is the personal ones or words of them, in any order."""
    known = [_folded(one).strip() for one in personal]
    words = {word for one in known for word in (one, one.partition("@")[0], *re.findall(r"[^\W_]+", one))}
    rest = text
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _SHORTEST_WORD:
            rest = rest.replace(word, "")
    return rest != text and _guessed_characters(re.sub(r"[\W_]", "", rest)) <= _MOST_GUESSABLE


def _is_common(text: str) -> bool:
    """Whether a text is a common password, as it is or with digits and marks around it or in the place of letters."""
    if is_common(text):
        return True
    stem = re.sub(r"[\W\d_]+$", "", text)
    for word in (re.sub(r"^[\W\d_]+", "", stem), stem.translate(_SUBSTITUTES)):
        around = text[: len(stem) - len(word)] + text[len(stem) :]
        if len(word) >= _SHORTEST_WORD and is_common(word) and _guessed_characters(around) <= _MOST_GUESSABLE:
            return True
    return False


def _guessed_characters(text: str) -> int:
    """Count the characters of a text, where each date and each run counts as one. Two runs may take turns: 1q2w3e4r."""
    text = _DATE.sub("\0", text.translate(_UNSHIFTED))
    return min(_pieces(text), _pieces(text[::2]) + _pieces(text[1::2]))


def _pieces(text: str) -> int:
    found = start = 0
    while start < len(text):
        run = max(_run_length(text, start, step) for step in _STEPS)
        is_run = run >= _SHORTEST_RUN
        found += 1 if is_run else length(text[start])
        start += run if is_run else 1
    return found


def _run_length(text: str, start: int, step: Callable[[str, str], Step]) -> int:
    """Return for how many characters the steps from one to the next stay the same."""
    end, first = start + 1, None
    while end < len(text) and (this := step(text[end - 1], text[end])) is not None and first in {None, this}:
        first = this
        end += 1
    return end - start


def _alphabet_step(before: str, after: str) -> Step:
    distance = ord(after) - ord(before)
    return distance if not distance or (abs(distance) <= _LONGEST_STEP and (before + after).isalnum()) else None


def _keyboard_step(keys: dict[str, tuple[int, int]], before: str, after: str) -> Step:
    if before not in keys or after not in keys:
        return None
    (column, row), (next_column, next_row) = keys[before], keys[after]
    step = (next_column - column, next_row - row)
    return step if max(map(abs, step)) <= 1 else None


_STEPS: list[Callable[[str, str], Step]] = [
    _alphabet_step,
    *(partial(_keyboard_step, keyboard) for keyboard in _KEYBOARDS),
]
