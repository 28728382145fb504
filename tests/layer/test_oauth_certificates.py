"""Whom a provider's connection believes: whom the system's authorities vouch for, under the name that was called."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.support.layer import layer
from tests.transport.botocores import told
from tests.transport.server import says
from tests.transport.test_wire_trust import certificate, encrypted

LOCALHOST = x509.DNSName("localhost")


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    """The authorities are read once in a process."""
    fetch = layer("oauth.fetch")
    fetch._pool.cache_clear()
    yield
    fetch._pool.cache_clear()


def asked(shown: Path, believed: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is fetched of a server that shows one certificate where another is the system's only authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(believed))
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    with encrypted(shown) as server:
        server.acts = [says(told({"keys": []}))]
        return layer("oauth.fetch").fetch(server.url, seconds=2.0)


def test_who_is_vouched_for_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = certificate(tmp_path, LOCALHOST)

    assert asked(here, here, monkeypatch) == (200, {"keys": []})


@pytest.mark.parametrize("name", ["localhost", "elsewhere.example.com"])
def test_nobody_else_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Neither a stranger nor somebody of another name."""
    shown = certificate(tmp_path, x509.DNSName(name))
    believed = certificate(tmp_path, LOCALHOST) if name == "localhost" else shown

    with pytest.raises(layer("errors").ProviderUnavailable) as refusal:
        asked(shown, believed, monkeypatch)
    assert "SSLError" in str(refusal.value.cause)
