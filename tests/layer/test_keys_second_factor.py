"""The keys of second factors: an operator adds one by hand, and every older one goes on working."""

import json
from collections.abc import Callable

import pytest

from tests.support.layer import layer

type SetKeys = Callable[..., None]


@pytest.fixture
def set_keys(call: object, monkeypatch: pytest.MonkeyPatch) -> SetKeys:
    """Set the numbered keys, or another text of the secret."""
    assert call

    def change(keys: dict[str, str] | str) -> None:
        text = keys if isinstance(keys, str) else json.dumps(keys)
        monkeypatch.setattr(layer("keys.second_factor"), "named_secret", lambda _: text)

    return change


def test_the_key_with_the_highest_number_is_for_what_is_new(set_keys: SetKeys) -> None:
    keys = layer("keys.second_factor")
    set_keys({"9": "a" * 32})
    older, mac = keys.seal(b"secret", "ann"), keys.backup_code_macs("code", "ann")
    set_keys({"10": "b" * 32, "9": "a" * 32})
    newer, macs = keys.seal(b"secret", "ann"), keys.backup_code_macs("code", "ann")

    assert (older.key, newer.key) == ("9", "10")
    assert [keys.unseal(one, "ann") for one in (older, newer)] == [b"secret"] * 2
    assert macs == [macs[0], *mac]
    assert len(set(macs)) == 2


def test_what_belongs_to_one_user_is_nothing_in_the_row_of_another(set_keys: SetKeys) -> None:
    keys = layer("keys.second_factor")
    set_keys({"1": "a" * 32})

    assert keys.backup_code_macs("code", "ann") != keys.backup_code_macs("code", "bob")
    with pytest.raises(layer("config").ConfigurationError, match="missing"):
        keys.unseal(keys.seal(b"secret", "ann"), "bob")


def test_the_key_of_a_secret_must_not_be_removed(set_keys: SetKeys) -> None:
    keys = layer("keys.second_factor")
    set_keys({"1": "a" * 32})
    sealed = keys.seal(b"secret", "ann")
    set_keys({"2": "b" * 32})

    with pytest.raises(layer("config").ConfigurationError, match="missing"):
        keys.unseal(sealed, "ann")


@pytest.mark.parametrize("text", ["", "a" * 32, "[]", '"x"', '{"a": "b"}', '{"1": 7}'])
def test_a_secret_of_another_form_is_refused(set_keys: SetKeys, text: str) -> None:
    set_keys(text)

    with pytest.raises(layer("config").ConfigurationError, match="JSON object"):
        layer("keys.second_factor").seal(b"secret", "ann")
