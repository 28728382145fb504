"""Post-process the output of `sam build`: `python -m gatehouse_dev.prepare_build .aws-sam/build`.

Layers and functions are read-only in Lambda, so Python cannot cache bytecode there: without shipped bytecode, every
start compiles everything. Unused files make a layer larger and slower to search. So bytecode is compiled here, and
unused files are removed. The same sources give the same bytes: `sam deploy` uploads only what has others.
`make test-build` tests the result.
"""
# ruff: noqa: T201 -- a command line tool

import sys
from pathlib import Path

from gatehouse_dev.compilation import compile_own_modules, compile_packages, write_compile_caches
from gatehouse_dev.minification import minify_pages
from gatehouse_dev.package_trimming import trim


def main(folder: Path) -> None:
    """Prepare a build with this interpreter, which must have the version of Lambda."""
    vendor = folder / "VendorLayer/python"
    before = size(vendor)
    trim(vendor)
    compile_packages(vendor)
    prepare_own_modules(folder)
    print(f"packages {before:.1f} MB, now {size(vendor):.1f} MB with bytecode")


def prepare_own_modules(folder: Path) -> None:
    """Prepare all functions, and the layer that they share."""
    minify_pages(folder / "CommonLayer/python")
    write_compile_caches(folder)
    for built in folder.iterdir():
        if built.is_dir() and built.name != "VendorLayer":
            compile_own_modules(built)


def size(folder: Path) -> float:
    """Return the total size in megabytes."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1_000_000


if __name__ == "__main__":
    main(Path(sys.argv[1]))
