"""Runs the tests of the functions and of the layer on what was built for this machine: `python -m tests.built`.

The packages come from the built layer, and what was taken out of it must not be found elsewhere. moto has its own needs
of botocore: it is lent the descriptions of all other services.
"""

import os
import platform
import subprocess
import sys

from gatehouse_dev.package_trimming import SERVICES
from tests.support.layout import ROOT

ARCHITECTURES = {"aarch64": "arm64"}
LENT = ROOT / ".cache" / "botocore"
TESTS = ("tests/functions", "tests/layer", "tests/test_round_trips.py", "tests/starting/test_bootstrap.py")


def main(arguments: list[str]) -> int:
    """The status of pytest."""
    built = ROOT / ".aws-sam" / ARCHITECTURES.get(platform.machine(), platform.machine())
    layers = [str(built / name / "python") for name in ("VendorLayer", "CommonLayer")]
    lend()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.built.botocore_data",
        "-n",
        "2",
        "--dist",
        "loadgroup",
        "-o",
        "pythonpath=. devtools",
    ]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([*layers, "devtools", "."]),
        "AWS_DATA_PATH": str(LENT),
        "MOTO_ALLOW_NONEXISTENT_REGION": "true",  # it looks for regions in endpoints.json
        "BUILT_TEMPLATE": str(built / "template.yaml"),
    }
    return subprocess.run([*command, *(arguments or TESTS)], env=environment, cwd=ROOT, check=False).returncode  # noqa: S603 -- ours


def lend() -> None:
    """Put a link to each description of a service that no function uses where botocore looks first."""
    import botocore  # noqa: PLC0415 -- the whole one

    LENT.mkdir(parents=True, exist_ok=True)
    for folder in (ROOT / botocore.__path__[0] / "data").iterdir():
        link = LENT / folder.name
        if folder.is_dir() and folder.name not in SERVICES and not link.exists():
            link.symlink_to(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
