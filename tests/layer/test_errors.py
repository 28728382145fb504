"""The catalogue of errors: each has a code of its own, a status and a sentence."""

import re

import pytest

from gatehouse.errors import Refusal


def every_refusal(kind: type[Refusal] = Refusal) -> list[type[Refusal]]:
    """All refusals, however they descend."""
    return [refusal for child in kind.__subclasses__() for refusal in (child, *every_refusal(child))]


@pytest.mark.parametrize("refusal", every_refusal(), ids=lambda refusal: refusal.__name__)
def test_a_refusal_is_a_status_a_code_and_a_sentence(refusal: type[Refusal]) -> None:
    assert refusal.__doc__
    assert str(refusal()) == refusal.__doc__.strip()
    assert refusal.status >= 400
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", refusal.code)
    assert "code" in vars(refusal)


def test_no_two_refusals_share_a_code() -> None:
    codes = [refusal.code for refusal in every_refusal()]

    assert sorted(codes) == sorted(set(codes))
