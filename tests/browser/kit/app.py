"""The app of examples/better-auth-ui: built, served on a port of its own, and what users do on its pages."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.browsers import Browsers
from tests.browser.page_actions import fill_in, press
from tests.browser.people import People, Person
from tests.support.layout import ROOT
from tests.support.service import Service, running_service

EXAMPLE = ROOT / "examples/better-auth-ui"
NPM = shutil.which("npm")
INSTALLED = NPM is not None and (EXAMPLE / "node_modules").is_dir()
MISSING = "NO NODE: better-auth-ui WAS NOT TESTED; install Node 20 or later and npm, then run `make test-browser`"
WIDE = {"width": 1920, "height": 1080}  # on a narrower page toasts cover buttons
_TIMEOUT = 120  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The running app, and the service that it uses."""

    origin: str
    service: Service


@contextmanager
def running_app(folder: Path, template: str) -> Iterator[App]:
    """Build the app into a folder and serve it, with a service: each has only the other's URL as a setting."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        origin = f"http://localhost:{server.server_port}"
        with running_service(template=template, cors_origins=origin) as service:
            _build(folder, service.url)
            yield App(origin=origin, service=service)
        server.shutdown()


def _build(folder: Path, service_url: str) -> None:
    run = subprocess.run(  # noqa: S603 -- ours
        [str(NPM), "run", "build", "--", "--outDir", str(folder), "--emptyOutDir"],
        cwd=EXAMPLE,
        env=os.environ | {"VITE_GATEHOUSE_URL": service_url},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


class _Files(SimpleHTTPRequestHandler):
    def translate_path(self, path: str) -> str:
        """Return a file of the build; every other path is a page, which the app's own router finds."""
        file = super().translate_path(path)
        return file if Path(file).is_file() else super().translate_path("/index.html")

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def sign_up(page: Page, person: Person) -> None:
    """Sign up with the kit's form."""
    page.goto("/auth/sign-up")
    fill_in(page, Name=person.name, Email=person.email, Password=person.password)
    press(page, "Create an account")


def sign_in(page: Page, person: Person) -> None:
    """Sign in with the kit's form."""
    page.goto("/auth/sign-in")
    fill_in(page, Email=person.email, Password=person.password)
    press(page, "Login")


def signed_in(new_browser: Browsers, people: People, name: str, path: str, **options: str) -> Page:
    """Open a page of the app, signed in without the kit's form."""
    page = new_browser(**options)
    people.start_session(page, people[name])
    page.goto(path)
    return page


def expect_signed_in(page: Page, person: Person) -> None:
    """Expect the app's first page, with the button of the user's menu."""
    expect(page.get_by_role("button", name=person.email)).to_be_visible()


def card(page: Page, title: str) -> Locator:
    """Return the settings card with this title, once it has loaded."""
    heading = page.locator("[data-slot=card-title]").get_by_text(title, exact=True)
    return page.locator("[data-slot=card]").filter(has=heading)


def expect_toast(page: Page, sentence: str) -> None:
    """Expect a message with exactly this text."""
    messages = page.get_by_role("region", name=re.compile("^Notifications")).get_by_role("listitem")
    expect(messages.get_by_text(sentence, exact=True)).to_be_visible()
