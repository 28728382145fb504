"""Remove unused files from the packages that `make build` ships.

docs/adr/0015 has the savings of each step.
"""

import gzip
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio._lazyimport
import anyio.abc

SERVICES = {"dynamodb", "logs", "secretsmanager", "sesv2"}
AUTHORITIES = (" O=Amazon", " O=Starfield Technologies")  # https://www.amazontrust.com/repository/
UNUSED = (
    "bin",
    "requirements.txt",
    "pycparser*",  # with the next two: for building extension modules; built ones need only `_cffi_backend`
    "cffi",
    "cffi-*.dist-info",
    "pydantic/v1",  # FastAPI only checks whether a model is of v1
    "pydantic/mypy.py",
    "aws_xray_sdk/ext",  # for libraries that are not installed
    "wrapt-stubs",
    "opentelemetry*",  # for FastAPI's telemetry (see REPLACEMENTS)
    "**/*.pyi",
    "**/*.h",
    "**/*.c",
    "botocore/data/**/examples-1.json",
)
CERTIFICATE_LOOKUP = "def _build_lazy_map(module): return _MAPS[module.__name__]"  # the original parses its own source
ON_DEMAND = """
def __getattr__(name):
    if name != "{1}":
        raise AttributeError(name)
    from .{0} import {1}
    return {1}
"""
PATCHES = {
    # Not called with our own connection (gatehouse.transport); importing botocore takes a third of a start.
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
    # A model that checks form limits; our endpoints accept no forms.
    "fastapi/_form_limits.py": {
        "_form_limits_adapter = TypeAdapter(_FormLimits)\n": "",
        "_form_limits_adapter.validate": "TypeAdapter(_FormLimits).validate",
    },
    # For error messages, the first request would parse the endpoint's source to find its line.
    "fastapi/routing.py": {"    func_id = id(func)\n": "    return EndpointContext()\n"},
    # The client that loads a provider's keys imports all of urllib.
    "jwt/__init__.py": {"from .jwks_client import PyJWKClient\n": ON_DEMAND.format("jwks_client", "PyJWKClient")},
    # Half of what PyJWT imports of `cryptography` is for certificates, which we do not use.
    "jwt/algorithms.py": {
        "    from cryptography import x509\n": "",
        "x509.load_der_x509_certificate(": "__import__('cryptography.x509').x509.load_der_x509_certificate(",
    },
}
CERTIFICATE = re.compile(r"# Issuer: (.*)\n(?:#.*\n)+(-----BEGIN[^#]*)")
REPLACEMENTS = {  # whole modules, with the names that others import from them
    # FastAPI's models of OpenAPI: 30 classes that functions do not use.
    "fastapi/openapi/models.py": """
def __getattr__(name):
    return type(name, (), {})
""",
    # FastAPI's telemetry, which is off without OpenTelemetry's SDK.
    "fastapi/telemetry/__init__.py": "TelemetryConfig = dict",
    "fastapi/telemetry/_api.py": """
from contextlib import nullcontext
def get_telemetry_data(): return None
def _operation(*, name, function=None, _nothing=nullcontext()): return _nothing
def _route_selected(*, scope, path, mount=False): pass
def _run_sync_endpoint(*, function, arguments): return function(**arguments)
def _validation_failed(error): pass
""",
    "fastapi/telemetry/_asgi.py": """
class NativeTelemetry:
    def __init__(self, config): pass
    def enabled(self): return False
def ExceptionTelemetryMiddleware(app): return app
def _legacy_otel(stack): return False
""",
    # Pydantic would search the metadata of all packages for plugins.
    "pydantic/plugin/_loader.py": "def get_plugins(): return ()",
}


def trim(vendor: Path) -> None:
    """Delete files of a layer's packages that functions do not read, and patch some modules to load less."""
    for path in [*unused(vendor)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    trim_botocore(vendor / "botocore")
    for name, changes in PATCHES.items():
        patch(vendor / name, changes)
    for name, text in REPLACEMENTS.items():
        replace(vendor, name, text)
    with (vendor / "anyio/_lazyimport.py").open("a", encoding="utf-8") as lazy:
        lazy.write(f"\n_MAPS = {lazy_maps(anyio, anyio.abc)!r}\n{CERTIFICATE_LOOKUP}")


def unused(vendor: Path) -> Iterator[Path]:
    """Yield the files that no function reads."""
    for pattern in UNUSED:
        yield from vendor.glob(pattern)
    yield from vendor.glob("*.dist-info")
    yield from (path for path in (vendor / "botocore/data").iterdir() if path.is_dir() and path.name not in SERVICES)


def trim_botocore(botocore: Path) -> None:
    """Delete the data of services not in use: 1 MB less JSON to read at each start."""
    bundle = botocore / "cacert.pem"
    bundle.write_text("".join(aws_authorities(bundle.read_text(encoding="utf-8"))), encoding="ascii")
    places = botocore / "data/endpoints.json"
    endpoints = json.loads(places.read_bytes())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: partition["services"].get(name, {"endpoints": {}}) for name in SERVICES}
    places.write_text(json.dumps(endpoints), encoding="utf-8")
    for packed in (botocore / "data").rglob("*.json.gz"):
        packed.with_suffix("").write_text(
            json.dumps(without_documentation(json.loads(gzip.decompress(packed.read_bytes()))))
        )
        packed.unlink()


def aws_authorities(bundle: str) -> Iterator[str]:
    """Yield the certificate authorities of AWS's services from a commented bundle."""
    for issuer, certificate in CERTIFICATE.findall(bundle):
        if any(authority in issuer for authority in AUTHORITIES):
            yield certificate


def lazy_maps(*packages: ModuleType) -> dict[str, Any]:
    """Return the modules of anyio's exports; without this map, anyio imports all of them."""
    return {package.__name__: anyio._lazyimport._build_lazy_map(package) for package in packages}  # noqa: SLF001 -- anyio's own function


def patch(path: Path, changes: dict[str, str]) -> None:
    """Replace texts in a package's module; SystemExit when a new version differs."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        if text.count(old) != 1:
            raise SystemExit(f"{path} has changed in a new version: {old!r}")
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def replace(vendor: Path, name: str, text: str) -> None:
    """Replace a package's module; SystemExit when other modules import names that it lacks."""
    folder, module = vendor / name.partition("/")[0], name.removesuffix(".py").removesuffix("/__init__")
    module = module.replace("/", ".")
    wanted = re.compile(rf"^from {module} import (\([^)]*\)|.*)$", re.MULTILINE)
    asked = {
        word
        for path in folder.rglob("*.py")
        if path.parent != (vendor / name).parent
        for found in wanted.findall(path.read_text(encoding="utf-8"))
        for word in re.findall(r"\w+", found)
    }
    missing = {word for word in asked if not re.search(rf"\b{word}\b", text)} if "__getattr__" not in text else set()
    if missing or not (vendor / name).is_file():
        raise SystemExit(f"{name} has changed in a new version: {missing}")
    (vendor / name).write_text(text, encoding="utf-8")


def without_documentation(model: Any) -> Any:
    """Return a service description without documentation."""
    if isinstance(model, list):
        return [without_documentation(part) for part in model]
    if not isinstance(model, dict):
        return model
    return {
        name: without_documentation(part)
        for name, part in model.items()
        if not (name in {"documentation", "documentationUrl"} and isinstance(part, str))
    }
