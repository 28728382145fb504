"""TLS to providers: only certificates of the system's authorities, for the requested name, are accepted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.support.layer import layer
from tests.support.scripted_service import LOCALHOST, ScriptedService, respond_with, write_certificate


@pytest.fixture(autouse=True)
def _no_cached_pool() -> Iterator[None]:
    """The authorities are read once in a process."""
    outbound = layer("outbound")
    outbound._pool.cache_clear()
    yield
    outbound._pool.cache_clear()


def fetch_from(shown: Path, trusted: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Fetch from a server with the certificate `shown`, where `trusted` is the only authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    with ScriptedService(shown) as server:
        server.behaviours = [respond_with('{"keys": []}', content_type="application/json")]
        return layer("oauth.fetch").fetch(server.url)


def test_a_certificate_of_a_trusted_authority_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate_file = write_certificate(tmp_path, LOCALHOST)

    assert fetch_from(certificate_file, certificate_file, monkeypatch) == (200, {"keys": []})


@pytest.mark.parametrize("name", ["localhost", "elsewhere.example.com"])
def test_any_other_certificate_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Neither of another authority nor for another name."""
    shown = write_certificate(tmp_path, x509.DNSName(name))
    trusted = write_certificate(tmp_path, LOCALHOST) if name == "localhost" else shown

    with pytest.raises(layer("errors.providers").ProviderUnavailable) as refusal:
        fetch_from(shown, trusted, monkeypatch)
    assert "SSLError" in str(refusal.value.cause)
