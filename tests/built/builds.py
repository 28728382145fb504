"""The builds under test: for both architectures, or with BUILT in the environment the one for this machine's alone."""

import os
import platform
from pathlib import Path

from tests.support.layout import ROOT

THIS_MACHINES = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
BUILDS = (
    {THIS_MACHINES: Path(os.environ["BUILT"]).resolve()}
    if "BUILT" in os.environ
    else {name: ROOT / ".aws-sam" / name for name in ("arm64", "x86_64")}
)
