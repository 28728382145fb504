"""Remove unused files from the packages that `make build` ships.

docs/adr/0015 has the savings of each step.
"""

import gzip
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gatehouse_dev.patches import apply_patches

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
    "opentelemetry*",  # for FastAPI's telemetry (see `patches`)
    "**/*.pyi",
    "**/*.h",
    "**/*.c",
    "botocore/data/**/examples-1.json",
)
CERTIFICATE = re.compile(r"# Issuer: (.*)\n(?:#.*\n)+(-----BEGIN[^#]*)")


def trim(vendor: Path) -> None:
    """Delete files of a layer's packages that functions do not read, and patch others."""
    for path in [*unused(vendor)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    trim_botocore(vendor / "botocore")
    apply_patches(vendor)


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
        partition["services"] = {name: partition["services"].get(name, {"endpoints": {}}) for name in sorted(SERVICES)}
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
