"""Chromium as the system has it, and people in it whose consoles are read."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = "NO CHROMIUM: the hosted pages WERE NOT TESTED; install Debian's package chromium"
PATIENCE = 8_000  # ms that anything on a page may take; the machine may be busy

_REPORT = """addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error(`POLICY ${violatedDirective} ${blockedURI}`))"""
_LEFT = "net::ERR_ABORTED"  # the page was left meanwhile


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """The system's Chromium without a window; as root it takes no sandbox."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


class Browsers:
    """People with a browser of their own, and whatever their consoles complain of."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []
        self._noise: list[str] = []
        self._expected: list[str] = []

    def __call__(self, **options: Any) -> Page:
        """Somebody new: a browser without cookies, at no page yet; options of Playwright's `new_context`."""
        context = self._browser.new_context(
            **{"base_url": self._url, "locale": "en-GB", "reduced_motion": "reduce"} | options
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(_REPORT)
        context.on("console", self._console)
        context.on("weberror", lambda error: self._noise.append(f"error {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._response)
        return context.new_page()

    def expect(self, *patterns: str) -> None:
        """Take trouble that a test makes for none: regular expressions, found in what `noise` would tell."""
        self._expected += patterns

    def noise(self) -> list[str]:
        """What was complained of that nobody expects."""
        return [line for line in self._noise if not any(re.search(pattern, line) for pattern in self._expected)]

    def leave(self) -> None:
        """Close all browsers."""
        for context in self._contexts:
            context.close()

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium's own line about a bad answer says less than `_response` does.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self._noise.append(f"console {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != _LEFT:
            self._noise.append(f"failed {request.method} {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._noise.append(f"{response.status} {response.request.method} {response.url}")
