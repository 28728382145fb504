"""The list of common passwords: a file of sorted, shortened hashes, searched where it lies and never read as a whole.

`make passwords` writes it. A password that is not on the list is taken for one that is with a probability of 1 in 27
million: 40,000 entries of 40 bits.
"""

from bisect import bisect_left
from hashlib import blake2b
from mmap import ACCESS_READ, mmap
from pathlib import Path

PATH = Path(__file__).with_name("common_passwords.bin")
WIDTH = 5  # bytes of an entry


def is_common(text: str) -> bool:
    """Whether a text, in NFKC form and case-folded, is on the list."""
    wanted = entry(text)
    with PATH.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as entries:
        starts = range(0, len(entries), WIDTH)
        place = bisect_left(starts, wanted, key=lambda start: entries[start : start + WIDTH])
        return place < len(starts) and entries[starts[place] : starts[place] + WIDTH] == wanted


def entry(text: str) -> bytes:
    """Return the entry of a password."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=WIDTH).digest()
