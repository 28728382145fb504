"""The files of pages, small: what `make build` puts in the place of their parts.

https://pypi.org/project/tdewolff-minify: as good as what frontends are bundled with, and no Node.
"""

import shutil
from pathlib import Path

import minify

from gatehouse.pages.assets import PARTS, assembled

_KINDS = {"js": "application/javascript", "css": "text/css"}


def minify_pages(common: Path) -> None:
    """Put each file whole into the built layer at `common`, and take its parts out."""
    pages = common / "gatehouse" / "pages"
    for name in PARTS:
        (pages / name).write_text(minified(name), encoding="utf-8")
    for folder in ("scripts", "styles"):
        shutil.rmtree(pages / folder)


def minified(name: str) -> str:
    """A file without what only people read. All of it is in one block, so that its own names may be short ones."""
    text, kind = assembled(name), name.rpartition(".")[2]
    small: str = minify.string(_KINDS[kind], f"(()=>{{{text}}})()" if kind == "js" else text)
    return small
