"""Write the layer's list of common passwords, from two lists that their maintainers keep.

Django's 20,000, unhashed from breaches by Royce Williams, ship in its package under the BSD licence; zxcvbn's 30,000,
from those that Mark Burnett collected, under the MIT licence.
"""

import gzip
import runpy
import unicodedata
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from zxcvbn.frequency_lists import FREQUENCY_LISTS

ACCOUNTS = Path(__file__).parents[2] / "layers/common/gatehouse/accounts"
SHORTEST = 3  # shorter ones are part of nothing that is looked up


def main() -> None:
    """Write the file."""
    lookup = _lookup()
    lookup["PATH"].write_bytes(content(lookup["entry"]))


def content(entry: Callable[[str], bytes]) -> bytes:
    """Return the file: an entry for each password, sorted."""
    return b"".join(sorted({entry(word) for word in words()}))


def words() -> set[str]:
    """Return the passwords of both lists, in the form that is looked up."""
    both = [*_django(), *FREQUENCY_LISTS["passwords"]]
    return {unicodedata.normalize("NFKC", word).casefold() for word in both if len(word) >= SHORTEST}


def _django() -> list[str]:
    packed = files("django").joinpath("contrib/auth/common-passwords.txt.gz").read_bytes()
    return gzip.decompress(packed).decode().split()


def _lookup() -> dict[str, Any]:
    """Return what the layer looks up with; its package would ask for settings."""
    return runpy.run_path(str(ACCOUNTS / "common_passwords.py"))


if __name__ == "__main__":
    main()
