"""Remove unused files from the packages that `make build` ships.

docs/adr/0015 has the savings of each step.
"""

import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any

from gatehouse_dev.patches import apply_patches

SERVICES = {"dynamodb", "logs", "secretsmanager", "sesv2"}
AUTHORITIES = (" O=Amazon", " O=Starfield Technologies")  # https://www.amazontrust.com/repository/
UNUSED = (
    "requirements.txt",
    "*.dist-info",
    "*.data",  # scripts
    "pycparser",  # with the next: for building extension modules; built ones need only `_cffi_backend`
    "cffi",
    "pydantic/v1",  # FastAPI only checks whether a model is of v1
    "pydantic/mypy.py",
    "aws_xray_sdk/ext",  # for libraries that are not installed
    "wrapt-stubs",
    "opentelemetry",  # for FastAPI's telemetry (see `patches`)
    "**/*.pyi",
    "**/*.c",
    "botocore/data/**/examples-1.json",
)
CERTIFICATE = re.compile(r"# Issuer: (.*)\n(?:#.*\n)+(-----BEGIN[^#]*)")


def trim(vendor: Path) -> None:
    """Delete files of a layer's packages that functions do not read, and patch others."""
    unused = [path for pattern in UNUSED for path in vendor.glob(pattern)]
    unused += [path for path in (vendor / "botocore/data").iterdir() if path.is_dir() and path.name not in SERVICES]
    for path in unused:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    trim_botocore(vendor / "botocore")
    apply_patches(vendor)


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
        model = json.loads(gzip.decompress(packed.read_bytes()), object_hook=without_documentation)
        packed.with_suffix("").write_text(json.dumps(model))
        packed.unlink()


def aws_authorities(bundle: str) -> list[str]:
    """Return the certificate authorities of AWS's services from a commented bundle."""
    issued = CERTIFICATE.findall(bundle)
    return [certificate for issuer, certificate in issued if any(authority in issuer for authority in AUTHORITIES)]


def without_documentation(described: dict[str, Any]) -> dict[str, Any]:
    """Return an object of a service description without its documentation."""
    texts = {name for name in ("documentation", "documentationUrl") if isinstance(described.get(name), str)}
    return {name: part for name, part in described.items() if name not in texts}
