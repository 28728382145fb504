"""The system's Chromium or Firefox, and browser contexts whose console errors and failed requests are collected.

Playwright drives an unchanged Firefox by WebDriver BiDi. It cannot drive an unchanged WebKit: see `webkit.py`.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, Route, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_OLDEST_FIREFOX = 153  # 140 lacks commands of WebDriver BiDi that Playwright sends; those between were not tried


def _firefox() -> str | None:
    """Return the path of a Firefox that Playwright can drive."""
    for program in filter(None, map(shutil.which, ("firefox-esr", "firefox"))):
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 -- the system's
        if (major := re.search(r"\d+", version)) and int(major[0]) >= _OLDEST_FIREFOX:
            return program
    return None


FIREFOX = _firefox()
MISSING = {
    "chromium": "NO CHROMIUM: the hosted pages WERE NOT TESTED; install Debian's package chromium",
    "firefox": f"NO FIREFOX {_OLDEST_FIREFOX}+: the hosted pages WERE NOT TESTED in it; install Debian's firefox-esr",
    "webkit": "NO WEBKIT: the hosted pages WERE NOT TESTED in it; install Debian's packages webkit2gtk-driver and xvfb",
}
TIMEOUT_MS = 20_000  # generous, for a busy machine

_REPORT = """addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error(`POLICY ${violatedDirective} ${blockedURI}`))"""
_CDN = "https://cdn.jsdelivr.net/**"  # of the fake provider's pages
_ABORTED = {"net::ERR_ABORTED", "NS_BINDING_ABORTED"}  # the page was left during the request


@contextmanager
def running_browser(name: str) -> Iterator[Browser]:
    """Run the system's Chromium or Firefox headless. As root Chromium cannot use its sandbox."""
    with sync_playwright() as playwright:
        if name == "firefox":
            browser = playwright.firefox.launch(
                executable_path=FIREFOX,
                channel="moz-firefox",  # by WebDriver BiDi
                firefox_user_prefs={"ui.prefersReducedMotion": 1},
            )
        else:
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


class Browsers:
    """Browser contexts, and the problems that they report. Options are those of Playwright's `new_context`."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self._browser = browser
        self._options = {"base_url": url, "locale": "en-GB"} | options
        if browser.browser_type.name == "chromium":
            self._options |= {"reduced_motion": "reduce"}
        self._contexts: list[BrowserContext] = []
        self._problems: list[str] = []
        self._expected: list[str] = []
        self._routes: list[tuple[str, Callable[[Route], None]]] = []

    def __call__(self, **options: Any) -> Page:
        """Open a page in a new context without cookies."""
        context = self._browser.new_context(**self._options | options)
        self._contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        context.add_init_script(_REPORT)
        context.route(_CDN, lambda route: route.fulfill(content_type="text/css"))
        for pattern, handle in self._routes:
            context.route(pattern, handle)
        context.on("console", self._console)
        context.on("weberror", lambda error: self._problems.append(f"error {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._response)
        return context.new_page()

    def route(self, pattern: str, handle: Callable[[Route], None]) -> None:
        """Handle the requests of new contexts to URLs like `pattern`."""
        self._routes.append((pattern, handle))

    def expect(self, *patterns: str) -> None:
        """Ignore problems that match one of these regular expressions."""
        self._expected += patterns

    def problems(self) -> list[str]:
        """Return the unexpected problems."""
        return [line for line in self._problems if not any(re.search(pattern, line) for pattern in self._expected)]

    def close(self) -> None:
        """Close all contexts."""
        for context in self._contexts:
            context.close()

    def _console(self, message: ConsoleMessage) -> None:
        # `_response` reports error responses in more detail than Chromium's line.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self._problems.append(f"console {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure not in _ABORTED:
            self._problems.append(f"failed {request.method} {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._problems.append(f"{response.status} {response.request.method} {response.url}")
