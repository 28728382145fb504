"""Fixtures: one service, one shop and one browser for all tests; new browser contexts for each test."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from gatehouse_dev.minification import minify_pages
from tests.browser import webkit
from tests.browser.browsers import CHROMIUM, FIREFOX, MISSING, TIMEOUT_MS, Browsers, running_browser
from tests.browser.other_site import Site, running_site
from tests.browser.people import People
from tests.support.layout import LAYER, ROOT
from tests.support.service import Service, running_service

INSTALLED = {"chromium": CHROMIUM, "firefox": FIREFOX, "webkit": webkit.DRIVER and webkit.XVFB}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--browser`."""
    parser.addoption("--browser", choices=INSTALLED, default="chromium", help="which browser the tests use")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the tests of pages without the browser, and what it cannot do."""
    name = config.getoption("--browser")
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.skipif(not INSTALLED[name], reason=MISSING[name]))
            if name != "chromium" and (only := item.get_closest_marker("only_chromium")):
                item.add_marker(pytest.mark.skip(reason=only.args[0]))
            if name == "webkit" and not item.get_closest_marker("any_browser"):
                item.add_marker(pytest.mark.skip(reason="needs Playwright, which cannot drive the system's WebKit"))


# Not session-scoped: Playwright's event loop runs in this thread, and would disturb later tests.
@pytest.fixture(scope="package")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser | str]:
    """The running browser, or for WebKit the display on which it runs."""
    expect.set_options(timeout=TIMEOUT_MS)
    name = pytestconfig.getoption("--browser")
    with webkit.running_display() if name == "webkit" else running_browser(name) as running:
        yield running


@pytest.fixture(scope="package")
def shop() -> Iterator[Site]:
    """Another site, on another port."""
    with running_site() as site:
        yield site


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a template beside a layer with the minified scripts and styles, as `make build` deploys them."""
    folder = tmp_path_factory.mktemp("minified")
    common = folder / "layers" / "common"
    shutil.copytree(LAYER, common, ignore=shutil.ignore_patterns("__pycache__"))
    minify_pages(common)
    for name in ("functions", "layers/vendor"):
        (folder / name).symlink_to(ROOT / name)
    return str(shutil.copy(ROOT / "template.yaml", folder))


@pytest.fixture(scope="package")
def service(shop: Site, template: str) -> Iterator[Service]:
    """The service, which trusts both origins of the shop."""
    origins = f"{shop.at('localhost')},{shop.at('127.0.0.1')}"
    with running_service(template=template, cors_origins=origins) as service:
        shop.api = service.url
        yield service


@pytest.fixture(scope="package")
def people(service: Service) -> People:
    """Users with an account."""
    return People(service)


@pytest.fixture
def new_browser(browser: Browser | str, service: Service) -> Iterator[Browsers | webkit.Browsers]:
    """Call it for a page in a new browser context. Afterwards no unexpected problem was reported."""
    yield from open_browsers(browser, service.url)


def open_browsers(browser: Browser | str, url: str, **options: Any) -> Iterator[Browsers | webkit.Browsers]:
    """Yield new browsers for a service, with options of Playwright; afterwards no unexpected problem was reported."""
    browsers = webkit.Browsers(browser, url) if isinstance(browser, str) else Browsers(browser, url, **options)
    yield browsers
    browsers.close()
    assert browsers.problems() == []
