"""What `make build` does to what `sam build` made: `python -m gatehouse_dev.preparing [.aws-sam/build]`.

Lambda cannot keep what Python compiles, for layers and functions are read-only there: unless bytecode is shipped, every
start compiles all of it. And whatever lies in a layer is unpacked and looked through. So bytecode is made here, and
what no function reads is taken out. `make test-built` runs the tests on what is left.
"""
# ruff: noqa: T201 -- it reports to a person

import sys
from pathlib import Path

from gatehouse_dev.compiling import compile_our_own, compile_packages, note_what_is_compiled
from gatehouse_dev.gathering import gather, modules
from gatehouse_dev.minifying import minify_pages
from gatehouse_dev.trimming import trim

BUILT = Path(".aws-sam/build")


def main(folder: Path) -> int:
    """Prepare a build for the Python that runs this, which must be of the version that Lambda runs."""
    vendor, common = folder / "VendorLayer" / "python", folder / "CommonLayer" / "python"
    before = size(vendor)
    trim(vendor)
    compile_packages(vendor)
    for built in folder.iterdir():
        if built.is_dir() and built != vendor.parent:
            compile_our_own(built)
    minify_pages(common)
    loaded = note_what_is_compiled(folder)
    compile_our_own(common / "gatehouse/pages/compiled")
    gather(vendor, "packages.bin", loaded)
    gather(common, "gatehouse.bin", modules(common))
    print(f"packages {before:.1f} MB, now {size(vendor):.1f} MB with bytecode; our own {size(common):.1f} MB")
    return 0


def size(folder: Path) -> float:
    """Megabytes of all files."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1_000_000


if __name__ == "__main__":
    sys.exit(main(Path(*sys.argv[1:]) if sys.argv[1:] else BUILT))
