"""The repository's own Python, as the architecture test sees it."""

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
    """One file of ours."""

    path: Path

    def __str__(self) -> str:
        """Where it is, from the root of the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        """What the file says."""
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        """The file, parsed."""
        return ast.parse(self.text)

    @property
    def name(self) -> str:
        """`gatehouse.accounts.flows`; a function's name is its place, `functions.auth.sign_in.handler`."""
        base = LAYER if LAYER in self.path.parents else ROOT
        parts = self.path.relative_to(base).with_suffix("").parts
        return ".".join(part for part in parts if part != "__init__")

    def imports(self) -> Iterator[str]:
        """Every module that it imports, or a name out of it: `gatehouse.errors.NotFound`, `json`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self}:{node.lineno} imports relatively"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def names(self) -> Iterator[tuple[str, int]]:
        """Every name and dotted name that it uses, with its line: `os.environ`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute):
                yield ast.unparse(node), node.lineno


def layer_modules() -> list[Module]:
    """The package that all functions share."""
    return [Module(path) for path in sorted(LAYER.rglob("*.py"))]


def handler_modules() -> list[Module]:
    """The file of each function."""
    return [Module(path) for path in sorted(FUNCTIONS.glob("*/*/handler.py"))]


def subject(module: str) -> str:
    """What a module of the layer is about, its first part after `gatehouse`: `accounts`."""
    return module.split(".")[1] if "." in module else ""
