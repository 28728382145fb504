"""The files of pages: put together from their parts, and small as they deploy."""

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
MOST_SCRIPT = 30_000  # bytes, of all pages and the button together


def test_every_part_is_in_a_file(running_cloud: object) -> None:
    assert running_cloud
    named = {
        f"{part}.{name.rpartition('.')[2]}" for name, parts in layer("pages.assets").PARTS.items() for part in parts
    }

    assert {path.name for path in PARTS} == named


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
def test_nothing_of_more_than_one_line_loses_its_sense_without_indentation(path: Path) -> None:
    """Texts between backticks and comments must end on their line: lines are trimmed one by one."""
    odd = [
        line for line in path.read_text().splitlines() if line.count("`") % 2 or line.count("/*") != line.count("*/")
    ]

    assert odd == []


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
def test_nothing_is_taken_apart_that_the_line_before_made(path: Path) -> None:
    """The minifier joins such lines, and puts what takes apart first: the name before it would not be there yet."""
    lines = path.read_text().splitlines()
    named = [(re.match(r"\s*const (\w+) =", line), following) for line, following in pairwise(lines)]
    wrong = [
        following
        for found, following in named
        if found and re.match(r"\s*const [{\[]", following) and re.search(rf"\b{found[1]}\b", following)
    ]

    assert wrong == []


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.skipif(not shutil.which("node"), reason="NO NODE: whether scripts can be read WAS NOT TESTED")
def test_a_script_can_be_read(running_cloud: object, name: str) -> None:
    """All parts share one scope: two of one name would break every page."""
    assert running_cloud
    for text in (layer("pages.assets").assemble(name), minified_assets(LAYER)[name]):
        run = subprocess.run(["node", "--check", "--input-type=module", "-"], input=text, text=True, check=False)  # noqa: S607
        assert run.returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_name_changes_with_what_is_in_the_file(
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
def test_what_was_built_takes_the_place_of_the_parts(
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


def test_all_scripts_together_are_small() -> None:
    sizes = [len(minified_assets(LAYER)[name].encode()) for name in SCRIPTS]

    assert sum(sizes) < MOST_SCRIPT
    assert min(sizes) > 1000
