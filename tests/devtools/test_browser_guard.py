"""The local cloud authenticates nobody, so it keeps other sites in the developer's browser away."""

import re
from collections.abc import Iterator

import pytest

from tests.devtools.conftest import write_project
from tests.devtools.test_local_server import NOTE, ORIGIN, TELL, TEMPLATE, Running, started

pytestmark = pytest.mark.xdist_group("local server")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for all tests, with its embedded AWS on a port."""
    path = write_project(tmp_path_factory.mktemp("notes"), TEMPLATE, note=NOTE, tell=TELL)
    with started(path, CLOUD_PORT="0") as server:
        yield server


EVIL = [
    "evil.example",
    "evil.example:{port}",
    "localhost.evil.example",
    "evil-localhost",
    "evil.localhost.example:{port}",
]
CROSS_SITE = [
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"},
    {"origin": "https://evil.example"},
    {"origin": "http://localhost.evil.example"},
    {"origin": "http://203.0.113.9"},
    {"origin": "http://192.168.0.9:3000"},
    {"origin": "null"},
    {"sec_fetch_site": "same-site", "origin": "http://evil.example"},
]


def cloud_port(server: Running) -> int:
    """Return the port of the embedded AWS."""
    return int(re.findall(r"AWS_ENDPOINT_URL=http://localhost:(\d+)", server.text())[0])


def call_cloud(server: Running, method: str, path: str, **headers: str) -> tuple[int, str]:
    """Send a request to the embedded AWS."""
    cloud = Running(server.process, cloud_port(server))
    return cloud.call(method, path, b"", **headers)[::2]


LIST_TABLES = {"x_amz_target": "DynamoDB_20120810.ListTables", "content_type": "application/x-amz-json-1.0"}
SIGNED = LIST_TABLES | {"authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request"}


@pytest.mark.parametrize("name", EVIL)
def test_a_name_that_an_attacker_points_to_this_machine_is_not_served(server: Running, name: str) -> None:
    """DNS rebinding: the page's own site has this address, so the browser lets it read the answers."""
    for path in ("/dev/mailbox.json", "/notes/a", "/dev/routes", "/nowhere"):
        status, headers, body = server.call("GET", path, host=name.format(port=server.port))
        assert (status, "notes" in body, headers["access-control-allow-origin"]) == (403, False, None), path
    for headers_sent in (SIGNED, {}):
        status, body = call_cloud(server, "POST", "/", host=name.format(port=cloud_port(server)), **headers_sent)
        assert (status, "NotesTable" in body) == (403, False)


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1:{port}", "[::1]:{port}", "LOCALHOST:{port}", "192.0.2.7:{port}"]
)
def test_its_own_names_and_addresses_are_served(server: Running, name: str) -> None:
    """No name stands behind an address, so nobody can point one elsewhere."""
    assert server.call("GET", "/dev/mailbox.json", host=name.format(port=server.port))[0] == 200


def test_containers_reach_the_embedded_aws_by_the_name_of_their_host(server: Running) -> None:
    status, body = call_cloud(server, "POST", "/", host=f"host.docker.internal:{cloud_port(server)}", **SIGNED)

    assert (status, "TableNames" in body) == (200, True)


@pytest.mark.parametrize("headers", CROSS_SITE, ids=str)
def test_another_site_reaches_nothing_below_dev_and_nothing_of_the_embedded_aws(
    server: Running, headers: dict[str, str]
) -> None:
    for method, path in (
        ("GET", "/dev/mailbox.json"),
        ("GET", "/dev/routes"),
        ("POST", "/dev/schedules/Remind"),
        ("PUT", "/dev/google/users/1"),
        ("POST", "/dev/google/oauth2/authorize"),
        ("GET", "/%64ev/mailbox.json"),
        ("GET", "//dev/mailbox.json"),
    ):
        assert server.call(method, path, b"", **headers)[0] in {403, 404}, path
    assert server.call("GET", "/dev/mailbox.json", b"", **headers)[0] == 403
    assert call_cloud(server, "POST", "/", **SIGNED, **headers)[0] == 403
    assert call_cloud(server, "GET", "/", **headers)[0] == 403


def test_another_site_may_send_a_browser_to_the_fake_providers_page(server: Running) -> None:
    """As it does to Google's."""
    page = "/dev/google/oauth2/authorize?response_type=code&client_id=x&redirect_uri=http://localhost/cb&scope=openid"
    navigation = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}

    assert server.call("GET", page, b"", **navigation)[0] == 200
    assert server.call("GET", page, b"", **navigation | {"sec_fetch_dest": "iframe"})[0] == 403
    assert server.call("GET", page, sec_fetch_site="cross-site", sec_fetch_mode="no-cors")[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "none", "sec_fetch_mode": "navigate"},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "same-site", "origin": ORIGIN},
        {"origin": "http://127.0.0.1:3000"},
    ],
    ids=str,
)
def test_the_developers_own_pages_and_programs_reach_both(server: Running, headers: dict[str, str]) -> None:
    assert server.call("GET", "/dev/mailbox.json", b"", **headers)[0] == 200
    assert call_cloud(server, "POST", "/", **SIGNED, **headers)[0] == 200


@pytest.mark.parametrize(
    "path",
    ["/moto-api/reset", "/moto-api/", "/moto-api", "//moto-api/reset", "/MOTO-API/reset", "/%6doto-api/reset",
     "/moto-api/reset-auth", "/moto-api/data.json", "/moto-api/state-manager/set-transition", "/x/../moto-api/reset"],
)  # fmt: skip
def test_the_embedded_aws_cannot_be_reset(server: Running, path: str) -> None:
    server.call("POST", "/notes/kept")

    for method in ("POST", "GET"):
        assert call_cloud(server, method, path)[0] in {403, 404}
    assert server.call("GET", "/notes/kept")[2] == "v1 True"
