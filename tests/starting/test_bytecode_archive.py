"""The bytecode archive of a layer: modules are the same as from their own files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gatehouse_dev import bytecode_archive, compilation
from tests.support.layout import ROOT

START = """
import json, sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from gatehouse import bytecode_archive
bytecode_archive.install()
bytecode_archive.install()
import shop, shop.stock
from importlib.resources import files
print(json.dumps({
    "finders": sum(isinstance(finder, bytecode_archive.ArchiveFinder) for finder in sys.meta_path),
    "by": type(shop.__loader__).__name__, "late": type(shop.stock.__spec__.loader).__name__,
    "file": shop.__file__, "path": [*shop.__path__], "package": shop.stock.__package__,
    "called": shop.__spec__.loader.get_code("shop").co_filename,
    "text": files("shop").joinpath("prices.txt").read_text(), "sold": shop.stock.sold}))
"""


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A package compiled as in the layer; one of its modules is not in the archive."""
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "__init__.py").write_text("open = True\n")
    (shop / "stock.py").write_text("from shop import open\nfrom shop.sale import sold\n")
    (shop / "sale.py").write_text("sold = 3\n")
    (shop / "prices.txt").write_text("7")
    compilation.compile_packages(tmp_path)
    bytecode_archive.write_archive(tmp_path, "packages.bin", {"shop", "shop.stock", "elsewhere"})
    return tmp_path


def start(layer: Path) -> dict[str, object]:
    """Return what a process finds that imports from there."""
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", START, str(layer), str(ROOT / "layers/common")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, object] = json.loads(run.stdout)
    return found


def test_modules_from_the_archive_equal_those_from_files(layer: Path) -> None:
    shop = layer / "shop"
    (shop / "__init__.pyc").write_bytes(b"")
    (shop / "stock.pyc").write_bytes(b"")

    assert start(layer) == {
        "finders": 1,
        "by": "_ArchiveLoader",
        "late": "_ArchiveLoader",
        "file": str(shop / "__init__.pyc"),
        "path": [str(shop)],
        "package": "shop",
        "called": "/opt/python/shop/__init__.py",
        "text": "7",
        "sold": 3,
    }


def test_an_archive_of_another_python_is_ignored(layer: Path) -> None:
    file = layer / "packages.bin"
    file.write_bytes(b"none" + file.read_bytes()[4:])

    assert start(layer)["by"] == "SourcelessFileLoader"


def test_without_an_archive_modules_are_loaded_from_their_files(layer: Path) -> None:
    (layer / "packages.bin").unlink()
    found = start(layer)

    assert (found["by"], found["finders"], found["sold"]) == ("SourcelessFileLoader", 0, 3)


def test_source_modules_are_listed_by_their_import_names(tmp_path: Path) -> None:
    for name in ("shop/__init__.py", "shop/stock.py", "shop/parts/__init__.py", "single.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert bytecode_archive.layer_modules(tmp_path) == {"shop", "shop.stock", "shop.parts", "single"}
