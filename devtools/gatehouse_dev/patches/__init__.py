"""Patches of the packages that the layer ships, so that functions start faster: one in each module here.

Each module has FILES, a change of each of the package's files; SAVES, millions of instructions of a cold start (a bare
function takes 981), at least 15; UPSTREAM, what to propose to the package; and NEEDED, code that sets `needed` to
whether the installed package still does what the patch prevents.
"""

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

# The new text, texts to replace that must each occur once, or a function that makes the new text of the old.
type Change = str | Mapping[str, str] | Callable[[str], str]


def patches() -> list[ModuleType]:
    """Return the modules of all patches."""
    return [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]


def apply_patches(packages: Path) -> None:
    """Patch the packages of a layer."""
    for patch in patches():
        for name, change in patch.FILES.items():
            apply_change(packages, name, change)


def apply_change(packages: Path, name: str, change: Change) -> None:
    """Change a file of a package; SystemExit when a new version of it differs."""
    path = packages / name
    try:
        text = changed(path.read_text(encoding="utf-8"), change)
        check_exports(packages, name, text)
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(f"{name} has changed in a new version: {error}") from None
    path.write_text(text, encoding="utf-8")


def changed(text: str, change: Change) -> str:
    """Return the changed text; ValueError if a text to replace is not there once."""
    if isinstance(change, str):
        return change
    if isinstance(change, Mapping):
        for old, new in change.items():
            if text.count(old) != 1:
                raise ValueError(repr(old))
            text = text.replace(old, new)
        return text
    return change(text)


def check_exports(packages: Path, name: str, text: str) -> None:
    """Check that the text of a module has every name that others of its package import from it; else ValueError."""
    module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    imports = re.compile(rf"^from {module} import (\([^)]*\)|.*)$", re.MULTILINE)
    imported = {
        word
        for path in (packages / name.partition("/")[0]).rglob("*.py")
        if path.parent != (packages / name).parent
        for found in imports.findall(path.read_text(encoding="utf-8"))
        for word in re.findall(r"\w+", found)
    }
    missing = {word for word in imported if not re.search(rf"\b{word}\b", text)}
    if missing and "__getattr__" not in text:
        raise ValueError(missing)
