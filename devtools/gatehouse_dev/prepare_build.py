"""Post-process the output of `sam build`: `python -m gatehouse_dev.prepare_build [.aws-sam/build]`.

Layers and functions are read-only in Lambda, so Python cannot cache bytecode there: without shipped bytecode, every
start compiles everything. Unused files make a layer larger and slower to search. So bytecode is compiled here, and
unused files are removed. `make test-built` tests the result.
"""
# ruff: noqa: T201 -- a command line tool

import sys
from pathlib import Path

from gatehouse_dev.compilation import compile_own_modules, compile_packages, write_compile_cache
from gatehouse_dev.minification import minify_pages
from gatehouse_dev.package_trimming import trim

BUILT = Path(".aws-sam/build")


def main(folder: Path) -> int:
    """Prepare a build with this interpreter, which must have the version of Lambda."""
    vendor, common = folder / "VendorLayer" / "python", folder / "CommonLayer" / "python"
    before = size(vendor)
    trim(vendor)
    compile_packages(vendor)
    for built in folder.iterdir():
        if built.is_dir() and built != vendor.parent:
            compile_own_modules(built)
    minify_pages(common)
    write_compile_cache(folder)
    compile_own_modules(common / "gatehouse/pages/compiled")
    print(f"packages {before:.1f} MB, now {size(vendor):.1f} MB with bytecode; our own {size(common):.1f} MB")
    return 0


def size(folder: Path) -> float:
    """Return the total size in megabytes."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1_000_000


if __name__ == "__main__":
    sys.exit(main(Path(*sys.argv[1:]) if sys.argv[1:] else BUILT))
