"""Keys derived from the secret, one for each use."""

from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis.strategies import binary

from tests.support.layer import layer


@given(secret=binary(min_size=1, max_size=200), label=binary(max_size=80))
def test_keys_are_derived_by_hkdf(secret: bytes, label: bytes) -> None:
    """RFC 5869, compared with another implementation."""
    expected = HKDF(algorithm=SHA256(), length=32, salt=b"gatehouse", info=label).derive(secret)
    secrets = layer("keys.secret")

    with patch.object(secrets, "_secret_value", lambda _version: secret):
        assert secrets.derived_key.__wrapped__("version", label) == expected


@pytest.mark.usefixtures("call")
def test_a_mac_is_bound_to_its_use() -> None:
    keys = layer("keys")
    mac = keys.mac(keys.MAIL, b"message")

    assert keys.matches(keys.MAIL, b"message", mac)
    assert not keys.matches(keys.COOKIE, b"message", mac)
    assert not keys.matches(keys.MAIL, b"massage", mac)
    assert not keys.matches(keys.MAIL, b"message", mac[:-1])
    assert not keys.matches(keys.MAIL, b"message", b"")
