"""The builds under test: for both architectures, or with BUILT in the environment the one for this machine's alone."""

import os
import platform
from pathlib import Path

from samcli.lib.utils.hash import dir_checksum

from tests.support.layout import ROOT

THIS_MACHINES = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
BUILDS = (
    {THIS_MACHINES: Path(os.environ["BUILT"]).resolve()}
    if "BUILT" in os.environ
    else {name: ROOT / ".aws-sam" / name for name in ("arm64", "x86_64")}
)


def replaced(before: Path, after: Path) -> set[str]:
    """Return the layers and functions whose upload has another key in S3, so that `sam deploy` replaces them."""
    keys, new_keys = (
        {folder.name: dir_checksum(str(folder)) for folder in build.iterdir() if folder.is_dir()}
        for build in (before, after)
    )
    return {name for name in keys | new_keys if keys.get(name) != new_keys.get(name)}
