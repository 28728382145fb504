"""`python -m tests.browser.screenshots [FOLDER]` -- pictures of all pages, such as docs/screens/tasks.phone.dark.png.

Their content is deterministic: the browser's clock is fixed, and devices are fixed samples.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import segno
from playwright.sync_api import Page, Route, ViewportSize

from gatehouse_dev.seed import TASKS, Api
from tests.browser.browsers import CHROMIUM, MISSING, Browsers, running_browser
from tests.browser.page_actions import expect_notice, fill, fill_in, press
from tests.browser.people import People
from tests.support.layout import ROOT
from tests.support.service import running_service

FOLDER = ROOT / "docs/screens"
NOW = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)
SIZES: dict[str, ViewportSize] = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 800}}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
UNKNOWN = "x" * 60
DEVICES = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
)
_URI = "otpauth://totp/Gatehouse:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Gatehouse"
SETUP = {
    "method": "totp",
    "totpURI": _URI,
    "qrCode": segno.make(_URI, error="m").svg_data_uri(scale=4, border=4, light="#fff"),
    "backupCodes": [],
}


def _rejected(page: Page) -> None:
    page.goto("/sign-in")
    fill_in(page, email="ada@example.com", password="wrong horse")
    press(page, "Sign in")
    page.get_by_role("alert").wait_for()


def _check_mail(page: Page) -> None:
    page.goto("/verify-email")
    page.evaluate("sessionStorage['gatehouse.address'] = 'ada@example.com'")
    page.reload()


def _expired(page: Page) -> None:
    page.goto(f"/verify-email?token={UNKNOWN}")
    press(page, "Confirm my email address")
    page.get_by_role("alert").wait_for()


def _forgot_sent(page: Page) -> None:
    page.goto("/forgot-password")
    fill_in(page, email="nobody@example.com")
    press(page, "Send the link")
    expect_notice(page, "If there is an account with this address")


def _reset(page: Page) -> None:
    page.goto(f"/reset-password?token={UNKNOWN}")
    fill_in(page, **{"New password": "correct horse battery"})


def _german(page: Page) -> None:
    page.context.add_cookies([{"name": "language", "value": "de", "url": page.url}])
    page.goto("/sign-in")
    page.context.clear_cookies(name="language")


def _account(page: Page) -> None:
    page.route("**/api/auth/list-*", _fixed_devices)
    page.goto("/account")
    page.get_by_role("region", name="Devices").get_by_role("listitem").first.wait_for()


def _devices(page: Page) -> None:
    _account(page)
    page.get_by_role("region", name="Devices").scroll_into_view_if_needed()


def _second_factor(page: Page) -> None:
    _account(page)
    page.route("**/api/auth/two-factor/enable", lambda route: route.fulfill(json=SETUP))
    card = page.get_by_role("region", name="Second factor")
    fill(card.get_by_label("Password", exact=True).first, "correct horse battery")
    press(card, "Set up an app")
    card.get_by_role("img").wait_for()
    card.scroll_into_view_if_needed()


def _tasks(page: Page) -> None:
    page.route("**/api/tasks/summary*", _fixed_counts)
    page.goto("/tasks")
    page.get_by_role("list", name="Tasks").get_by_role("listitem").first.wait_for()


def _task(page: Page) -> None:
    _tasks(page)
    press(page, "Edit: Renew the TLS certificate")


def _fixed_devices(route: Route) -> None:
    """Respond with the sessions and accounts, with fixed devices and times."""
    rows = sorted(route.fetch().json(), key=lambda row: str(row["createdAt"]), reverse=True)
    for number, (row, device) in enumerate(zip(rows, DEVICES, strict=False)):
        when = f"2026-09-1{3 - number}T07:15:00.000Z"
        row |= {"userAgent": device, "ipAddress": f"203.0.113.{7 + number}", "createdAt": when, "updatedAt": when}
    route.fulfill(json=rows)


def _fixed_counts(route: Route) -> None:
    """Respond with the counts as of the fixed day; the service counts as of today."""
    open_on = [task.due_in_days for task in TASKS if not task.completed and task.due_in_days is not None]
    counts = {"overdue": len([days for days in open_on if days < 0]), "due_today": open_on.count(0)}
    route.fulfill(json=route.fetch().json() | counts)


def _write_tasks(api: Api) -> None:
    for task in reversed(TASKS):
        due = None if task.due_in_days is None else (NOW.date() + timedelta(days=task.due_in_days)).isoformat()
        fields = {"title": task.title, "priority": task.priority, "tags": task.tags, "due_date": due}
        added = api.call("POST", "/api/tasks", fields | ({"description": task.description} if task.description else {}))
        if task.completed:
            api.call("PATCH", f"/api/tasks/{added['id']}/complete", {"completed": True})


ANONYMOUS: dict[str, Callable[[Page], object]] = {
    "sign-in": lambda page: page.goto("/sign-in"),
    "sign-in-refused": _rejected,
    "second-step": lambda page: page.goto("/two-factor?twoFactorMethods=totp,otp"),
    "sign-up": lambda page: page.goto("/sign-up"),
    "check-your-mail": _check_mail,
    "confirm": lambda page: page.goto(f"/verify-email?token={UNKNOWN}"),
    "expired-link": _expired,
    "forgot": lambda page: page.goto("/forgot-password"),
    "forgot-sent": _forgot_sent,
    "reset": _reset,
    "error": lambda page: page.goto("/error?error=state_mismatch"),
    "sign-in-german": _german,
}
NEW_USER: dict[str, Callable[[Page], object]] = {"tasks-empty": lambda page: page.goto("/tasks")}
SIGNED_IN: dict[str, Callable[[Page], object]] = {
    "tasks": _tasks,
    "task-edit": _task,
    "account": _account,
    "devices": _devices,
    "second-factor": _second_factor,
}


def take(page: Page, screens: dict[str, Callable[[Page], object]], size: str, folder: Path) -> None:
    """Take pictures of these screens in both themes."""
    page.clock.set_fixed_time(NOW)
    for name, show in screens.items():
        show(page)
        page.wait_for_load_state("networkidle")
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            page.screenshot(path=folder / f"{name}.{size}.{theme}.png", animations="disabled", caret="hide")
        page.evaluate("sessionStorage.clear()")


def main(arguments: list[str]) -> int:
    """Take all pictures and return the exit code."""
    if not CHROMIUM:
        sys.stderr.write(f"{MISSING['chromium']}\n")
        return 1
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with running_service() as service, running_browser("chromium") as browser:
        people = People(service)
        _write_tasks(Api(url=service.url, token=people.token(people["Ada"])))
        people.token(people["Ada"])
        for size, viewport in SIZES.items():
            for person, screens in ((None, ANONYMOUS), ("Noa", NEW_USER), ("Ada", SIGNED_IN)):
                browsers = Browsers(browser, service.url)
                page = browsers(viewport=viewport, timezone_id="Europe/Berlin")
                if person:
                    people.start_session(page, people[person])
                take(page, screens, size, folder)
                if person:
                    people.end_session(page)
                browsers.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
