"""How large items are and how many units they take, by DynamoDB's published rules.

Developer guide: "DynamoDB item sizes and formats" (sizes, storage), "DynamoDB read and write operations" (units),
"Amazon DynamoDB Transactions: How it works" (twice), "Local secondary indexes" (what an index costs).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

type Value = Mapping[str, Any]  # as the API has it: {"S": "text"}
type Item = Mapping[str, Value]

KB = 1024
READ, WRITE = 4 * KB, KB  # bytes in one unit
OVERHEAD = 100  # bytes that each stored item, and each index entry, takes beside itself
LARGEST_ANSWER = 1024 * KB  # of a Query
_DOCUMENT, _ELEMENT = 3, 1  # bytes


def item_size(item: Item) -> int:
    """Bytes of an item: its attributes' names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Value) -> int:
    """Bytes of a value without its name; ValueError for a kind that no table here has."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "SS":
            return sum(len(text.encode()) for text in ([content] if kind == "S" else content))
        case "N":
            return number_size(content)
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return _DOCUMENT + sum(_ELEMENT + value_size(element) for element in content)
        case "M":
            return _DOCUMENT + _ELEMENT * len(content) + item_size(content)
    raise ValueError(kind)


def number_size(text: str) -> int:
    """One byte, and one for every two significant digits."""
    digits = len(Decimal(text).normalize().as_tuple().digits)
    return 1 + (digits + 1) // 2


def units(size: int, unit: int) -> int:
    """Begun units; nothing at all is one, too."""
    return max(1, -(-size // unit))


def batch_units(items: Iterable[Item], missing: int = 0) -> int:
    """Of a consistent BatchGetItem: each item for itself, and one for each that was not there."""
    return missing + sum(units(item_size(item), READ) for item in items)


def query_units(looked_at: Iterable[Item]) -> int:
    """Of a consistent Query: all that it looked at together, whether or not it was wanted."""
    return units(sum(map(item_size, looked_at)), READ)


def transaction_units(before: Item | None, after: Item | None) -> int:
    """Of one item in a transaction, without its indexes: the larger of what was and what is, twice."""
    return 2 * write_units(before, after)


def write_units(before: Item | None, after: Item | None) -> int:
    """Of one item by itself, without its indexes: the larger of what was and what is."""
    return units(max(item_size(before or {}), item_size(after or {})), WRITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A local index: the attribute that it sorts by, and what it holds; everything when `holds` is None."""

    name: str
    key: str
    holds: frozenset[str] | None

    def entry(self, item: Item | None) -> Item | None:
        """What the index has of an item; None when it has nothing of it."""
        if item is None or self.key not in item:
            return None
        return {name: value for name, value in item.items() if self.holds is None or name in self.holds}

    def units(self, before: Item | None, after: Item | None) -> int:
        """For bringing the index up to date: its entry goes, comes, moves (both) or changes in its place.

        A transaction does not double them: github.com/nubo-db/dynoxide, pull request 188, measured that.
        """
        old, new = self.entry(before), self.entry(after)
        sizes = [item_size(entry) for entry in (old, new) if entry]
        if old == new:
            return 0
        if old and new and old[self.key] == new[self.key]:
            return units(max(sizes), WRITE)
        return sum(units(size, WRITE) for size in sizes)


def stored(item: Item, indexes: Iterable[Index]) -> int:
    """Bytes that are paid for while an item lies in its table and indexes."""
    entries = [entry for index in indexes if (entry := index.entry(item))]
    return sum(OVERHEAD + item_size(part) for part in (item, *entries))
