"""Compile the bytecode that `make build` ships.

docs/adr/0015 has the savings of each step.
"""

import ast
import importlib.util
import marshal
import subprocess
import sys
from pathlib import Path
from types import CodeType

from gatehouse_dev import precompile
from gatehouse_dev.template import load

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
TAG = sys.implementation.cache_tag
OPT = "/opt/python"  # where Lambda mounts layers
UNCHECKED = (0b01).to_bytes(4, "little")  # PEP 552: with a hash that is never compared with the source


def compile_packages(vendor: Path) -> None:
    """Replace the packages of a layer with bytecode."""
    for path in vendor.rglob("*.py"):
        tree = without_docstrings(path)
        compile_to(path.with_suffix(".pyc"), path, tree, f"{OPT}/{path.relative_to(vendor)}")
        path.unlink()


def compile_own_modules(folder: Path) -> None:
    """Write bytecode beside the modules of a layer or a function."""
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_bytes())
        compiled = path.parent / "__pycache__" / f"{path.stem}.{TAG}.pyc"
        shown_path = path.relative_to(folder / "python") if (folder / "python").is_dir() else path.name
        compile_to(compiled, path, tree, f"{OPT}/{shown_path}")


def without_docstrings(path: Path) -> ast.Module:
    """Return the syntax tree of a package without docstrings, which are not used at run time."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            rest = node.body[1:] or [ast.Pass()]
            # A dataclass without a docstring would generate one.
            node.body = [ast.Expr(ast.Constant(".")), *rest] if isinstance(node, ast.ClassDef) else rest
    DocStripper().visit(tree)
    return ast.fix_missing_locations(tree)


class DocStripper(ast.NodeTransformer):
    """Strips FastAPI's documentation from annotations: `Annotated[int, Doc("How many.")]` becomes `int`."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Strip `Doc` and keep other metadata."""
        self.generic_visit(node)
        if getattr(node.value, "id", "") != "Annotated" or not isinstance(node.slice, ast.Tuple):
            return node
        kept = [part for part in node.slice.elts if getattr(getattr(part, "func", None), "id", "") != "Doc"]
        node.slice.elts = kept
        return node if len(kept) > 1 else kept[0]


def compile_to(compiled: Path, path: Path, tree: ast.Module, shown_path: str) -> None:
    """Write unchecked bytecode: packing changes timestamps, so that checked bytecode would be stale.

    `shown_path` is the file name in tracebacks.
    """
    code: CodeType = compile(tree, shown_path, "exec", dont_inherit=True)
    compiled.parent.mkdir(exist_ok=True)
    hashed = importlib.util.source_hash(path.read_bytes())
    compiled.write_bytes(importlib.util.MAGIC_NUMBER + UNCHECKED + hashed + marshal.dumps(code))


def write_compile_cache(folder: Path) -> None:
    """Write the cache of `gatehouse.compile_cache`. It uses this machine's packages, which have the same versions: the
    built ones may be for another architecture.
    """
    common = (folder / "CommonLayer/python").resolve()
    template = load(folder / "template.yaml", {"MailFrom": "no-reply@example.com"})
    environment = template.environment() | {"PYTHONPATH": str(common), "AWS_DEFAULT_REGION": "us-east-1"}
    folders = [str(function.folder) for function in template.functions.values()]
    command = [sys.executable, "-B", precompile.__file__, str(common / "gatehouse/compile_cache.bin"), *folders]
    subprocess.run(command, env=environment, check=True)  # noqa: S603 -- our own interpreter
