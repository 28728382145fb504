"""The session token: user id, session id and secret in one url-safe string."""

import re

import pytest
from hypothesis import given
from hypothesis.strategies import text

from tests.support.layer import layer

USER = "7130a49b-0f0d-43b8-bead-c318ac479dd9"


def test_a_token_is_parsed_as_it_was_created() -> None:
    model = layer("sessions.model")
    token = model.SessionToken.new(USER)

    assert model.SessionToken.parse(str(token)) == token
    assert re.fullmatch(r"[\w-]{101}", str(token), re.ASCII)


def test_a_token_has_256_random_bits() -> None:
    """S-35."""
    tokens = [layer("sessions.model").SessionToken.new(USER) for _ in range(100)]

    assert len({token.secret for token in tokens}) == len({token.session_id for token in tokens}) == 100
    assert {len(token.secret) for token in tokens} == {43}


@given(text(max_size=120))
def test_any_other_text_is_refused(garbage: str) -> None:
    with pytest.raises(layer("errors").InvalidToken):
        layer("sessions.model").SessionToken.parse(garbage)


@pytest.mark.parametrize(
    "change",
    ["{0}\n", " {0}", "{0}x", "{1}", "{0}\0", "../{1}"],
)
def test_a_changed_token_is_refused(change: str) -> None:
    token = str(layer("sessions.model").SessionToken.new(USER))

    with pytest.raises(layer("errors").InvalidToken):
        layer("sessions.model").SessionToken.parse(change.format(token, token[:-1]))


def test_only_the_secret_proves_the_session() -> None:
    model = layer("sessions.model")
    token = model.SessionToken.new(USER)

    token.check(token.digest, None)
    for other, digest in ((model.SessionToken.new(USER), token.digest), (token, b"")):
        with pytest.raises(layer("errors").InvalidToken):
            other.check(digest, None)
