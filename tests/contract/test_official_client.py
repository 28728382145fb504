"""The official better-auth client, from npm, as the judge of services that `gatehouse_dev` runs.

`sessions.test.mjs` meets the product as it comes; `sessions.short.test.mjs` meets it with the settings named `short`.
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
    "default": {"trusted_origins": "https://*.example.com,myapp://,otherapp://cb"},
    "open": {"require_email_verification": "false", "cookie_cache_age": "300"},
    "short": {
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
    "eager": {
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
    """Each file of the contract. Those of a group begin together, in one process of pytest."""
    for script in sorted(path.name for path in HERE.glob("*.test.mjs")):
        group = "default" if node.settings_of(script, "default") == "default" else "settings"
        yield pytest.param(group, script, id=script, marks=pytest.mark.xdist_group(f"contract {group}"))


@contextmanager
def place(settings: str) -> Iterator[node.Place]:
    """The product with settings of that name."""
    with running_service(**SETTINGS[settings]) as service:
        yield node.Place(service=service, turn=Lock() if settings == "strict" else nullcontext())


@pytest.fixture(scope="module")
def outcome(request: pytest.FixtureRequest) -> Iterator[node.Outcome]:
    """How a file of the group went: they have all begun when the first one is asked for."""
    with node.running([HERE / script for script in node.chosen(request)], "default", place) as outcome:
        yield outcome


@pytest.mark.parametrize(("outcome", "script"), list(scripts()), indirect=["outcome"], scope="module")
def test_the_official_client_works_with_us(outcome: node.Outcome, script: str) -> None:
    """Each file of the contract runs as it would in CI of a frontend."""
    outcome(script)
