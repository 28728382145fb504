"""Pinned requirements follow pyproject.toml, have hashes, and are installed."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.markers import Marker

from gatehouse_dev.digest import digest

ROOT = Path(__file__).parents[2]
COMPILED = [ROOT / "requirements/dev.txt", ROOT / "layers/vendor/requirements.txt", ROOT / "requirements/audit.txt"]
COMPILED += [ROOT / "requirements/uv.txt"]
NPM_CI = re.compile(r"\bnpm ci\b")
_PIN = re.compile(r"^([\w.-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    """Return names and versions of the pins for this platform."""
    found = _PIN.findall(path.read_text(encoding="utf-8"))
    return {name: number for name, number, marker in found if not marker or Marker(marker).evaluate()}


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_compiled_requirements_follow_the_project(path: Path) -> None:
    """`make lock` records which dependencies it compiled."""
    assert f"make lock, from dependencies {digest()}\n" in path.read_text(encoding="utf-8"), "run make lock"


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_pin_has_hashes(path: Path) -> None:
    """Pip refuses a package with another hash."""
    text = path.read_text(encoding="utf-8")
    names = re.findall(r"^[\w.-]+==", text, re.MULTILINE)

    assert len(names) == len(re.findall(r"^[\w.-]+==.*\\\n    --hash=sha256:", text, re.MULTILINE))


def test_functions_run_with_the_tested_versions() -> None:
    """The layer's packages have the versions of the development environment, and those are installed."""
    layer, dev = (pins(path) for path in (COMPILED[1], COMPILED[0]))

    assert layer.items() <= dev.items()
    assert {name: version(name) for name in dev} == dev


def test_boto3_is_not_in_the_layer() -> None:
    """Functions use botocore; boto3 is for development."""
    assert "boto3" not in pins(COMPILED[1])


def test_make_installs_the_pinned_uv_by_its_hash_and_uses_no_other_version() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert list(pins(ROOT / "requirements/uv.txt")) == ["uv"]
    assert "pip install --quiet --disable-pip-version-check --require-hashes" in makefile
    assert makefile.count("pip install") == 1
    assert 'grep -q "^uv $(UV_VERSION)\\b"' in makefile


def test_npm_runs_no_scripts_of_packages() -> None:
    files = [ROOT / "Makefile", *ROOT.glob("examples/*/README.md")]
    files += [*(ROOT / ".github").rglob("*.yml"), ROOT / ".ci/run"]
    commands = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if NPM_CI.search(line)]

    assert len(commands) >= 3
    assert [line for line in commands if "--ignore-scripts" not in line] == []
