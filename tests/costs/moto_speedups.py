"""Speeds moto up for a hundred thousand rows, with the same results."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict


@contextmanager
def quick_rows() -> Iterator[None]:
    """Compare strings directly, and do not recompute a row's size with each attribute."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(LimitedSizeDict, "__setitem__", dict.__setitem__))
        for name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
            stack.enter_context(patch.object(DynamoType, name, _quick(name)))
        yield


def _quick(name: str) -> Callable[[DynamoType, DynamoType], bool]:
    slow, text = getattr(DynamoType, name), getattr(str, name)

    def compare(one: DynamoType, other: DynamoType) -> bool:
        same: Any = text(one.value, other.value) if one.type == other.type == "S" else slow(one, other)
        return bool(same)

    return compare
