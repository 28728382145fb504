"""Fixtures: one service, one shop and one Chromium for all tests; new browser contexts for each test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import CHROMIUM, MISSING, TIMEOUT_MS, Browsers, running_chromium
from tests.browser.other_site import Site, running_site
from tests.browser.people import People
from tests.support.service import Service, running_service


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of pages without Chromium."""
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.skipif(not CHROMIUM, reason=MISSING))


# Not session-scoped: Playwright's event loop runs in this thread, and would disturb later tests.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A running Chromium."""
    expect.set_options(timeout=TIMEOUT_MS)
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def shop() -> Iterator[Site]:
    """Another site, on another port."""
    with running_site() as site:
        yield site


@pytest.fixture(scope="package")
def service(shop: Site) -> Iterator[Service]:
    """The service, which trusts both origins of the shop."""
    with running_service(cors_origins=f"{shop.at('localhost')},{shop.at('127.0.0.1')}") as service:
        shop.api = service.url
        yield service


@pytest.fixture(scope="package")
def people(service: Service) -> People:
    """Users with an account."""
    return People(service)


@pytest.fixture
def new_browser(chromium: Browser, service: Service) -> Iterator[Browsers]:
    """Call it for a page in a new browser context. Afterwards no unexpected problem was reported."""
    browsers = Browsers(chromium, service.url)
    yield browsers
    browsers.close()
    assert browsers.problems() == []
