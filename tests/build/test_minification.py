"""Assembly and minification of the pages' scripts and styles."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gatehouse_dev.minification import minified_assets, minify_pages
from tests.support.layer import layer
from tests.support.layout import LAYER

PAGES = LAYER / "gatehouse/pages"
PARTS = [*(PAGES / "scripts").iterdir(), *(PAGES / "styles").iterdir()]
SCRIPTS = [
    "gatehouse.js",
    "mailed.js",
    "second-step.js",
    "passkeys.js",
    "session.js",
    "account.js",
    "tasks.js",
    "button.js",
]
NAMES = [*SCRIPTS, "gatehouse.css"]
MAX_SCRIPT_SIZE = 30_000  # bytes, of all that a page loads

every_part = pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)


@pytest.fixture
def assets(running_cloud: object) -> Iterator[Any]:
    """The layer's module. Its cache is empty before and after the test."""
    assert running_cloud
    found = layer("pages.assets")
    found.find_asset.cache_clear()
    yield found
    found.find_asset.cache_clear()


def test_every_part_belongs_to_a_file(assets: Any) -> None:
    named = {f"{part}.{name.rpartition('.')[2]}" for name, parts in assets.PARTS.items() for part in parts}

    assert {path.name for path in PARTS} == named
    assert set(NAMES) == set(assets.PARTS)


@pytest.mark.parametrize("path", sorted((PAGES / "scripts").iterdir()), ids=lambda path: path.name)
def test_a_part_imports_what_another_script_exports_and_uses_it(assets: Any, path: Path) -> None:
    text = path.read_text()
    for names, script in re.findall(r'^import \{ (.*) \} from "\./(.*)"$', text, re.MULTILINE):
        (exported,) = re.findall(r"^export \{ (.*) \}$", assets.assemble(script), re.MULTILINE)
        assert set(names.split(", ")) <= set(exported.split(", "))
        assert [name for name in names.split(", ") if not _uses(text, name)] == []


def _uses(text: str, name: str) -> bool:
    """Whether a script has a name in another place than an import."""
    body = re.sub(r"^import .*$", "", text, flags=re.MULTILINE)
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", body) is not None


def test_a_script_names_the_others_by_content(assets: Any) -> None:
    """So a page never runs a script with that of another release."""
    for name in SCRIPTS:
        found = set(re.findall(r'"\./([\w.-]+)"', assets.find_asset(name).text))
        sources = set(re.findall(r'from "\./([\w.-]+)"', assets.assemble(name)))
        assert found == {assets.find_asset(source).name for source in sources}


@every_part
def test_no_template_string_or_comment_spans_lines(path: Path) -> None:
    """The minifier trims lines one by one."""
    lines = path.read_text().splitlines()

    assert [line for line in lines if line.count("`") % 2 or line.count("/*") != line.count("*/")] == []


@every_part
def test_no_destructuring_uses_a_name_of_the_line_before(path: Path) -> None:
    """The minifier joins such lines and puts destructuring first, where the name is not defined yet."""
    lines_with_use = [
        following
        for line, following in pairwise(path.read_text().splitlines())
        if (found := re.match(r"\s*const (\w+) =", line))
        and re.match(r"\s*const [{\[]", following)
        and re.search(rf"\b{found[1]}\b", following)
    ]

    assert lines_with_use == []


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.skipif(not shutil.which("node"), reason="NO NODE: the syntax of scripts WAS NOT TESTED")
def test_a_script_is_valid_javascript(assets: Any, name: str) -> None:
    """All parts share one scope, so a name defined twice is a syntax error."""
    for text in (assets.assemble(name), minified_assets(LAYER)[name]):
        run = subprocess.run(["node", "--check", "--input-type=module", "-"], input=text, text=True, check=False)  # noqa: S607
        assert run.returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_built_files_replace_the_parts_and_have_names_by_content(
    assets: Any, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parts = assets.find_asset(name)
    shutil.copytree(PAGES, tmp_path / "gatehouse/pages")
    minify_pages(tmp_path)
    monkeypatch.setattr(assets, "_FOLDER", tmp_path / "gatehouse/pages")
    assets.find_asset.cache_clear()
    built = assets.find_asset(name)

    assert re.sub(r"\.[0-9a-f]{12}\.js", ".js", built.text) == minified_assets(LAYER)[name] != parts.text
    assert built.name != parts.name
    stem, _, suffix = name.partition(".")
    assert all(re.fullmatch(rf"{stem}\.[0-9a-f]{{12}}\.{suffix}", one.name) for one in (built, parts))
    assert not {"scripts", "styles"} & {path.name for path in assets._FOLDER.iterdir()}


@pytest.mark.parametrize("page", sorted((PAGES / "templates").glob("*.html")), ids=lambda page: page.stem)
def test_the_scripts_of_a_page_are_small(page: Path) -> None:
    """All pages load the script that `base.html` names. The sign-in page is the first that anybody sees."""
    sizes = {name: len(text.encode()) for name, text in minified_assets(LAYER).items()}
    loaded = {"gatehouse.js", *re.findall(r'parts\.script\("(.*?)"\)', page.read_text())}

    assert sum(sizes[name] for name in loaded) < MAX_SCRIPT_SIZE / (2 if page.stem == "sign-in" else 1)
    assert sizes["button.js"] < 2_500
    assert min(sizes.values()) > 1000
