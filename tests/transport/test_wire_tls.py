"""TLS of our transport: only certificates of the configured authorities, for the requested name, are accepted."""

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import SSLError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gatehouse.transport.connections import ConnectionPool
from tests.support.transport import real_request
from tests.transport.client_pair import dynamodb_response
from tests.transport.server import Server, respond, serving


def certificate(folder: Path, *names: x509.GeneralName, days: int = 1) -> Path:
    """Write a key and a self-signed certificate for `names` to a file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=2), now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{days}-{len(list(folder.iterdir()))}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def certificate_file(tmp_path: Path) -> Path:
    """A certificate for localhost."""
    return certificate(tmp_path, x509.DNSName("localhost"))


def encrypted(path: Path, maximum_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Any:
    """Run a server with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.maximum_version = maximum_version
    return serving(context)


@pytest.fixture
def server(certificate_file: Path) -> Iterator[Server]:
    """A server with TLS."""
    with encrypted(certificate_file) as one:
        one.behaviours = [respond(dynamodb_response({}))]
        yield one


def connection_pool(server: Server, **trusted: str) -> ConnectionPool:
    """Return a pool of connections to the server."""
    return ConnectionPool(server.url, connect_seconds=60, read_seconds=60, **trusted)


def test_a_trusted_certificate_is_accepted(server: Server, certificate_file: Path) -> None:
    """And the connection is reused, as without TLS."""
    pool = connection_pool(server, ca_bundle=str(certificate_file))

    assert [real_request(pool, "POST", {}).status for _ in range(3)] == [200] * 3
    assert server.connections == 1


def test_an_untrusted_certificate_is_refused(server: Server, tmp_path: Path) -> None:
    others = certificate(tmp_path, x509.DNSName("localhost"))

    for pool in (connection_pool(server), connection_pool(server, ca_bundle=str(others))):
        with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            real_request(pool, "POST", {})

    assert server.requests == []


@pytest.mark.parametrize(
    ("names", "days"),
    [
        ([x509.DNSName("elsewhere")], 1),
        ([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))], 1),
        ([x509.DNSName("localhost")], -1),
    ],
)
def test_another_name_or_an_expired_certificate_is_refused(
    tmp_path: Path, names: list[x509.GeneralName], days: int
) -> None:
    path = certificate(tmp_path, *names, days=days)
    with encrypted(path) as server, pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        real_request(connection_pool(server, ca_bundle=str(path)), "POST", {})

    assert server.requests == []


def test_the_default_is_botocores_ca_bundle() -> None:
    """The file is where `make build` leaves it."""
    assert connection_pool(Server("https://localhost"))._tls.get_ca_certs()
