"""The compile cache: code that the build compiled is not compiled again, and is the same."""

import json
from pathlib import Path

import pytest

from tests.support.layout import LAYER, ROOT
from tests.support.processes import run_python

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
"""
RECORD = """
from pathlib import Path
from gatehouse_dev import precompile
with precompile.use_compile_cache(precompile.record):
    import shop
precompile.write_cache(Path())
Path("other").mkdir()
Path("other", precompile.FILE_NAME).write_bytes(b"other" + Path(precompile.FILE_NAME).read_bytes()[5:])
"""
USE = """
import collections, dataclasses, json, re, typing
from sys import addaudithook
from gatehouse.compile_cache import load, use_compile_cache

texts, parsed, parse, compiler = [], [], re._parser.parse, re._compiler.compile
is_string = lambda event, given: event == "compile" and given[1] == "<string>"
addaudithook(lambda event, given: texts.append(given[0]) if is_string(event, given) else None)
re._parser.parse = lambda *given, **more: parsed.append(given[0]) or parse(*given, **more)
with use_compile_cache(load().get):
    import shop
print(json.dumps({
    "compiled": [len(texts), len(parsed)],
    "restored": re._compiler.compile is compiler
        and not {"exec", "eval", "compile"} & {*vars(dataclasses), *vars(collections), *vars(typing)},
    "results": [str(shop.Box(2)), shop.Box(1) < shop.Box(2), str(shop.Pair(*range(len(shop.Pair._fields)))),
        (found := shop.WORD.match("Öl -22")) and [found.groupdict(), found.groups()], shop.WORD.flags,
        bool(shop.RAW.match(b"\\xff")), typing.get_type_hints(shop.Box)["size"].__name__,
        shop.HINTS.__args__[0].__forward_arg__]}))
"""
NOT_USED = {
    "off": {"GATEHOUSE_COMPILE_CACHE": "off"},
    "before a snapshot": {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"},
    "missing": {"LAMBDA_TASK_ROOT": "/nowhere"},
    "of another Python": {"LAMBDA_TASK_ROOT": "other"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A function's module, and the cache for it."""
    path = tmp_path_factory.mktemp("folder")
    (path / "shop.py").write_text(MODULE, encoding="utf-8")
    run(path, RECORD)
    return path


def run(folder: Path, code: str, **variables: str) -> str:
    """Return the output of a process in the folder of a function."""
    environment = {"PYTHONPATH": f"{ROOT / 'devtools'}:{LAYER}", "LAMBDA_TASK_ROOT": str(folder)} | variables
    return run_python("-c", code, environment=environment, folder=folder)


@pytest.mark.parametrize("variables", NOT_USED.values(), ids=NOT_USED)
def test_cached_code_is_the_same_as_compiled_code(folder: Path, variables: dict[str, str]) -> None:
    cached, compiled = json.loads(run(folder, USE)), json.loads(run(folder, USE, **variables))

    assert cached.pop("compiled") == [0, 0]
    assert compiled.pop("compiled") == [3, 2]
    assert cached == compiled
    assert cached["restored"]


def test_code_that_is_not_cached_is_compiled(folder: Path) -> None:
    """Another patch release of Python may generate other code for a dataclass."""
    text = MODULE.replace('"box"', '"bin"').replace("[a-zäöü]", "[a-z]").replace("left right", "left right more")
    (folder / "shop.py").write_text(text, encoding="utf-8")
    cached = json.loads(run(folder, USE))

    assert cached["compiled"] == [1, 1]
    assert cached["results"][2] == "Pair(left=0, right=1, more=2)"
