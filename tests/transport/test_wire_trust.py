"""Whom our transport believes: certificates of the authorities that it is given, for the name that it called."""

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
from tests.transport.botocores import told
from tests.transport.server import Server, says, serving


def certificate(folder: Path, *names: x509.GeneralName, days: int = 1) -> Path:
    """A file with a key and a certificate for `names` that vouches for itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=2), now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{days}-{len(list(folder.iterdir()))}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A certificate for localhost."""
    return certificate(tmp_path, x509.DNSName("localhost"))


def encrypted(path: Path, most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Any:
    """A server that shows a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.maximum_version = most
    return serving(context)


@pytest.fixture
def server(here: Path) -> Iterator[Server]:
    """One that is encrypted."""
    with encrypted(here) as one:
        one.acts = [says(told({}))]
        yield one


def lines(server: Server, **trusted: str) -> ConnectionPool:
    """To that server."""
    return ConnectionPool(server.url, connect_seconds=60, read_seconds=60, **trusted)


def test_who_is_vouched_for_is_believed(server: Server, here: Path) -> None:
    """And the connection is kept, as without encryption."""
    to = lines(server, ca_bundle=str(here))

    assert [real_request(to, "POST", {}).status for _ in range(3)] == [200] * 3
    assert server.connections == 1


def test_who_is_vouched_for_by_others_is_not(server: Server, tmp_path: Path) -> None:
    others = certificate(tmp_path, x509.DNSName("localhost"))

    for to in (lines(server), lines(server, ca_bundle=str(others))):
        with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            real_request(to, "POST", {})

    assert server.heard == []


@pytest.mark.parametrize(
    ("names", "days"),
    [
        ([x509.DNSName("elsewhere")], 1),
        ([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))], 1),
        ([x509.DNSName("localhost")], -1),
    ],
)
def test_another_name_or_another_time_is_not(tmp_path: Path, names: list[x509.GeneralName], days: int) -> None:
    path = certificate(tmp_path, *names, days=days)
    with encrypted(path) as server, pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        real_request(lines(server, ca_bundle=str(path)), "POST", {})

    assert server.heard == []


def test_botocores_authorities_are_there() -> None:
    """The file is where `make build` leaves it."""
    assert lines(Server("https://localhost"))._tls.get_ca_certs()
