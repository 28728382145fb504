"""One service, one shop and one Chromium for all tests of pages; a browser of their own for everybody in a test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import CHROMIUM, MISSING, PATIENCE, Browsers, running_chromium
from tests.browser.other_site import Site, running_site
from tests.browser.people import People
from tests.support.service import Service, running_service


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium there are no tests of pages."""
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.skipif(not CHROMIUM, reason=MISSING))


# Not of the session: Playwright's loop runs in this very thread, and would be in the way of later tests.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Chromium without anybody in it."""
    expect.set_options(timeout=PATIENCE)
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def shop() -> Iterator[Site]:
    """Another site, at another port."""
    with running_site() as site:
        yield site


@pytest.fixture(scope="package")
def service(shop: Site) -> Iterator[Service]:
    """The product, which trusts the shop by both of its names."""
    with running_service(cors_origins=f"{shop.at('localhost')},{shop.at('127.0.0.1')}") as service:
        shop.api = service.url
        yield service


@pytest.fixture(scope="package")
def people(service: Service) -> People:
    """Those with an account."""
    return People(service)


@pytest.fixture
def new_browser(chromium: Browser, service: Service) -> Iterator[Browsers]:
    """Called, it is somebody with a browser of their own; in the end all consoles were quiet."""
    visits = Browsers(chromium, service.url)
    yield visits
    visits.leave()
    assert visits.noise() == []
