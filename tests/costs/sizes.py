"""Sizes of items and their units, by DynamoDB's published rules.

Developer guide: "DynamoDB item sizes and formats" (sizes, storage), "DynamoDB read and write operations" (units),
"Amazon DynamoDB Transactions: How it works" (twice), "Local secondary indexes" (what an index costs).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

type Value = Mapping[str, Any]  # in the API's format: {"S": "text"}
type Item = Mapping[str, Value]

KB = 1024
READ, WRITE = 4 * KB, KB  # bytes in one unit
OVERHEAD = 100  # bytes of each stored item and index entry, besides its size
LARGEST_RESPONSE = 1024 * KB  # of a Query
_DOCUMENT, _ELEMENT = 3, 1  # bytes


def item_size(item: Item) -> int:
    """Return the bytes of an item: its attributes' names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Value) -> int:
    """Return the bytes of a value without its name; ValueError for a type that no table has."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "SS":
            return sum(len(text.encode()) for text in ([content] if kind == "S" else content))
        case "N":
            return number_size(content)
        case "B" | "BS":
            return sum(len(data) for data in ([content] if kind == "B" else content))
        case "BOOL" | "NULL":
            return 1
        case "L":
            return _DOCUMENT + sum(_ELEMENT + value_size(element) for element in content)
        case "M":
            return _DOCUMENT + _ELEMENT * len(content) + item_size(content)
    raise ValueError(kind)


def number_size(text: str) -> int:
    """Return one byte plus one for every two significant digits."""
    digits = len(Decimal(text).normalize().as_tuple().digits)
    return 1 + (digits + 1) // 2


def units(size: int, unit: int) -> int:
    """Return the units, rounded up and at least one."""
    return max(1, -(-size // unit))


def batch_units(items: Iterable[Item], missing: int = 0) -> int:
    """Return the units of a consistent BatchGetItem: rounded up per item, and one for each missing item."""
    return missing + sum(units(item_size(item), READ) for item in items)


def query_units(read_items: Iterable[Item]) -> int:
    """Return the units of a consistent Query: all items that it read together, also those filtered out."""
    return units(sum(map(item_size, read_items)), READ)


def transaction_units(before: Item | None, after: Item | None) -> int:
    """Return the units of one item in a transaction, without indexes: twice those of the larger state."""
    return 2 * write_units(before, after)


def write_units(before: Item | None, after: Item | None) -> int:
    """Return the units of one written item, without indexes: those of the larger state."""
    return units(max(item_size(before or {}), item_size(after or {})), WRITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A local index: its sort key, and its projected attributes; None for all."""

    name: str
    key: str
    attributes: frozenset[str] | None

    def entry(self, item: Item | None) -> Item | None:
        """Return the index entry of an item; None if it has none."""
        if item is None or self.key not in item:
            return None
        return {name: value for name, value in item.items() if self.attributes is None or name in self.attributes}

    def units(self, before: Item | None, after: Item | None) -> int:
        """Return the units of updating the index: its entry is deleted, put, moved (both) or changed in place.

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
    """Return the billed bytes of an item in its table and indexes."""
    entries = [entry for index in indexes if (entry := index.entry(item))]
    return sum(OVERHEAD + item_size(part) for part in (item, *entries))
