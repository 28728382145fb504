"""WebKitGTK's browser, driven by WebDriver: as much of Playwright's interface as the tests in every browser use.

Playwright drives only WebKits of its own, and Debian's driver has no WebDriver BiDi. So there are no routes and no
console, and a browser has one page. WebKitGTK needs a display, which is Xvfb.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urljoin

from tests.browser.browsers import TIMEOUT_MS

DRIVER, XVFB = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
_PAUSE = 0.02
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver's key of an element's reference
# Errors of a script that met the end of its page.
_PAGE_CHANGED = {"javascript error", "no such frame", "no such window", "stale element reference", "unknown error"}

# Return the only visible element that matches, also in open shadow roots.
_FIND = """
const [steps] = arguments
const selectors = {
  alert: "[role=alert]", button: "button", heading: "h1,h2,h3", link: "a[href]", list: "ul,ol", status: "[role=status]",
}
const plain = (text) => text.replace(/\\s+/g, " ").trim()
const all = (root, selector) => [
  ...root.querySelectorAll(selector),
  ...[...root.querySelectorAll("*")].filter((one) => one.shadowRoot).flatMap((one) => all(one.shadowRoot, selector)),
]
const named = (text, { name, exact }) =>
  name === null || (exact ? plain(text) === name : plain(text).toLowerCase().includes(name.toLowerCase()))
const kinds = {
  css: (root, { selector }) => all(root, selector),
  role: (root, { role, level, ...want }) => all(root, level ? `h${level}` : selectors[role])
    .filter((one) => named(one.getAttribute("aria-label") || one.textContent, want)),
  label: (root, want) => all(root, "input,select,textarea")
    .filter((one) => [...(one.labels || [])].some((label) => named(label.textContent, want))),
  text: (root, want) => all(root, "*:not(head *, script, noscript)").filter((one) =>
    [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && named(node.data, want))),
}
let found = [document]
for (const { kind, ...want } of steps) {
  if (kind === "filter") found = found.filter((one) => named(one.textContent, want))
  else if (kind === "first") found = found.slice(0, 1)
  else found = [...new Set(found.flatMap((root) => kinds[kind](root, want)))]
}
found = found.filter((one) => one.checkVisibility({ visibilityProperty: true }))
return found.length === 1 ? found[0] : null
"""


class WebDriverError(Exception):
    """A command failed: its error code and a message."""

    @property
    def code(self) -> str:
        """The error code, such as `stale element reference`."""
        return str(self.args[0])


class _Session:
    """A session of a driver of its own: drivers have one at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._path = ""
        wanted = {"alwaysMatch": {"acceptInsecureCerts": True}}
        self._path = f"/session/{self('POST', '/session', capabilities=wanted)['sessionId']}"

    def __call__(self, method: str, path: str, **body: Any) -> Any:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=3 * TIMEOUT_MS / 1000)
        connection.request(method, self._path + path, json.dumps(body) if method == "POST" else None)
        with connection.getresponse() as response:
            value = json.loads(response.read())["value"]
        connection.close()
        if response.status != 200:
            raise WebDriverError(value["error"], value["message"])
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Locator:
    """How to find an element, each time anew."""

    page: "Page"
    steps: tuple[dict[str, Any], ...] = ()

    def get_by_role(self, role: str, *, name: str | None = None, exact: bool = False, level: int = 0) -> "Locator":
        """Find elements within by role, and by name if given."""
        return self._and(kind="role", role=role, name=name, exact=exact, level=level)

    def get_by_label(self, name: str, *, exact: bool = False) -> "Locator":
        """Find fields within by label."""
        return self._and(kind="label", name=name, exact=exact)

    def get_by_text(self, name: str, *, exact: bool = False) -> "Locator":
        """Find elements within by text of their own."""
        return self._and(kind="text", name=name, exact=exact)

    def locator(self, selector: str) -> "Locator":
        """Find elements within by CSS selector."""
        return self._and(kind="css", selector=selector)

    def filter(self, *, has_text: str) -> "Locator":
        """Keep the elements that contain a text."""
        return self._and(kind="filter", name=has_text, exact=False)

    @property
    def first(self) -> "Locator":
        """The first of the elements."""
        return self._and(kind="first")

    def wait_for(self) -> None:
        """Wait until exactly one element that matches is visible."""
        self._find()

    def get_attribute(self, name: str) -> str | None:
        """Return one of its attributes."""
        value: str | None = self.page.session("GET", f"/element/{self._find()}/attribute/{name}")
        return value

    def click(self) -> None:
        """Click it with the mouse. Not for links to another site: WebKit may crash when a script runs meanwhile."""
        self._act("click")

    def fill(self, text: str) -> None:
        """Replace its text by typing."""
        self._act("clear")
        self._act("value", text=text)

    def _act(self, action: str, **arguments: str) -> None:
        def attempt() -> bool:
            self.page.session("POST", f"/element/{self._find()}/{action}", **arguments)
            return True

        _retried(attempt, {"stale element reference", "no such element"})

    def _find(self) -> str:
        return str(self.page.until(_FIND, self.steps)[_ELEMENT])

    def _and(self, **step: Any) -> "Locator":
        return replace(self, steps=(*self.steps, step))


class Page:
    """The page of a browser of its own."""

    def __init__(self, session: _Session, base_url: str) -> None:
        self.session = session
        self._base_url = base_url
        everything = Locator(page=self)
        self.get_by_role, self.get_by_label = everything.get_by_role, everything.get_by_label
        self.get_by_text, self.locator = everything.get_by_text, everything.locator

    @property
    def url(self) -> str:
        """The URL."""
        return str(self.session("GET", "/url"))

    def goto(self, url: str) -> None:
        """Open a URL, or a path of the service."""
        self.session("POST", "/url", url=urljoin(self._base_url, url))

    def reload(self) -> None:
        """Load the page again."""
        self.session("POST", "/refresh")

    def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a JavaScript function with an argument, and return what its promise becomes."""
        return self.session("POST", "/execute/sync", script=f"return ({function})(...arguments)", args=[argument])

    def wait_for_url(self, url: str) -> None:
        """Wait until the page has this URL; `*` are any characters, as in `**/sign-in?*`."""
        pattern = "^" + ".*".join(map(re.escape, re.split(r"\*+", url))) + "$"
        _retried(lambda: re.search(pattern, self.url), set())

    def until(self, script: str, argument: Any) -> Any:
        """Run a script until it returns something, also when another page loads meanwhile, and return that.

        It is asked again and again, because the driver loses a script that waits in a page when another one loads.
        """

        def attempt() -> Any:
            return self.session("POST", "/execute/sync", script=script, args=[argument])

        try:
            return _retried(attempt, _PAGE_CHANGED)
        except TimeoutError:
            text = self.evaluate("() => document.body.innerText")
            raise TimeoutError(f"{self.url} does not show what was expected, but:\n{text}") from None


class Browsers:
    """New browsers with a page each, without cookies."""

    def __init__(self, display: str, url: str) -> None:
        self._display = display
        self._url = url
        self._running = ExitStack()

    def __call__(self) -> Page:
        """Open a page in a new browser."""
        port = self._running.enter_context(_running_driver(self._display))
        session = _Session(port)
        self._running.callback(session, "DELETE", "")
        return Page(session, self._url)

    def expect(self, *patterns: str) -> None:
        """Do nothing: problems are not reported."""

    def problems(self) -> list[str]:
        """Return none: the driver does not report them."""
        return []

    def close(self) -> None:
        """Close all browsers."""
        self._running.close()


@contextmanager
def running_display() -> Iterator[str]:
    """Run Xvfb, and return the name of its display, such as `:0`."""
    reading, writing = os.pipe()
    arguments = [str(XVFB), "-displayfd", str(writing), "-nolisten", "tcp", "-screen", "0", "1280x1024x24"]
    process = subprocess.Popen(arguments, pass_fds=[writing], stderr=subprocess.DEVNULL)  # noqa: S603 -- the system's
    os.close(writing)
    with open(reading, encoding="ascii") as number:  # noqa: PTH123 -- a file descriptor
        name = f":{number.readline().strip()}"  # once it can be used
    try:
        yield name
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _running_driver(display: str) -> Iterator[int]:
    """Run a driver on a free port, and return that."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    environment = os.environ | {"DISPLAY": display, "GDK_BACKEND": "x11", "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen([str(DRIVER), f"--port={port}"], env=environment, stderr=subprocess.DEVNULL)  # noqa: S603 -- the system's
    try:
        _retried(lambda: socket.create_connection(("127.0.0.1", port)), set()).close()
        yield port
    finally:
        process.terminate()
        process.wait()


def _retried(attempt: Callable[[], Any], codes: set[str]) -> Any:
    """Return what an attempt returns; try again after nothing, errors with these codes, and while nobody listens."""
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while True:
        error: Exception = TimeoutError("nothing happened")
        try:
            if (value := attempt()) not in (None, False):
                return value
        except WebDriverError as failed:
            if failed.code not in codes:
                raise
            error = failed
        except ConnectionRefusedError as refused:
            error = refused
        if time.monotonic() > deadline:
            raise error
        time.sleep(_PAUSE)
