"""Pinned requirements follow pyproject.toml, have hashes, and are installed."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.markers import Marker

from gatehouse_dev.digest import digest
from tests.support.layout import ROOT

LAYER = ROOT / "layers/vendor/requirements.txt"
DEV, UV = ROOT / "requirements/dev.txt", ROOT / "requirements/uv.txt"
NPM_CI = re.compile(r"\bnpm ci\b")
_PIN = re.compile(r"^([\w.-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    """Return names and versions of the pins for this platform."""
    found = _PIN.findall(path.read_text(encoding="utf-8"))
    return {name: number for name, number, marker in found if not marker or Marker(marker).evaluate()}


@pytest.mark.parametrize("path", [*ROOT.glob("requirements/*.txt"), LAYER], ids=lambda path: path.relative_to(ROOT))
def test_compiled_requirements_follow_the_project_and_have_hashes(path: Path) -> None:
    """`make lock` records which dependencies it compiled; pip refuses a package with another hash."""
    text = path.read_text(encoding="utf-8")
    names = re.findall(r"^[\w.-]+==", text, re.MULTILINE)

    assert f"make lock, from dependencies {digest()}\n" in text, "run make lock"
    assert len(names) == len(re.findall(r"^[\w.-]+==.*\\\n    --hash=sha256:", text, re.MULTILINE)) > 0


def test_functions_run_with_the_tested_versions_and_without_boto3() -> None:
    """The layer's packages have the versions of the development environment, and those are installed."""
    layer, dev = pins(LAYER), pins(DEV)

    assert layer.items() <= dev.items()
    assert {name: version(name) for name in dev} == dev
    assert "boto3" not in layer


def test_make_installs_the_pinned_uv_by_its_hash_and_uses_no_other_version() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert list(pins(UV)) == ["uv"]
    assert "pip install --quiet --disable-pip-version-check --require-hashes" in makefile
    assert makefile.count("pip install") == 1
    assert 'grep -q "^uv $(UV_VERSION)\\b"' in makefile


def test_npm_runs_no_scripts_of_packages() -> None:
    files = [ROOT / "Makefile", *ROOT.glob("examples/*/README.md")]
    files += [*(ROOT / ".github").rglob("*.yml"), ROOT / ".ci/run"]
    commands = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if NPM_CI.search(line)]

    assert len(commands) >= 3
    assert [line for line in commands if "--ignore-scripts" not in line] == []
