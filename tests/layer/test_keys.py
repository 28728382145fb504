"""Keys: one secret, one key for each use."""

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis.strategies import binary

from gatehouse_dev.cloud import Cloud
from tests.support.layer import layer


@given(secret=binary(min_size=1, max_size=200), label=binary(max_size=80))
def test_a_key_is_what_hkdf_says(secret: bytes, label: bytes) -> None:
    """RFC 5869, as another implementation has it."""
    expected = HKDF(algorithm=SHA256(), length=32, salt=b"gatehouse", info=label).derive(secret)

    assert layer("keys").derive(secret, label) == expected


def test_a_mac_is_for_one_use_only() -> None:
    keys = layer("keys")
    mac = keys.mac(keys.MAIL, b"message")

    assert keys.matches(keys.MAIL, b"message", mac)
    assert not keys.matches(keys.COOKIE, b"message", mac)
    assert not keys.matches(keys.MAIL, b"massage", mac)
    assert not keys.matches(keys.MAIL, b"message", mac[:-1])
    assert not keys.matches(keys.MAIL, b"message", b"")


@pytest.mark.parametrize("again", [False, True])
def test_the_secret_is_read_once_until_it_is_forgotten(cloud: Cloud, again: bool) -> None:  # noqa: FBT001 -- a case
    keys, manager = layer("keys"), cloud.client("secretsmanager")
    name = layer("config").config().secret
    secret = manager.get_secret_value(SecretId=name)["SecretString"]
    before = keys.mac(keys.MAIL, b"message")
    try:
        manager.put_secret_value(SecretId=name, SecretString="another secret, as long as it has to be")
        if again:
            keys.forget()
        assert (keys.mac(keys.MAIL, b"message") != before) is again
    finally:
        manager.put_secret_value(SecretId=name, SecretString=secret)
        keys.forget()
    assert keys.mac(keys.MAIL, b"message") == before
