"""The servers of docs/rewrites.md pass a browser's requests on to the service, so that both are one origin.

Vite is the one of the React example. Next is large: `make test-next` installs and tests it.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPErrorProcessor, Request, build_opener

import pytest

from tests.browser.people import People
from tests.support.layout import ROOT
from tests.support.service import Service, running_service

PAGE = (ROOT / "docs/rewrites.md").read_text(encoding="utf-8")
SNIPPETS = {
    text.partition("\n")[0].removeprefix("// "): text
    for text in re.findall(r"^```(?:ts|json)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
}
VERCEL = "{"  # the first line of its file
LOCAL, DEPLOYED = "http://localhost:3000", "https://abc123.execute-api.eu-central-1.amazonaws.com"  # in the snippets
NODE = str(shutil.which("node"))
VITE = ROOT / "examples/react/node_modules"
NEXT = ROOT / "tests/contract/next"
NEXT_FILES = ("next.config.ts", "session.ts", "proxy.ts", "vercel.json")
NO_TELEMETRY = {"NEXT_TELEMETRY_DISABLED": "1"}
EMAIL, PASSWORD = "ann@example.com", "correct horse battery"
GOOGLE_EMAIL = "bob@gmail.test"
ADDRESS, PROXY_SECRET = "203.0.113.7", "the proxy's own"
TIMEOUT = 60.0  # seconds

pytestmark = pytest.mark.xdist_group("frontend")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str


class _EveryResponse(HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002 -- urllib's signature
        """Return it, also a redirect or an error."""
        return response


class Browser:
    """A browser at a page of an origin. It follows no redirects."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.cookies), _EveryResponse)

    def open(self, path: str, **headers: str) -> Answer:
        """Open a path of the origin, or a URL."""
        return self._send(Request(self._url(path), headers={"accept": "text/html", **headers}))  # noqa: S310 -- ours

    def post(self, path: str, body: Mapping[str, Any], **headers: str) -> Answer:
        """Send JSON from a page of its origin, if the headers do not name another one."""
        headers = {"origin": self.origin, "content-type": "application/json", **headers}
        return self._send(Request(self._url(path), json.dumps(body).encode(), headers))  # noqa: S310 -- the same

    def submit(self, url: str, **fields: str) -> Answer:
        """Submit the form of a page."""
        return self._send(Request(url, urlencode(fields).encode()))  # noqa: S310 -- the same

    def user(self) -> dict[str, Any] | None:
        """Return the user who is signed in."""
        body = json.loads(self.open("/api/auth/get-session", accept="application/json").text)
        user: dict[str, Any] | None = body and body["user"]
        return user

    def _url(self, path: str) -> str:
        return path if path.startswith("http") else self.origin + path

    def _send(self, request: Request) -> Answer:
        with self._opener.open(request, timeout=TIMEOUT) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(status=response.status, headers=headers, text=response.read().decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontend:
    """A frontend's origin, and the service behind it."""

    origin: str
    service: Service

    @property
    def port(self) -> str:
        """The port of its origin."""
        return self.origin.rpartition(":")[2]


@contextmanager
def service_behind_a_frontend(**settings: str) -> Iterator[Frontend]:
    """Run the service with the settings of the page."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        origin = f"http://localhost:{unused.getsockname()[1]}"
    with running_service(base_url=origin, frontend_url=origin, cors_origins="", **settings) as service:
        yield Frontend(origin=origin, service=service)


@contextmanager
def served(frontend: Frontend, folder: Path, *command: str, **variables: str) -> Iterator[None]:
    """Run the frontend's server until it answers."""
    console = folder / "console"
    with console.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 -- ours
            [NODE, *command], cwd=folder, env=os.environ | variables, stdout=out, stderr=out
        )
        try:
            _wait_for(frontend.origin, process, console)
            yield
        finally:
            process.terminate()
            process.wait(TIMEOUT)


def _wait_for(origin: str, process: subprocess.Popen[bytes], console: Path) -> None:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            Browser(origin).open("/")
        except (URLError, ConnectionError):  # it does not listen yet, or not yet answer
            time.sleep(0.05)
        else:
            return
    raise AssertionError(console.read_text(encoding="utf-8"))


def write(folder: Path, frontend: Frontend, *names: str) -> None:
    """Write snippets of the page into a folder, with the service's URL."""
    for name in names:
        text = SNIPPETS[name].replace(LOCAL, frontend.service.url).replace(DEPLOYED, frontend.service.url)
        (folder / ("vercel.json" if name == VERCEL else name)).write_text(text, encoding="utf-8")


def check_main_flow(frontend: Frontend) -> None:
    """Sign up, verify, sign in by password and by a provider, and sign out: all at the frontend's origin."""
    browser = Browser(frontend.origin)
    sign_up = {"name": "Ann", "email": EMAIL, "password": PASSWORD, "callbackURL": "/home"}
    assert browser.post("/api/auth/sign-up/email", sign_up).status == HTTPStatus.OK
    link = People(frontend.service).link(EMAIL)
    check_hosted_page(browser, link)
    token = re.findall(r"token=([\w-]+)", link)[0]
    assert browser.post("/api/auth/verify-email", {"token": token}).status == HTTPStatus.OK

    assert browser.post("/api/auth/sign-in/email", {"email": EMAIL, "password": PASSWORD}).status == HTTPStatus.OK
    assert (browser.user() or {})["name"] == "Ann"
    assert not any(cookie.domain_specified for cookie in browser.cookies)
    assert browser.post("/api/auth/sign-out", {}, origin="https://evil.example").status == HTTPStatus.FORBIDDEN
    assert browser.post("/api/auth/sign-out", {}).status == HTTPStatus.OK
    assert browser.user() is None

    begun = browser.open("/api/auth/oauth/google?redirect_uri=/home")
    back = browser.submit(begun.headers["location"], sub=GOOGLE_EMAIL).headers["location"]
    assert back.startswith(f"{frontend.origin}/api/auth/oauth/google/callback?")
    assert browser.open(back).headers["location"] == f"{frontend.origin}/home"
    assert (browser.user() or {})["email"] == GOOGLE_EMAIL


def check_hosted_page(browser: Browser, link: str) -> None:
    """A mailed link leads to the page of the service at the frontend's origin, with its script."""
    assert link.startswith(f"{browser.origin}/verify-email?")
    page = browser.open(link)
    assert 'data-page="verify-email"' in page.text
    scripts = re.findall(r'src="(/auth/assets/[^"]+)"', page.text)
    assert any("verifyPage" in browser.open(script).text for script in scripts)


def check_session_in_component(frontend: Frontend) -> None:
    """A Server Component shows who is signed in."""
    browser = Browser(frontend.origin)
    assert "signed out" in browser.open("/").text
    browser.post("/api/auth/sign-in/email", {"email": EMAIL, "password": PASSWORD})
    assert EMAIL in browser.open("/").text


def check_client_address(frontend: Frontend) -> None:
    """The service takes the client's address from the frontend."""
    browser = Browser(frontend.origin)
    browser.post("/api/auth/sign-in/email", {"email": EMAIL, "password": PASSWORD}, **{"x-forwarded-for": ADDRESS})
    session = json.loads(browser.open("/api/auth/get-session").text)["session"]
    assert session["ipAddress"] == ADDRESS


@pytest.mark.skipif(not (VITE / "vite").is_dir(), reason="NO NODE: the rewrite of Vite WAS NOT RUN")
def test_vite_passes_the_service_on(tmp_path: Path) -> None:
    with service_behind_a_frontend() as frontend:
        (tmp_path / "node_modules").symlink_to(VITE)
        (tmp_path / "index.html").write_text("<p>App</p>", encoding="utf-8")
        write(tmp_path, frontend, "vite.config.ts")
        with served(
            frontend, tmp_path, "node_modules/vite/bin/vite.js", "--host", "localhost", "--port", frontend.port
        ):
            assert "<p>App</p>" in Browser(frontend.origin).open("/account-of-ours").text
            check_main_flow(frontend)


@pytest.fixture
def next_app() -> Iterator[Path]:
    """The application without the files that tests add. Next builds it only in a folder with its real packages."""
    yield NEXT
    for name in NEXT_FILES:
        (NEXT / name).unlink(missing_ok=True)


def built(folder: Path) -> None:
    """Build the application, which also checks its types."""
    command, variables = [NODE, "node_modules/next/dist/bin/next", "build"], os.environ | NO_TELEMETRY
    run = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)  # noqa: S603 -- ours
    assert run.returncode == 0, run.stdout + run.stderr


def started(frontend: Frontend, folder: Path) -> AbstractContextManager[None]:
    """Run the application."""
    command = ("node_modules/next/dist/bin/next", "start", "--port", frontend.port)
    return served(frontend, folder, *command, GATEHOUSE_PROXY_SECRET=PROXY_SECRET, **NO_TELEMETRY)


@pytest.mark.next
def test_next_passes_the_service_on_and_renders_the_session(next_app: Path) -> None:
    digest = sha256(PROXY_SECRET.encode()).hexdigest()
    with service_behind_a_frontend(trusted_proxy=f"x-forwarded-for,x-origin-verify={digest}") as frontend:
        write(next_app, frontend, "next.config.ts", "session.ts", "proxy.ts")
        built(next_app)
        with started(frontend, next_app):
            check_main_flow(frontend)
            check_session_in_component(frontend)
            check_client_address(frontend)


@pytest.mark.next
def test_the_patterns_of_vercel_pass_the_service_on(next_app: Path) -> None:
    """Next reads the same patterns. What matches no other leads to the application."""
    with service_behind_a_frontend() as frontend:
        write(next_app, frontend, VERCEL)
        rewrites = json.loads((next_app / "vercel.json").read_text(encoding="utf-8"))["rewrites"]
        *passed_on, application = rewrites
        config = f"export default {{ rewrites: async () => ({json.dumps(passed_on)}) }}"
        (next_app / "next.config.ts").write_text(config, encoding="utf-8")
        write(next_app, frontend, "session.ts")
        built(next_app)
        with started(frontend, next_app):
            check_main_flow(frontend)
            assert Browser(frontend.origin).open("/accounts").status == HTTPStatus.NOT_FOUND  # left to the application
        assert application == {"source": "/:path*", "destination": "/index.html"}
