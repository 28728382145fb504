"""Tests with the official better-auth client from npm, against services run by `gatehouse_dev`.

`sessions.test.mjs` uses the default settings, `rates.strict.test.mjs` those named `strict`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock

import pytest

from tests.contract import node
from tests.support.service import running_service

HERE = Path(__file__).parent
SETTINGS = {
    "default": {"trusted_origins": "https://*.example.com,myapp://,otherapp://cb", "confirm_email_change": "false"},
    "no_verification": {"require_email_verification": "false", "cookie_cache_age": "300"},
    "short_lifetimes": {
        "require_email_verification": "false",
        "session_lifetime": "5000",
        "session_update_age": "1000",
        "session_fresh_age": "2000",
        "access_token_lifetime": "2000",
        "verification_lifetime": "1000",
        "reset_lifetime": "1000",
    },
    "strict": {
        "require_email_verification": "false",
        "secure_cookies": "on",
        "cookie_same_site": "none",
        "cookie_domain": "localhost",
        "rate_limits": "on",
        "rate_limit_sign_in": "10/600",
        "rate_limit_failed_sign_ins": "2/900",
    },
    "optional_behaviour": {
        "send_verification_on_sign_in": "true",
        "auto_sign_in_after_verification": "true",
        "reveal_existing_users": "true",
        "confirm_email_change": "true",
        "delete_user_by_mail": "true",
        "secure_cookies": "on",
    },
}

pytestmark = pytest.mark.skipif(
    not (node.NODE and (HERE / "node_modules").is_dir()),
    reason="NO NODE: the contract with the official client WAS NOT TESTED; install Node 20 or later and npm",
)


def scripts() -> Iterator[object]:
    """Return each script. Those of a group start together in one pytest process."""
    for script in sorted(path.name for path in HERE.glob("*.test.mjs")):
        group = "default" if node.settings_of(script, "default") == "default" else "settings"
        yield pytest.param(group, script, id=script, marks=pytest.mark.xdist_group(f"contract {group}"))


@contextmanager
def environment(settings: str) -> Iterator[node.Environment]:
    """Run the service with these settings."""
    with running_service(**SETTINGS[settings]) as service:
        yield node.Environment(service=service, lock=Lock() if settings == "strict" else nullcontext())


@pytest.fixture(scope="module")
def check_script(request: pytest.FixtureRequest) -> Iterator[node.Check]:
    """Run all scripts of the group. Call it with a script to fail if that failed."""
    with node.running([HERE / script for script in node.selected_scripts(request)], "default", environment) as check:
        yield check


@pytest.mark.parametrize(("check_script", "script"), list(scripts()), indirect=["check_script"], scope="module")
def test_the_official_client_works_with_the_service(check_script: node.Check, script: str) -> None:
    """Each script passes against the service."""
    check_script(script)
