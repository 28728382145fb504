"""Two builds: a deployment replaces what has changed, and nothing else."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from samcli.lib.utils.hash import dir_checksum

from tests.built.builds import BUILDS, THIS_MACHINES
from tests.support.layout import ROOT

pytestmark = pytest.mark.built
SOURCES = ("Makefile", "devtools", "functions", "layers", "requirements", "samconfig.toml", "template.yaml")
HANDLER, MODULE = "functions/tasks/create_task/handler.py", "layers/common/gatehouse/clock.py"
ADDED = """
import re
from dataclasses import dataclass

@dataclass
class Added:
    number: "int"

ADDED = re.compile("(added|number)+")
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources in another folder, with other modification times."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def uploads(build: Path) -> set[tuple[str, str]]:
    """Return layers and functions with the key that each has in S3: `sam deploy` replaces those with another one."""
    return {(folder.name, dir_checksum(str(folder))) for folder in build.iterdir() if folder.is_dir()}


@pytest.mark.parametrize(
    ("changed", "expected"), [("", set()), (HANDLER, {"CreateTask"}), (MODULE, {"CommonLayer"})], ids=str
)
def test_a_deployment_replaces_what_has_changed(checkout: Path, changed: str, expected: set[str]) -> None:
    """The order of sets is another in each build, too."""
    if changed:
        (checkout / changed).write_text((ROOT / changed).read_text() + ADDED)
    seed = {"PYTHONHASHSEED": str(1 + len(changed))}
    subprocess.run(["make", "-o", ".venv/ready", "bench-build"], cwd=checkout, env=os.environ | seed, check=True)  # noqa: S607
    if changed:
        shutil.copyfile(ROOT / changed, checkout / changed)

    before, after = uploads(BUILDS[THIS_MACHINES]), uploads(checkout / ".cache/bench/built")
    assert {name for name, _ in before ^ after} == expected
