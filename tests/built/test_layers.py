"""The built layers."""

import struct
from pathlib import Path

import pytest

from gatehouse_dev.prepare_build import size
from tests.built.builds import BUILDS

pytestmark = pytest.mark.built
MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}  # e_machine of the ELF header
MAX_SIZE = 45  # MB, both layers together; Lambda takes 250
MAGIC = b"\x7fELF\x02\x01"  # 64 bits, little-endian

every_architecture = pytest.mark.parametrize("architecture", BUILDS)


def layer(architecture: str, name: str) -> Path:
    """Return the folder of the layer's modules."""
    return BUILDS[architecture] / name / "python"


@every_architecture
def test_native_modules_are_for_the_right_processor(architecture: str) -> None:
    native = sorted(layer(architecture, "VendorLayer").rglob("*.so*"))

    assert {"_cffi_backend", "_bcrypt", "_pydantic_core", "_rust", "_ffi"} <= {
        path.name.partition(".")[0] for path in native
    }
    for path in native:
        header = path.read_bytes()[:20]
        assert header.startswith(MAGIC), path
        assert struct.unpack_from("<H", header, 18) == (MACHINES[architecture],), path


@every_architecture
def test_the_layers_are_small(architecture: str) -> None:
    assert size(layer(architecture, "VendorLayer")) + size(layer(architecture, "CommonLayer")) <= MAX_SIZE


@every_architecture
def test_all_modules_are_compiled_and_not_checked_against_their_sources(architecture: str) -> None:
    """PEP 552, unchecked hash-based pycs: packaging does not preserve the modification times of sources."""
    modules = list(BUILDS[architecture].rglob("*.py"))
    compiled = list(BUILDS[architecture].rglob("*.pyc"))
    packages = [path for path in modules if layer(architecture, "VendorLayer") in path.parents]

    assert packages == []
    assert len(compiled) > len(modules) > 100
    assert {path.stem for path in modules} <= {path.name.partition(".")[0] for path in compiled}
    assert {path.read_bytes()[4:8] for path in compiled} == {b"\x01\x00\x00\x00"}
