"""Patches of the packages that the layer ships, so that functions start faster: one in each module here.

Each module has FILES, the package's files with what makes the new text of the old; SAVES, millions of instructions of a
cold start (a bare function takes 981), at least 15; UPSTREAM, what to propose to the package; and NEEDED, code that
sets `needed` to whether the installed package still does what the patch prevents.
"""

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

type Rewrite = Callable[[str], str]


def patches() -> list[ModuleType]:
    """Return the modules of all patches."""
    return [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]


def apply_patches(packages: Path) -> None:
    """Patch the packages of a layer; SystemExit when a new version of one differs."""
    for patch in patches():
        for name, rewrite in patch.FILES.items():
            path = packages / name
            try:
                text = rewrite(path.read_text(encoding="utf-8"))
            except (FileNotFoundError, NewVersion) as error:
                raise SystemExit(f"{name} has changed in a new version: {error}") from None
            check_exports(packages, name, text)
            path.write_text(text, encoding="utf-8")


class NewVersion(Exception):  # exceptions are named for what happened
    """A package is not as the patch expects it."""


def replacing(changes: Mapping[str, str]) -> Rewrite:
    """Return what replaces texts that must each occur once."""

    def rewrite(source: str) -> str:
        for old, new in changes.items():
            if source.count(old) != 1:
                raise NewVersion(repr(old))
            source = source.replace(old, new)
        return source

    return rewrite


def becoming(text: str) -> Rewrite:
    """Return what replaces a whole module."""
    return lambda _: text


def check_exports(packages: Path, name: str, text: str) -> None:
    """Check that the text of a module has every name that other modules of its package import from it."""
    module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    imports = re.compile(rf"^from {module} import (\([^)]*\)|.*)$", re.MULTILINE)
    imported = {
        word
        for path in (packages / name.partition("/")[0]).rglob("*.py")
        if path.parent != (packages / name).parent
        for found in imports.findall(path.read_text(encoding="utf-8"))
        for word in re.findall(r"\w+", found)
    }
    missing = {word for word in imported if not re.search(rf"\b{word}\b", text)} if "__getattr__" not in text else set()
    if missing:
        raise SystemExit(f"{name} has changed in a new version: {missing}")
