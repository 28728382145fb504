"""The built layers."""

import pytest

from gatehouse_dev.prepare_build import size
from tests.built.builds import BUILDS

pytestmark = pytest.mark.built
MACHINES = {"arm64": b"\xb7\0", "x86_64": b"\x3e\0"}  # e_machine of the ELF header
MAX_SIZE = 45  # MB, both layers together; Lambda takes 250
MAGIC = b"\x7fELF\x02\x01"  # 64 bits, little-endian
WITH_NATIVE_CODE = {"_cffi_backend", "_bcrypt", "_pydantic_core", "_rust", "_ffi"}

every_architecture = pytest.mark.parametrize("architecture", BUILDS)


@every_architecture
def test_native_modules_are_for_the_right_processor(architecture: str) -> None:
    headers = {path: path.read_bytes()[:20] for path in (BUILDS[architecture] / "VendorLayer").rglob("*.so*")}
    expected = MAGIC + MACHINES[architecture]

    assert {path.name.partition(".")[0] for path in headers} >= WITH_NATIVE_CODE
    assert [path for path, header in headers.items() if header[:6] + header[18:] != expected] == []


@every_architecture
def test_the_layers_are_small(architecture: str) -> None:
    assert sum(size(BUILDS[architecture] / name) for name in ("VendorLayer", "CommonLayer")) <= MAX_SIZE


@every_architecture
def test_all_modules_are_compiled_and_not_checked_against_their_sources(architecture: str) -> None:
    """PEP 552, unchecked hash-based pycs: packaging does not preserve the modification times of sources."""
    modules, compiled = (set(BUILDS[architecture].rglob(f"*.{kind}")) for kind in ("py", "pyc"))

    assert [path for path in modules if "VendorLayer" in path.parts] == []
    assert len(compiled) > len(modules) > 100
    assert {path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc" for path in modules} <= compiled
    assert {path.read_bytes()[4:8] for path in compiled} == {b"\x01\x00\x00\x00"}
