"""The patches of packages: each fits the installed version, says why it is there, and is needed."""

from pathlib import Path
from types import ModuleType

import pytest

from gatehouse_dev import patches
from tests.support.processes import run_python

PATCHES = {module.__name__.rpartition(".")[2]: module for module in patches.patches()}
PACKAGES = Path(pytest.__file__).parents[1]
LEAST = 15  # millions of instructions: 1.5 % of a bare function's cold start
BASE = "import this\nfrom this import Shelf\n"
MISFITS = {
    "the module is gone": ("shop/gone.py", ""),
    "its text is gone": ("shop/stock.py", {"import that": ""}),
    "its text is there twice": ("shop/stock.py", {"import": ""}),
    "a name is missing": ("shop/stock.py", "class Box: pass"),
}

every_patch = pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)


@every_patch
def test_a_patch_fits_and_says_what_it_saves(patch: ModuleType) -> None:
    for name, change in patch.FILES.items():
        compile(patches.changed((PACKAGES / name).read_text(encoding="utf-8"), change), name, "exec")

    assert patch.FILES
    assert patch.SAVES >= LEAST
    assert len(patch.UPSTREAM) > len("Import it later.")
    assert patch.__doc__


@every_patch
def test_a_patch_is_needed_by_the_installed_version(patch: ModuleType) -> None:
    """When this fails, upstream does what UPSTREAM says: delete the patch."""
    assert run_python("-c", f"{patch.NEEDED}\nprint(needed)") == "True\n"


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    """A module of a package, from which another folder of the package imports."""
    path = tmp_path / "shop/stock.py"
    (tmp_path / "shop/parts").mkdir(parents=True)
    (tmp_path / "shop/parts/sale.py").write_text("from shop.stock import (\n    Shelf,\n)\n")
    path.write_text(BASE)
    return path


@pytest.mark.parametrize(("name", "change"), MISFITS.values(), ids=MISFITS)
def test_a_change_that_does_not_fit_stops_the_build(
    tmp_path: Path, stock: Path, name: str, change: patches.Change
) -> None:
    """Otherwise a new version would be built without the patch."""
    with pytest.raises(SystemExit, match=rf"{name} has changed in a new version"):
        patches.apply_change(tmp_path, name, change)

    assert stock.read_text() == BASE


def test_a_new_module_with_all_names_replaces_the_old(tmp_path: Path, stock: Path) -> None:
    patches.apply_change(tmp_path, "shop/stock.py", "class Shelf: pass")

    assert stock.read_text() == "class Shelf: pass"
