"""The files of pages, small: what `make build` puts in the place of their parts.

https://pypi.org/project/tdewolff-minify: as good as what frontends are bundled with, and no Node.
"""

import runpy
import shutil
from pathlib import Path

import minify

_KINDS = {"js": "application/javascript", "css": "text/css"}


def minify_pages(common: Path) -> None:
    """Put each file whole into the built layer at `common`, and take its parts out."""
    pages = common / "gatehouse" / "pages"
    for name, text in minified(common).items():
        (pages / name).write_text(text, encoding="utf-8")
    for folder in ("scripts", "styles"):
        shutil.rmtree(pages / folder)


def minified(common: Path) -> dict[str, str]:
    """The files of the layer at `common`, by name, without what only people read."""
    assets = runpy.run_path(str(common / "gatehouse" / "pages" / "assets.py"))  # the package would ask for settings
    return {name: _small(assets["assembled"](name), name.rpartition(".")[2]) for name in assets["PARTS"]}


def _small(text: str, kind: str) -> str:
    """All of a script is in one block, so that its own names may be short ones."""
    small: str = minify.string(_KINDS[kind], f"(()=>{{{text}}})()" if kind == "js" else text)
    return small
