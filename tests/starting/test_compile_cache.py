"""The compile cache: code that the build compiled is not compiled again, and is the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gatehouse_dev import precompile
from tests.support.layout import ROOT

MODULE = """
import re, typing
from collections import namedtuple
from dataclasses import dataclass

@dataclass(frozen=True, slots=True, order=True)
class Box:
    size: "int"
    name: str = "box"

Pair = namedtuple("Pair", "left right")
WORD = re.compile(r"(?P<first>[a-zäöü]+)\\s*(?:-|–)?(\\d{2,4})?", re.IGNORECASE | re.VERBOSE)
RAW = re.compile(rb"\\xff+")
HINTS = typing.Optional["Box"]
handler = None
"""
RECORD = """
import sys
import precompile
precompile.record_compilations()
import shop
precompile.write_cache(sys.argv[1])
"""
USE = """
import collections, dataclasses, json, re, sys, typing
from pathlib import Path
from gatehouse import compile_cache
compile_cache.CACHE_FILE = Path(sys.argv[1])
real_compile = re._compiler.compile
texts, parsed = [], []
of_a_string = lambda event, given: event == "compile" and given[1] == "<string>"
sys.addaudithook(lambda event, given: texts.append(given[0]) if of_a_string(event, given) else None)
real = re._parser.parse
re._parser.parse = lambda *given, **more: parsed.append(given[0]) or real(*given, **more)
with compile_cache.use_compile_cache():
    import shop
compiled, expressions = len(texts), len(parsed)
hooks = ((dataclasses, "exec"), (collections, "eval"), (typing, "compile"))
left = [name for module, name in hooks if name in vars(module)] + ["re"] * (re._compiler.compile is not real_compile)
found = shop.WORD.match("Öl -22")
print(json.dumps({
    "compiled": compiled, "expressions": expressions, "left": left,
    "same": [str(shop.Box(2)), shop.Box(1) < shop.Box(2), str(shop.Pair(1, 2)), found and found.groupdict(),
             found and found.groups(), shop.WORD.flags, bool(shop.RAW.match(b"\\xff")),
             typing.get_type_hints(shop.Box)["size"].__name__,
             shop.HINTS.__args__[0].__forward_arg__]}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module, and the cache for it."""
    path = tmp_path_factory.mktemp("folder")
    (path / "shop.py").write_text(MODULE, encoding="utf-8")
    run(path, RECORD)
    return path


def run(folder: Path, code: str, **variables: str) -> str:
    """Return the output of a process that starts in a folder; the cache file is its argument."""
    paths = [str(folder), str(Path(precompile.__file__).parent), str(ROOT / "layers/common")]
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", code, str(folder / "cache")],
        env={"PYTHONPATH": ":".join(paths)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_cached_code_is_not_compiled_again_and_is_the_same(folder: Path) -> None:
    cached = json.loads(run(folder, USE))

    assert (cached["compiled"], cached["expressions"], cached["left"]) == (0, 0, [])

    cache = (folder / "cache").read_bytes()
    (folder / "cache").unlink()
    compiled = json.loads(run(folder, USE))
    (folder / "cache").write_bytes(cache)

    assert compiled["compiled"] == 3
    assert compiled["expressions"] == 2
    assert compiled["same"] == cached["same"]


def test_a_cache_of_another_python_is_ignored(folder: Path) -> None:
    cache = (folder / "cache").read_bytes()
    (folder / "cache").write_bytes(b"other" + cache[5:])

    assert json.loads(run(folder, USE))["expressions"] == 2
    (folder / "cache").write_bytes(cache)


@pytest.mark.parametrize(
    "variable", [{"GATEHOUSE_COMPILE_CACHE": "off"}, {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}], ids=str
)
def test_the_cache_can_be_turned_off_and_is_not_used_before_a_snapshot(folder: Path, variable: dict[str, str]) -> None:
    assert json.loads(run(folder, USE, **variable))["expressions"] == 2


def test_code_that_is_not_cached_is_compiled(folder: Path) -> None:
    """Another patch release of Python may generate other code for a dataclass."""
    text = MODULE.replace('"box"', '"bin"').replace("[a-zäöü]", "[a-z]").replace("left right", "left right more")
    (folder / "shop.py").write_text(text, encoding="utf-8")
    cached = json.loads(run(folder, USE.replace("shop.Pair(1, 2)", "shop.Pair(1, 2, 3)")))

    assert cached["expressions"] == 1
    assert cached["same"][2] == "Pair(left=1, right=2, more=3)"
