"""Folding: spellings that differ in case, composition or width are one."""

from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis.strategies import text

from tests.support.layer import layer


@given(text())
@example("ı\u0308")
@example("i\u0323\u0307")
@example("İ\u0307")
@example("ﷺ´ﬃ")
def test_every_spelling_of_a_text_has_one_folded_form(given_text: str) -> None:
    fold = layer("tasks.folding").fold
    folded = fold(given_text)

    assert fold(folded) == folded
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(normalize(form, given_text)) == folded


@pytest.mark.parametrize("character", [pytest.param(range(0x110000), marks=pytest.mark.slow), range(0x3000)], ids=len)
def test_every_character_folds_as_its_upper_and_lower_case(character: range) -> None:
    fold = layer("tasks.folding").fold

    for letter in map(chr, character):
        folded = fold(letter)
        assert {fold(letter.lower()), fold(letter.upper()), fold(letter.title()), fold(folded)} == {folded}, letter
        assert fold(normalize("NFKD", letter)) == folded, letter
