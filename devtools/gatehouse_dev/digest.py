"""Print a digest of the dependencies in pyproject.toml. Compiled requirements contain it, and a test compares both."""

import tomllib
from hashlib import sha256
from pathlib import Path


def digest() -> str:
    """Return the digest of the dependencies as written, in their order."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [project["project"]["requires-python"], project["project"]["dependencies"], project["dependency-groups"]]
    return sha256(repr(wanted).encode()).hexdigest()[:16]


if __name__ == "__main__":
    print(digest())  # noqa: T201 -- this is its job
