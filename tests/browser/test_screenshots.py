"""`make screens` finds every page as it describes it."""

from pathlib import Path

import pytest

from tests.browser.browsers import Browsers
from tests.browser.screenshots import ANONYMOUS, SIZES, take

pytestmark = pytest.mark.browser


@pytest.mark.only_chromium("Playwright adds styles to a page to take its picture, which its policy forbids in Firefox")
def test_the_pictures_of_anonymous_pages_can_be_taken(new_browser: Browsers, tmp_path: Path) -> None:
    new_browser.expect("401 POST .*/sign-in/email", "400 POST .*/verify-email")  # a wrong password, and an unknown link
    take(new_browser(viewport=SIZES["phone"]), ANONYMOUS, "phone", tmp_path)

    assert len(list(tmp_path.iterdir())) == 2 * len(ANONYMOUS)
