"""Minify the assets of pages, for `make build`.

It uses https://pypi.org/project/tdewolff-minify, which needs no Node.
"""

import runpy
import shutil
from pathlib import Path

import minify

_KINDS = {"js": "application/javascript", "css": "text/css"}


def minify_pages(common: Path) -> None:
    """Write the minified assets into the built layer at `common`, and delete their parts."""
    pages = common / "gatehouse" / "pages"
    for name, text in minified_assets(common).items():
        (pages / name).write_text(text, encoding="utf-8")
    for folder in ("scripts", "styles"):
        shutil.rmtree(pages / folder)


def minified_assets(common: Path) -> dict[str, str]:
    """Return the minified assets of the layer at `common`, by name."""
    assets = runpy.run_path(str(common / "gatehouse" / "pages" / "assets.py"))  # the package reads settings
    return {name: _minify(assets["assemble"](name), name.rpartition(".")[2]) for name in assets["PARTS"]}


def _minify(text: str, kind: str) -> str:
    """Minify a text; a script becomes one block, so that its own names can be shortened."""
    small: str = minify.string(_KINDS[kind], f"(()=>{{{text}}})()" if kind == "js" else text)
    return small
