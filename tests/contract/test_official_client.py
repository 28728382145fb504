"""The official better-auth client, from npm, as the judge of a service that `gatehouse_dev` runs."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.service import Service, running_service

HERE = Path(__file__).parent
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    not (NODE and (HERE / "node_modules").is_dir()),
    reason="NO NODE: the contract with the official client WAS NOT TESTED; install Node 20 or later and npm",
)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """The product, on a free port."""
    with running_service() as service:
        yield service


@pytest.mark.parametrize("script", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_the_official_client_works_with_us(service: Service, script: str) -> None:
    """Each file of the contract runs as it would in CI of a frontend."""
    run = subprocess.run(  # noqa: S603 -- our own file
        [str(NODE), "--test", "--test-reporter=spec", script],
        cwd=HERE,
        env=os.environ | {"GATEHOUSE_URL": service.url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr + service.log()
