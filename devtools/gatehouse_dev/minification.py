"""Minify the assets of pages, for `make build`.

It uses https://pypi.org/project/tdewolff-minify, which needs no Node.
"""

import re
import runpy
import shutil
from pathlib import Path

import minify

_SCRIPT = re.compile(r"(?P<imports>(?:import [^\n]*\n)*)(?P<own>.*?)(?:export \{(?P<exports>[^\n]*)\}\n)?", re.DOTALL)
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
    small: str = minify.string(_KINDS[kind], _in_a_block(text) if kind == "js" else text)
    return small


def _in_a_block(script: str) -> str:
    """Return a script whose own names are in one block, so that they can be shortened, between imports and exports."""
    if not (parts := _SCRIPT.fullmatch(script)):
        raise ValueError(script)
    imports, own, names = parts["imports"], parts["own"], parts["exports"]
    if not names:
        return f"{imports}(()=>{{{own}}})()"
    return f"{imports}const {{{names}}}=(()=>{{{own}return {{{names}}}}})()\nexport {{{names}}}"
