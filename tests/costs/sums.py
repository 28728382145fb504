"""Dataclasses that are added field by field."""

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Addable:
    """A dataclass whose sum has the sums of its fields; sets are united."""

    def __add__(self, other: Self) -> Self:
        pairs = {field.name: (getattr(self, field.name), getattr(other, field.name)) for field in fields(self)}
        return replace(self, **{name: a | b if isinstance(a, frozenset) else a + b for name, (a, b) in pairs.items()})
