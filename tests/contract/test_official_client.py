"""The official better-auth client, from npm, as the judge of services that `gatehouse_dev` runs.

`sessions.test.mjs` meets the product as it comes; `sessions.short.test.mjs` meets it with the settings named `short`.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from tests.support.service import Service, running_service

HERE = Path(__file__).parent
NODE = shutil.which("node")
SETTINGS = {
    "default": {"trusted_origins": "https://*.example.com,myapp://,otherapp://cb"},
    "open": {"require_email_verification": "false", "cookie_cache_age": "300"},
    "short": {
        "require_email_verification": "false",
        "session_lifetime": "5",
        "session_update_age": "1",
        "session_fresh_age": "2",
        "access_token_lifetime": "2",
        "verification_lifetime": "1",
        "reset_lifetime": "1",
    },
    "strict": {
        "require_email_verification": "false",
        "secure_cookies": "on",
        "cookie_same_site": "none",
        "cookie_domain": "localhost",
        "rate_limits": "on",
        "rate_limit_sign_in": "6/3",
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
    not (NODE and (HERE / "node_modules").is_dir()),
    reason="NO NODE: the contract with the official client WAS NOT TESTED; install Node 20 or later and npm",
)


def settings_of(script: str) -> str:
    """The name of a script's settings: `short` for `sessions.short.test.mjs`."""
    _, *named = script.removesuffix(".test.mjs").split(".")
    return named[0] if named else "default"


def scripts() -> Iterator[object]:
    """Each file of the contract; those with the same settings stay in one process of pytest, and share a service."""
    for script in sorted((path.name for path in HERE.glob("*.test.mjs")), key=settings_of):
        yield pytest.param(script, marks=pytest.mark.xdist_group(f"contract {settings_of(script)}"))


@pytest.fixture(scope="module")
def running() -> Iterator[Callable[[str], Service]]:
    """The product with settings of that name, on a free port: started when first asked for."""
    with ExitStack() as services:
        yield cache(lambda name: services.enter_context(running_service(**SETTINGS[name])))


@pytest.mark.parametrize("script", list(scripts()))
def test_the_official_client_works_with_us(running: Callable[[str], Service], script: str) -> None:
    """Each file of the contract runs as it would in CI of a frontend."""
    service = running(settings_of(script))
    run = subprocess.run(  # noqa: S603 -- our own file
        [str(NODE), "--test-reporter=spec", script],
        cwd=HERE,
        env=os.environ | {"GATEHOUSE_URL": service.url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr + service.log()
