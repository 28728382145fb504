"""The layers as they were built for both architectures."""

import struct
from pathlib import Path

import pytest

from gatehouse_dev.prepare_build import size
from tests.support.layout import ROOT

pytestmark = pytest.mark.built
BUILDS = ROOT / ".aws-sam"
MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}  # e_machine of the ELF header
LARGEST = 45  # MB, both layers together; Lambda takes 250
MAGIC = b"\x7fELF\x02\x01"  # 64 bits, little end first

every_architecture = pytest.mark.parametrize("architecture", MACHINES)


def layer(architecture: str, name: str) -> Path:
    """Where Lambda takes modules from."""
    return BUILDS / architecture / name / "python"


@every_architecture
def test_what_is_native_is_for_the_processors_that_it_will_run_on(architecture: str) -> None:
    native = sorted(layer(architecture, "VendorLayer").rglob("*.so*"))

    assert {"_cffi_backend", "_bcrypt", "_pydantic_core", "_rust", "_ffi"} <= {
        path.name.partition(".")[0] for path in native
    }
    for path in native:
        header = path.read_bytes()[:20]
        assert header.startswith(MAGIC), path
        assert struct.unpack_from("<H", header, 18) == (MACHINES[architecture],), path


@every_architecture
def test_layers_are_small(architecture: str) -> None:
    assert size(layer(architecture, "VendorLayer")) + size(layer(architecture, "CommonLayer")) <= LARGEST


@every_architecture
def test_everything_is_compiled_and_believed_unseen(architecture: str) -> None:
    """PEP 552: the second word says by hash, without a look at the source, whose time packaging does not keep."""
    modules = list((BUILDS / architecture).rglob("*.py"))
    compiled = list((BUILDS / architecture).rglob("*.pyc"))
    packages = [path for path in modules if layer(architecture, "VendorLayer") in path.parents]

    assert packages == []
    assert len(compiled) > len(modules) > 100
    assert {path.stem for path in modules} <= {path.name.partition(".")[0] for path in compiled}
    assert {path.read_bytes()[4:8] for path in compiled} == {b"\x01\x00\x00\x00"}
