"""Assembly and minification of the pages' scripts and styles."""

import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from gatehouse_dev.minification import minified_assets, minify_pages
from tests.support.layer import layer
from tests.support.layout import LAYER

PAGES = LAYER / "gatehouse" / "pages"
PARTS = [*(PAGES / "scripts").iterdir(), *(PAGES / "styles").iterdir()]
SCRIPTS, NAMES = ["gatehouse.js", "button.js"], ["gatehouse.js", "gatehouse.css", "button.js"]
MAX_SCRIPT_SIZE = 30_000  # bytes, of all pages and the button together


def test_every_part_belongs_to_a_file(running_cloud: object) -> None:
    assert running_cloud
    named = {
        f"{part}.{name.rpartition('.')[2]}" for name, parts in layer("pages.assets").PARTS.items() for part in parts
    }

    assert {path.name for path in PARTS} == named


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
def test_no_template_string_or_comment_spans_lines(path: Path) -> None:
    """The minifier trims lines one by one."""
    spanning = [
        line for line in path.read_text().splitlines() if line.count("`") % 2 or line.count("/*") != line.count("*/")
    ]

    assert spanning == []


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
def test_no_destructuring_uses_a_name_of_the_line_before(path: Path) -> None:
    """The minifier joins such lines and puts destructuring first, where the name is not defined yet."""
    lines = path.read_text().splitlines()
    named = [(re.match(r"\s*const (\w+) =", line), following) for line, following in pairwise(lines)]
    lines_with_use = [
        following
        for found, following in named
        if found and re.match(r"\s*const [{\[]", following) and re.search(rf"\b{found[1]}\b", following)
    ]

    assert lines_with_use == []


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.skipif(not shutil.which("node"), reason="NO NODE: the syntax of scripts WAS NOT TESTED")
def test_a_script_is_valid_javascript(running_cloud: object, name: str) -> None:
    """All parts share one scope, so a name defined twice is a syntax error."""
    assert running_cloud
    for text in (layer("pages.assets").assemble(name), minified_assets(LAYER)[name]):
        run = subprocess.run(["node", "--check", "--input-type=module", "-"], input=text, text=True, check=False)  # noqa: S607
        assert run.returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_files_name_changes_with_its_content(
    running_cloud: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert running_cloud
    assets = layer("pages.assets")
    before = assets.find_asset(name).name
    monkeypatch.setattr(assets, "assemble", lambda _: "other")
    assets.find_asset.cache_clear()
    after = assets.find_asset(name).name
    monkeypatch.undo()
    assets.find_asset.cache_clear()

    assert re.fullmatch(r"(gatehouse|button)\.[0-9a-f]{12}\.(js|css)", before)
    assert after != before == assets.find_asset(name).name


@pytest.mark.parametrize("name", NAMES)
def test_built_files_replace_the_parts(
    running_cloud: object, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert running_cloud
    pages = tmp_path / "gatehouse" / "pages"
    shutil.copytree(PAGES, pages)
    minify_pages(tmp_path)
    assets = layer("pages.assets")
    monkeypatch.setattr(assets, "_FOLDER", pages)
    assets.find_asset.cache_clear()
    text = assets.find_asset(name).text
    monkeypatch.undo()
    assets.find_asset.cache_clear()

    assert text == minified_assets(LAYER)[name]
    assert not (pages / "scripts").exists()
    assert not (pages / "styles").exists()


def test_the_scripts_are_small() -> None:
    sizes = [len(minified_assets(LAYER)[name].encode()) for name in SCRIPTS]

    assert sum(sizes) < MAX_SCRIPT_SIZE
    assert min(sizes) > 1000
