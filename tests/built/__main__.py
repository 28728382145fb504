"""Run the tests of functions and layer on what was built for this machine: `python -m tests.built [--tenth] [FILE …]`.

The packages come from the built layer; what the build removed must not be found elsewhere. moto, however, needs
botocore's descriptions of other services, which are linked into a folder of their own.
"""

import os
import subprocess
import sys

from gatehouse_dev.package_trimming import SERVICES
from tests.built.builds import BUILDS, THIS_MACHINES
from tests.support.layout import ROOT

SERVICE_DATA = ROOT / ".cache" / "botocore"
PYTEST = (
    *("-m", "pytest", "-p", "tests.built.botocore_data", "-o", "pythonpath=. devtools"),
    *("-n", "2", "--dist", "loadgroup"),
)
TESTS = ("tests/functions", "tests/layer", "tests/test_round_trips.py", "tests/starting/test_bootstrap.py")


def main(arguments: list[str]) -> int:
    """Return the status of pytest."""
    built = BUILDS[THIS_MACHINES]
    layers = [str(built / name / "python") for name in ("VendorLayer", "CommonLayer")]
    named = [argument for argument in arguments if not argument.startswith("-")]
    link_service_data()
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([*layers, "devtools", "."]),
        "AWS_DATA_PATH": str(SERVICE_DATA),
        "MOTO_ALLOW_NONEXISTENT_REGION": "true",  # moto looks for regions in endpoints.json
        "BUILT_TEMPLATE": str(built / "template.yaml"),
    }
    command = [sys.executable, *PYTEST, *arguments, *([] if named else TESTS)]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode  # noqa: S603 -- ours


def link_service_data() -> None:
    """Link the descriptions of services that no function uses into a folder where botocore looks first."""
    import botocore  # noqa: PLC0415 -- the whole one

    SERVICE_DATA.mkdir(parents=True, exist_ok=True)
    for folder in (ROOT / botocore.__path__[0] / "data").iterdir():
        link = SERVICE_DATA / folder.name
        if folder.is_dir() and folder.name not in SERVICES and not link.exists():
            link.symlink_to(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
