"""What `make build` compiles: everything, and some of it in a form that loads less.

docs/adr/0015 says what each step saves.
"""

import ast
import importlib.util
import marshal
import subprocess
import sys
from pathlib import Path
from types import CodeType

from gatehouse_dev import noting
from gatehouse_dev.template import load

EXPORTED = """
def __getattr__(name):
    if name not in _WHERE:
        raise AttributeError(name)
    from importlib import import_module
    value = globals()[name] = getattr(import_module(_WHERE[name]), name)
    return value
"""
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
TAG = sys.implementation.cache_tag
OPT = "/opt/python"  # where Lambda has layers
DEFERRED = {  # what a module imports, and hardly a request needs: it is imported where it is asked for
    "aws_lambda_powertools/logging/logger.py": {"jmespath_utils"},
    "pydantic/networks.py": {"version"},
    "starlette/formparsers.py": {"SpooledTemporaryFile"},
    "starlette/middleware/errors.py": {"html"},
}
UNCHECKED = (0b01).to_bytes(4, "little")  # PEP 552: by hash, and never compared with the source


def compile_packages(vendor: Path) -> None:
    """Bytecode in the place of a layer's packages."""
    for path in vendor.rglob("*.py"):
        tree = without_docstrings(path)
        if path == vendor / "pydantic_core/core_schema.py":
            forget_shapes(tree)
        if names := DEFERRED.get(str(path.relative_to(vendor))):
            defer(tree, names)
        compile_to(path.with_suffix(".pyc"), path, tree, f"{OPT}/{path.relative_to(vendor)}")
        path.unlink()


def compile_our_own(folder: Path) -> None:
    """Bytecode beside the modules of a layer or a function of ours."""
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_bytes())
        ask_at_once(tree)
        compiled = path.parent / "__pycache__" / f"{path.stem}.{TAG}.pyc"
        place = path.relative_to(folder / "python") if (folder / "python").is_dir() else path.name
        compile_to(compiled, path, exporting_lazily(tree, path) or tree, f"{OPT}/{place}")


def without_docstrings(path: Path) -> ast.Module:
    """The code of a package, which nobody asks for help at run time."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            rest = node.body[1:] or [ast.Pass()]
            # A dataclass that has none would put one together.
            node.body = [ast.Expr(ast.Constant(".")), *rest] if isinstance(node, ast.ClassDef) else rest
    Undocumented().visit(tree)
    return ast.fix_missing_locations(tree)


class Undocumented(ast.NodeTransformer):
    """Takes FastAPI's prose out of annotations: `Annotated[int, Doc("How many.")]` is `int`."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Leave what else is annotated."""
        self.generic_visit(node)
        if getattr(node.value, "id", "") != "Annotated" or not isinstance(node.slice, ast.Tuple):
            return node
        kept = [part for part in node.slice.elts if getattr(getattr(part, "func", None), "id", "") != "Doc"]
        node.slice.elts = kept
        return node if len(kept) > 1 else kept[0]


def forget_shapes(tree: ast.Module) -> None:
    """Leave nothing but the names of TypedDicts: nobody but a type checker looks into those of this module."""
    shapes = {"TypedDict"}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and shapes & {getattr(base, "id", "") for base in node.bases}:
            shapes.add(node.name)
            node.bases, node.keywords, node.body = [ast.Name("dict", ast.Load())], [], [ast.Pass()]
    ast.fix_missing_locations(tree)


def defer(tree: ast.Module, names: set[str]) -> None:
    """Import some names where they are asked for; SystemExit where a new version does not import them at its top."""
    where: dict[str, str] = {}
    for node in [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]:
        for alias in [alias for alias in node.names if alias.name in names and not alias.asname]:
            where[alias.name] = f"__import__({alias.name!r})"
            if isinstance(node, ast.ImportFrom):
                where[alias.name] = f"__import__({node.module!r}, fromlist=[{alias.name!r}]).{alias.name}"
            node.names.remove(alias)
        if not node.names:
            tree.body.remove(node)
    if where.keys() != names:
        raise SystemExit(f"not imported any more: {names - where.keys()}")
    Deferred(where).visit(tree)
    ast.fix_missing_locations(tree)


class Deferred(ast.NodeTransformer):
    """Puts an import in the place of each name."""

    def __init__(self, where: dict[str, str]) -> None:
        """What to import, by name."""
        self._where = where

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Leave other names."""
        known = self._where.get(node.id)
        return ast.copy_location(ast.parse(known, mode="eval").body, node) if known else node


def exporting_lazily(tree: ast.Module, path: Path) -> ast.Module | None:
    """A package of ours that loads what it exports when that is asked for; None for any other module."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    if path.name != "__init__.py" or not imports or len(imports) + 2 != len(tree.body):  # a docstring and __all__
        return None
    submodules = {other.stem for other in path.parent.glob("*.py")}
    where = {name.name: node.module for node in imports for name in node.names if name.name not in submodules}
    at_once = [node for node in imports if submodules & {name.name for name in node.names}]
    lazily = ast.parse(f"_WHERE = {where!r}\n{EXPORTED}")
    return ast.Module([*at_once, *lazily.body], [])


def ask_at_once(tree: ast.Module) -> None:
    """Ask packages of ours for what a module takes of them when it is imported, and not in the first request."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "gatehouse"]
    packages = {name.asname or name.name for node in imports for name in node.names}
    taken = {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in packages
    }
    tree.body += ast.parse("\n".join(sorted(taken))).body


def compile_to(compiled: Path, path: Path, tree: ast.Module, place: str) -> None:
    """Write bytecode that is believed unseen: by time, it would be stale once it was packed and unpacked.

    `place` is what tracebacks call the file.
    """
    code: CodeType = compile(tree, place, "exec", dont_inherit=True)
    compiled.parent.mkdir(exist_ok=True)
    hashed = importlib.util.source_hash(path.read_bytes())
    compiled.write_bytes(importlib.util.MAGIC_NUMBER + UNCHECKED + hashed + marshal.dumps(code))


def note_what_is_compiled(folder: Path) -> set[str]:
    """Write down what `gatehouse.remembered` gives back, with the packages of this machine: those built may be for
    other processors, and are of the same versions. The names of the modules that functions load.
    """
    common = (folder / "CommonLayer/python").resolve()
    template = load(folder / "template.yaml", {"MailFrom": "no-reply@example.com"})
    environment = template.environment() | {"PYTHONPATH": str(common), "AWS_DEFAULT_REGION": "us-east-1"}
    folders = [str(function.folder) for function in template.functions.values()]
    command = [sys.executable, "-B", noting.__file__, str(common / "gatehouse/remembered.bin"), *folders]
    run = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- our own interpreter
    return set(run.stdout.split())
