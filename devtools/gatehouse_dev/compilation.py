"""Compile the bytecode that `make build` ships.

docs/adr/0015 has the savings of each step.
"""

import ast
import marshal
import os
import subprocess
import sys
from compileall import compile_dir
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from py_compile import PycInvalidationMode

from gatehouse_dev.template import load

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# PEP 552, never compared with sources: packing changes their times, and those of packages are not there.
UNCHECKED = PycInvalidationMode.UNCHECKED_HASH
HEADER = MAGIC_NUMBER + (0b01).to_bytes(4, "little") + bytes(8)


def compile_packages(vendor: Path) -> None:
    """Replace the packages of a layer with bytecode."""
    for path in vendor.rglob("*.py"):
        shown_path = f"/opt/python/{path.relative_to(vendor)}"  # in tracebacks
        code = compile(without_docstrings(path.read_bytes()), shown_path, "exec", dont_inherit=True)
        path.with_suffix(".pyc").write_bytes(HEADER + marshal.dumps(code))
        path.unlink()


def compile_own_modules(folder: Path) -> None:
    """Write bytecode beside the modules of a layer or a function."""
    mount = "/opt" if (folder / "python").is_dir() else "/var/task"
    sys.pycache_prefix = None
    if not compile_dir(folder, quiet=1, stripdir=folder, prependdir=mount, invalidation_mode=UNCHECKED):
        raise SystemExit(f"{folder.name} has a module that cannot be compiled")


def without_docstrings(source: bytes) -> ast.Module:
    """Return the syntax tree of a package's module without docstrings, which are not used at run time."""
    tree = ast.parse(source)
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


def write_compile_caches(folder: Path) -> None:
    """Write the caches of `gatehouse.compile_cache`, and the templates of pages as modules.

    The packages are this machine's, which have the same versions: the built ones may be for another architecture.
    """
    template = load(folder / "template.yaml", {"MailFrom": "no-reply@example.com"})
    environment = template.environment() | {
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONPATH": str((folder / "CommonLayer/python").resolve()),
        "PYTHONHASHSEED": "0",  # with the next: sets have the same order in each build
        "PYTHONPYCACHEPREFIX": os.devnull,  # import everything from sources
    }
    folders = [str(function.folder) for function in template.functions.values()]
    command = [sys.executable, str(Path(__file__).with_name("precompile.py")), *folders]
    subprocess.run(command, env=environment, check=True)  # noqa: S603 -- our own interpreter
