"""The patches of packages: each fits the installed version, says why it is there, and is needed."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gatehouse_dev import patches
from tests.support.layout import ROOT

PATCHES = {module.__name__.rpartition(".")[2]: module for module in patches.patches()}
PACKAGES = Path(pytest.__file__).parents[1]
LEAST = 15  # millions of instructions: 1.5 % of a bare function's cold start
BASE = "import this\nfrom this import Shelf\n"

every_patch = pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)


@every_patch
def test_a_patch_fits_and_says_what_it_saves(patch: ModuleType) -> None:
    for name, rewrite in patch.FILES.items():
        compile(rewrite((PACKAGES / name).read_text(encoding="utf-8")), name, "exec")

    assert patch.FILES
    assert patch.SAVES >= LEAST
    assert len(patch.UPSTREAM) > len("Import it later.")
    assert patch.__doc__


@every_patch
def test_a_patch_is_needed_by_the_installed_version(patch: ModuleType) -> None:
    """When this fails, upstream does what UPSTREAM says: delete the patch."""
    code = f"{patch.NEEDED}\nprint(needed)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 -- ours

    assert run.stdout == "True\n"


@pytest.mark.parametrize("change", [{"import that": ""}, {"import": ""}], ids=["gone", "twice"])
def test_a_text_that_is_not_there_once_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
) -> None:
    """Otherwise a new version would be built without the patch."""
    path = package(tmp_path, monkeypatch, patches.replacing(change))

    with pytest.raises(SystemExit, match=r"shop/stock.py has changed in a new version"):
        patches.apply_patches(tmp_path)

    assert path.read_text() == BASE


def test_a_module_that_is_gone_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch, patches.becoming("")).unlink()

    with pytest.raises(SystemExit, match=r"shop/stock.py has changed in a new version"):
        patches.apply_patches(tmp_path)


def test_a_new_text_has_the_names_that_others_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = package(tmp_path, monkeypatch, patches.becoming("class Shelf: pass"))
    patches.apply_patches(tmp_path)
    assert path.read_text() == "class Shelf: pass"

    package(tmp_path, monkeypatch, patches.becoming("class Box: pass"))
    with pytest.raises(SystemExit, match="Shelf"):
        patches.apply_patches(tmp_path)


def package(folder: Path, monkeypatch: pytest.MonkeyPatch, rewrite: patches.Rewrite) -> Path:
    """Write a package with a module that is patched, and one that imports from it; return the first."""
    patch = ModuleType("patch")
    patch.FILES = {"shop/stock.py": rewrite}  # type: ignore[attr-defined] # modules of patches have it
    monkeypatch.setattr(patches, "patches", lambda: [patch])
    (folder / "shop/parts").mkdir(parents=True, exist_ok=True)
    (folder / "shop/parts/sale.py").write_text("from shop.stock import (\n    Shelf,\n)\n")
    path = folder / "shop/stock.py"
    path.write_text(BASE)
    return path
