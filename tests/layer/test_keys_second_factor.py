"""The keys of second factors: an operator adds one by hand, and every older one goes on working."""

import json
from collections.abc import Callable

import pytest

from tests.support.layer import layer

type SetKeys = Callable[..., None]


@pytest.fixture
def set_keys(call: object, monkeypatch: pytest.MonkeyPatch) -> SetKeys:
    """Set the numbered keys."""
    assert call

    def change(**keys: str) -> None:
        monkeypatch.setattr(layer("keys.second_factor"), "named_secret", lambda _: json.dumps(keys))

    return change


def test_the_key_with_the_highest_number_is_for_what_is_new(set_keys: SetKeys) -> None:
    keys = layer("keys.second_factor")
    set_keys(**{"9": "a" * 32})
    older, mac = keys.seal(b"secret", "ann"), keys.backup_code_mac("code", "ann")
    set_keys(**{"10": "b" * 32, "9": "a" * 32})
    newer, other = keys.seal(b"secret", "ann"), keys.backup_code_mac("code", "ann")

    assert (older.key, newer.key) == ("9", "10")
    assert [keys.unseal(one, "ann") for one in (older, newer)] == [b"secret"] * 2
    assert mac != other
    assert [keys.find_backup_code("code", "ann", {one}) for one in (mac, other)] == [mac, other]


def test_what_belongs_to_one_user_is_nothing_in_the_row_of_another(set_keys: SetKeys) -> None:
    keys = layer("keys.second_factor")
    set_keys(**{"1": "a" * 32})

    assert keys.find_backup_code("code", "bob", {keys.backup_code_mac("code", "ann")}) is None
    with pytest.raises(layer("config").ConfigurationError, match="not the one that sealed"):
        keys.unseal(keys.seal(b"secret", "ann"), "bob")
