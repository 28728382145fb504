"""What `make build` does to what `sam build` made: `python -m gatehouse_dev.preparing [.aws-sam/build]`.

Lambda cannot keep what Python compiles, for layers and functions are read-only there: unless bytecode is shipped, every
start compiles all of it. And whatever lies in a layer is unpacked and looked through. So bytecode is made here, and
what no function reads is taken out. `make test-built` runs the tests on what is left; docs/adr/0015 says what each
step saves.
"""
# ruff: noqa: T201 -- it reports to a person

import ast
import gzip
import importlib.util
import json
import marshal
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import anyio._lazyimport
import anyio.abc

from gatehouse_dev import noting
from gatehouse_dev.template import load

BUILT = Path(".aws-sam/build")
SERVICES = {"dynamodb", "logs", "secretsmanager", "sesv2"}
AUTHORITIES = (" O=Amazon", " O=Starfield Technologies")  # https://www.amazontrust.com/repository/
UNUSED = (
    "bin",
    "requirements.txt",
    "pycparser*",  # builds extension modules, with the next two; those that are built need `_cffi_backend` alone
    "cffi",
    "cffi-*.dist-info",
    "pydantic/v1",  # FastAPI asks whether a model is of that kind; without it, none is
    "pydantic/mypy.py",
    "aws_xray_sdk/ext",  # for libraries that are not here
    "wrapt-stubs",
    "**/*.pyi",
    "**/*.h",
    "**/*.c",
    "botocore/data/**/examples-1.json",
)
EXPORTED = """
def __getattr__(name):
    if name not in _WHERE:
        raise AttributeError(name)
    from importlib import import_module
    value = globals()[name] = getattr(import_module(_WHERE[name]), name)
    return value
"""
LOOK_UP = "def _build_lazy_map(module): return _MAPS[module.__name__]"  # it would parse its own source
PATCHES = {
    # With a connection of our own (gatehouse.transport) none of this is called, and botocore is a third of a start.
    "pynamodb/connection/base.py": {
        "import sys\n": "from __future__ import annotations\nimport sys\n",
        "import botocore.config\nimport botocore.client\n": "",
        "from botocore.client import ClientError\n": "from botocore.exceptions import ClientError\n",
        "from botocore.session import get_session\n": "",
        "from pynamodb.connection._botocore_private import BotocoreBaseClientPrivate\n": "",
        "= get_session()": "= __import__('botocore.session').session.get_session()",
        "botocore.client.Config(": "__import__('botocore.config').config.Config(",
        "cast(BotocoreBaseClientPrivate, ": "cast('BotocoreBaseClientPrivate', ",
    },
}
FINDS_ITS_PARTS = "opentelemetry_api"  # by entry points, so its metadata stay
CERTIFICATE = re.compile(r"# Issuer: (.*)\n(?:#.*\n)+(-----BEGIN[^#]*)")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
TAG = sys.implementation.cache_tag
UNCHECKED = (0b01).to_bytes(4, "little")  # PEP 552: by hash, and never compared with the source
NO_MODELS = """
def __getattr__(name):
    return type(name, (), {})
"""  # FastAPI's models of OpenAPI: 30 classes that describe an API and that no function is asked for


def main(folder: Path) -> int:
    """Prepare a build for the Python that runs this, which must be of the version that Lambda runs."""
    vendor, common = folder / "VendorLayer" / "python", folder / "CommonLayer" / "python"
    before = size(vendor)
    for path in [*unused(vendor)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    trim_botocore(vendor / "botocore")
    for name, changes in PATCHES.items():
        patch(vendor / name, changes)
    (vendor / "fastapi/openapi/models.py").write_text(NO_MODELS, encoding="utf-8")
    with (vendor / "anyio/_lazyimport.py").open("a", encoding="utf-8") as lazy:
        lazy.write(f"\n_MAPS = {lazy_maps(anyio, anyio.abc)!r}\n{LOOK_UP}")
    for path in vendor.rglob("*.py"):
        tree = without_docstrings(path)
        if path == vendor / "pydantic_core/core_schema.py":
            forget_shapes(tree)
        compile_to(path.with_suffix(".pyc"), path, tree)
        path.unlink()
    for path in [path for place in folder.iterdir() if place != vendor.parent for path in place.rglob("*.py")]:
        tree = ast.parse(path.read_bytes())
        ask_at_once(tree)
        compile_to(path.parent / "__pycache__" / f"{path.stem}.{TAG}.pyc", path, exporting_lazily(tree, path) or tree)
    note_what_is_compiled(folder)
    print(f"packages {before:.1f} MB, now {size(vendor):.1f} MB with bytecode; our own {size(common):.1f} MB")
    return 0


def unused(vendor: Path) -> Iterator[Path]:
    """What no function reads."""
    for pattern in UNUSED:
        yield from vendor.glob(pattern)
    yield from (path for path in vendor.glob("*.dist-info") if not path.name.startswith(FINDS_ITS_PARTS))
    yield from (path for path in (vendor / "botocore/data").iterdir() if path.is_dir() and path.name not in SERVICES)


def trim_botocore(botocore: Path) -> None:
    """Leave of its data what our services need: 1 MB of JSON less to read at each start."""
    bundle = botocore / "cacert.pem"
    bundle.write_text("".join(aws_authorities(bundle.read_text(encoding="utf-8"))), encoding="ascii")
    places = botocore / "data/endpoints.json"
    endpoints = json.loads(places.read_bytes())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: partition["services"].get(name, {"endpoints": {}}) for name in SERVICES}
    places.write_text(json.dumps(endpoints), encoding="utf-8")
    for packed in (botocore / "data").rglob("*.json.gz"):
        packed.with_suffix("").write_text(json.dumps(undocumented(json.loads(gzip.decompress(packed.read_bytes())))))
        packed.unlink()


def aws_authorities(bundle: str) -> Iterator[str]:
    """The certificates that AWS's services go back to, of those in a commented bundle."""
    for issuer, certificate in CERTIFICATE.findall(bundle):
        if any(authority in issuer for authority in AUTHORITIES):
            yield certificate


def lazy_maps(*packages: ModuleType) -> dict[str, Any]:
    """Where each package of anyio has what it exports; without, it imports all that it has."""
    return {package.__name__: anyio._lazyimport._build_lazy_map(package) for package in packages}  # noqa: SLF001 -- it is its own


def patch(path: Path, changes: dict[str, str]) -> None:
    """Put other words in a package's place; SystemExit where a new version says it otherwise."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        if text.count(old) != 1:
            raise SystemExit(f"{path} is not what it was: {old!r}")
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def undocumented(model: Any) -> Any:
    """A description of a service without its prose."""
    if isinstance(model, list):
        return [undocumented(part) for part in model]
    if not isinstance(model, dict):
        return model
    return {
        name: undocumented(part)
        for name, part in model.items()
        if not (name in {"documentation", "documentationUrl"} and isinstance(part, str))
    }


def without_docstrings(path: Path) -> ast.Module:
    """The code of a package, which nobody asks for help at run time."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            rest = node.body[1:] or [ast.Pass()]
            # A dataclass that has none would put one together.
            node.body = [ast.Expr(ast.Constant(".")), *rest] if isinstance(node, ast.ClassDef) else rest
    return ast.fix_missing_locations(tree)


def forget_shapes(tree: ast.Module) -> None:
    """Leave nothing but the names of TypedDicts: nobody but a type checker looks into those of this module."""
    shapes = {"TypedDict"}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and shapes & {getattr(base, "id", "") for base in node.bases}:
            shapes.add(node.name)
            node.bases, node.keywords, node.body = [ast.Name("dict", ast.Load())], [], [ast.Pass()]
    ast.fix_missing_locations(tree)


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


def compile_to(compiled: Path, path: Path, tree: ast.Module) -> None:
    """Write bytecode that is believed unseen: by time, it would be stale once it was packed and unpacked."""
    code: CodeType = compile(tree, path.name, "exec", dont_inherit=True)
    compiled.parent.mkdir(exist_ok=True)
    hashed = importlib.util.source_hash(path.read_bytes())
    compiled.write_bytes(importlib.util.MAGIC_NUMBER + UNCHECKED + hashed + marshal.dumps(code))


def note_what_is_compiled(folder: Path) -> None:
    """Write down what `gatehouse.remembered` gives back, in a process that has what Lambda will have."""
    layers = [str((folder / name / "python").resolve()) for name in ("VendorLayer", "CommonLayer")]
    template = load(folder / "template.yaml", {"MailFrom": "no-reply@example.com"})
    environment = template.environment() | {"PYTHONPATH": os.pathsep.join(layers), "AWS_DEFAULT_REGION": "us-east-1"}
    notes = folder / "CommonLayer/python/gatehouse/remembered.bin"
    folders = [str(function.folder) for function in template.functions.values()]
    command = [sys.executable, "-S", "-B", noting.__file__, str(notes.resolve()), *folders]
    subprocess.run(command, env=environment, check=True)  # noqa: S603 -- our own interpreter


def size(folder: Path) -> float:
    """Megabytes of all files."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1_000_000


if __name__ == "__main__":
    sys.exit(main(Path(*sys.argv[1:]) if sys.argv[1:] else BUILT))
