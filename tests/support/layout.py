"""The repository's Python modules and their syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "common"
FUNCTIONS = ROOT / "functions"


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: Path

    def __str__(self) -> str:
        """The path from the repository's root."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        """The file's text."""
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text)

    @property
    def name(self) -> str:
        """The dotted name: `gatehouse.accounts.flows`, or `functions.auth.sign_in.handler` for a function."""
        base = LAYER if LAYER in self.path.parents else ROOT
        parts = self.path.relative_to(base).with_suffix("").parts
        return ".".join(part for part in parts if part != "__init__")

    def imports(self) -> Iterator[str]:
        """Return all imported modules and names: `gatehouse.errors.NotFound`, `json`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self}:{node.lineno} imports relatively"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def names(self) -> Iterator[tuple[str, int]]:
        """Return all names and dotted names in use, each with its line: `os.environ`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute):
                yield ast.unparse(node), node.lineno


def layer_modules() -> list[Module]:
    """Return the modules of the layer."""
    return [Module(path) for path in sorted(LAYER.rglob("*.py"))]


def handler_modules() -> list[Module]:
    """Return the handler module of each function."""
    return [Module(path) for path in sorted(FUNCTIONS.glob("*/*/handler.py"))]


def subject(module: str) -> str:
    """Return the subject of a layer's module, the part after `gatehouse`: `accounts`."""
    return module.split(".")[1] if "." in module else ""
