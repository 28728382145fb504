"""Pinned requirements follow pyproject.toml, have hashes, and are installed."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.markers import Marker

from gatehouse_dev.digest import digest

ROOT = Path(__file__).parents[2]
COMPILED = [ROOT / "requirements/dev.txt", ROOT / "layers/vendor/requirements.txt", ROOT / "requirements/audit.txt"]
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
