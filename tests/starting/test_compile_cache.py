"""What the build compiled is not compiled again, and is the same."""

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
class Held:
    size: "int"
    name: str = "box"

Pair = namedtuple("Pair", "left right")
WORD = re.compile(r"(?P<first>[a-zäöü]+)\\s*(?:-|–)?(\\d{2,4})?", re.IGNORECASE | re.VERBOSE)
RAW = re.compile(rb"\\xff+")
HINTS = typing.Optional["Held"]
handler = None
"""
NOTING = """
import sys
import precompile
precompile.record_compilations()
import shop
precompile.write_cache(sys.argv[1])
"""
RECALLING = """
import collections, dataclasses, json, re, sys, typing
from pathlib import Path
from gatehouse import compile_cache
compile_cache.CACHE_FILE = Path(sys.argv[1])
as_ever = re._compiler.compile
texts, parsed = [], []
of_a_string = lambda event, given: event == "compile" and given[1] == "<string>"
sys.addaudithook(lambda event, given: texts.append(given[0]) if of_a_string(event, given) else None)
real = re._parser.parse
re._parser.parse = lambda *given, **more: parsed.append(given[0]) or real(*given, **more)
with compile_cache.use_compile_cache():
    import shop
compiled, expressions = len(texts), len(parsed)
hooks = ((dataclasses, "exec"), (collections, "eval"), (typing, "compile"))
left = [name for module, name in hooks if name in vars(module)] + ["re"] * (re._compiler.compile is not as_ever)
found = shop.WORD.match("Öl -22")
print(json.dumps({
    "compiled": compiled, "expressions": expressions, "left": left,
    "same": [str(shop.Held(2)), shop.Held(1) < shop.Held(2), str(shop.Pair(1, 2)), found and found.groupdict(),
             found and found.groups(), shop.WORD.flags, bool(shop.RAW.match(b"\\xff")),
             typing.get_type_hints(shop.Held)["size"].__name__,
             shop.HINTS.__args__[0].__forward_arg__]}))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module, and what was noted of it."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "shop.py").write_text(MODULE, encoding="utf-8")
    run(folder, NOTING)
    return folder


def run(folder: Path, code: str) -> str:
    """What a process prints that begins in a folder; the notes are its argument."""
    paths = [str(folder), str(Path(precompile.__file__).parent), str(ROOT / "layers/common")]
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", code, str(folder / "notes")],
        env={"PYTHONPATH": ":".join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_was_noted_is_not_compiled_again_and_is_the_same(place: Path) -> None:
    recalled = json.loads(run(place, RECALLING))

    assert (recalled["compiled"], recalled["expressions"], recalled["left"]) == (0, 0, [])

    notes = (place / "notes").read_bytes()
    (place / "notes").unlink()
    compiled = json.loads(run(place, RECALLING))
    (place / "notes").write_bytes(notes)

    assert compiled["compiled"] == 3
    assert compiled["expressions"] == 2
    assert compiled["same"] == recalled["same"]


def test_notes_of_another_python_are_not_believed(place: Path) -> None:
    notes = (place / "notes").read_bytes()
    (place / "notes").write_bytes(b"other" + notes[5:])

    assert json.loads(run(place, RECALLING))["expressions"] == 2
    (place / "notes").write_bytes(notes)


def test_what_was_not_noted_is_compiled_as_ever(place: Path) -> None:
    """A patch of Python may put a dataclass together in other words."""
    text = MODULE.replace('"box"', '"bin"').replace("[a-zäöü]", "[a-z]").replace("left right", "left right more")
    (place / "shop.py").write_text(text, encoding="utf-8")
    recalled = json.loads(run(place, RECALLING.replace("shop.Pair(1, 2)", "shop.Pair(1, 2, 3)")))

    assert recalled["expressions"] == 1
    assert recalled["same"][2] == "Pair(left=1, right=2, more=3)"
