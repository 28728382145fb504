"""Fixtures: the app of a public UI kit takes the place of the hosted pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.browsers import Browsers
from tests.browser.kit.app import WIDE, App, running_app
from tests.browser.people import People
from tests.support.service import Service


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory, template: str) -> Iterator[App]:
    """The app, and its service."""
    with running_app(tmp_path_factory.mktemp("app"), template) as app:
        yield app


@pytest.fixture(scope="package")
def service(app: App) -> Service:
    """The service of the app."""
    return app.service


@pytest.fixture(scope="package")
def people(app: App) -> People:
    """Users with an account."""
    return People(app.service)


@pytest.fixture
def new_browser(browser: Browser, app: App) -> Iterator[Browsers]:
    """Call it for a page of the app in a new browser."""
    browsers = Browsers(browser, app.origin, viewport=WIDE)
    yield browsers
    browsers.close()
    assert browsers.problems() == []
