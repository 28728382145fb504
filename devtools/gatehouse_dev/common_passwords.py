"""Write the layer's list of common passwords from the frequency list of the package zxcvbn."""

import gzip
from pathlib import Path

from zxcvbn.frequency_lists import FREQUENCY_LISTS

PATH = Path(__file__).parents[2] / "layers/common/gatehouse/accounts/common_passwords.txt.gz"
SHORTEST = 8  # shorter ones are refused anyway


def content() -> bytes:
    """Return the compressed list: one password on each line, sorted."""
    words = sorted({word.casefold() for word in FREQUENCY_LISTS["passwords"] if len(word) >= SHORTEST})
    return gzip.compress("\n".join(words).encode(), mtime=0)


if __name__ == "__main__":
    PATH.write_bytes(content())
