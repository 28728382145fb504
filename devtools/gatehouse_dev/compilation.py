"""Compile the bytecode that `make build` ships; some modules are transformed to load less.

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
OPT = "/opt/python"  # where Lambda mounts layers
DEFERRED = {  # imports that few requests need: they are moved to their use
    "aws_lambda_powertools/logging/logger.py": {"jmespath_utils"},
    "pydantic/networks.py": {"version"},
    "starlette/formparsers.py": {"SpooledTemporaryFile"},
    "starlette/middleware/errors.py": {"html"},
}
UNCHECKED = (0b01).to_bytes(4, "little")  # PEP 552: with a hash that is never compared with the source


def compile_packages(vendor: Path) -> None:
    """Replace the packages of a layer with bytecode."""
    for path in vendor.rglob("*.py"):
        tree = without_docstrings(path)
        if path == vendor / "pydantic_core/core_schema.py":
            strip_typed_dicts(tree)
        if names := DEFERRED.get(str(path.relative_to(vendor))):
            defer_imports(tree, names)
        compile_to(path.with_suffix(".pyc"), path, tree, f"{OPT}/{path.relative_to(vendor)}")
        path.unlink()


def compile_own_modules(folder: Path) -> None:
    """Write bytecode beside the modules of a layer or a function."""
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_bytes())
        preload_lazy_imports(tree)
        compiled = path.parent / "__pycache__" / f"{path.stem}.{TAG}.pyc"
        shown_path = path.relative_to(folder / "python") if (folder / "python").is_dir() else path.name
        compile_to(compiled, path, lazy_exports(tree, path) or tree, f"{OPT}/{shown_path}")


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


def strip_typed_dicts(tree: ast.Module) -> None:
    """Strip TypedDicts to their names: only type checkers read their fields."""
    shapes = {"TypedDict"}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and shapes & {getattr(base, "id", "") for base in node.bases}:
            shapes.add(node.name)
            node.bases, node.keywords, node.body = [ast.Name("dict", ast.Load())], [], [ast.Pass()]
    ast.fix_missing_locations(tree)


def defer_imports(tree: ast.Module, names: set[str]) -> None:
    """Defer the import of some names to their use; SystemExit when a new version does not import them."""
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
    DeferredImports(where).visit(tree)
    ast.fix_missing_locations(tree)


class DeferredImports(ast.NodeTransformer):
    """Replaces each name with an import."""

    def __init__(self, where: dict[str, str]) -> None:
        """`where` is the module of each name."""
        self._where = where

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Keep other names."""
        known = self._where.get(node.id)
        return ast.copy_location(ast.parse(known, mode="eval").body, node) if known else node


def lazy_exports(tree: ast.Module, path: Path) -> ast.Module | None:
    """Return a package with lazy exports; None for any other module."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    if path.name != "__init__.py" or not imports or len(imports) + 2 != len(tree.body):  # a docstring and __all__
        return None
    submodules = {other.stem for other in path.parent.glob("*.py")}
    where = {name.name: node.module for node in imports for name in node.names if name.name not in submodules}
    at_once = [node for node in imports if submodules & {name.name for name in node.names}]
    lazily = ast.parse(f"_WHERE = {where!r}\n{EXPORTED}")
    return ast.Module([*at_once, *lazily.body], [])


def preload_lazy_imports(tree: ast.Module) -> None:
    """Make a module load what it uses of lazy packages when it is imported, not in the first request."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "gatehouse"]
    packages = {name.asname or name.name for node in imports for name in node.names}
    taken = {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in packages
    }
    tree.body += ast.parse("\n".join(sorted(taken))).body


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
