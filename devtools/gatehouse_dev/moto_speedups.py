"""Faster replacements for parts of moto. Most values are plain, and expressions repeat."""

import copy
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, lru_cache
from inspect import getattr_static
from secrets import token_hex
from typing import Any
from unittest.mock import patch

from moto.core import responses
from moto.core.parse import BaseJSONParser
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import Node  # type: ignore[attr-defined] # moto has no types there
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined] # the same

_PLAIN = {"S", "N", "BOOL"}  # types of values that are stored in the form of responses


def _parse_plain(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Copy plain values; moto tries each of the ten types for every value."""

    def structure(parser: Any, shape: Any, value: Any) -> Any:  # moto's own signature
        if shape.name == "AttributeValue" and type(value) is dict and value.keys() <= _PLAIN:
            return dict(value)
        return parse(parser, shape, value)

    return structure


def _serialize_plain(serialize: Callable[..., None]) -> Callable[..., None]:
    """Copy plain values; moto tries each of the ten types in several spellings for every value."""

    def structure(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:  # moto's own signature
        if shape.name == "AttributeValue" and type(value) is dict and value.keys() <= _PLAIN:
            serializer._default_serialize(serialized, dict(value), shape, key)  # noqa: SLF001  # as moto does with other values
        else:
            serialize(serializer, serialized, value, shape, key)

    return structure


def _get_by_name(get_value: Callable[..., Any]) -> Callable[..., Any]:
    """Read DynamoDB's results by their names in responses only; moto tries other names, too."""

    def value_of(serializer: Any, value: Any, key: str, shape: Any) -> Any:  # moto's own signature
        if type(value) is dict and serializer.operation_model.service_model.service_name == "dynamodb":
            return value.get(key)
        return get_value(serializer, value, key, shape)

    return value_of


def _fast_size(size: Callable[[DynamoType], int]) -> Callable[[DynamoType], int]:
    """Measure strings first; moto checks every other type before."""

    def measured(value: DynamoType) -> int:
        return len(value.value.encode()) if value.type == "S" else size(value)

    return measured


def _fast_compare(cast: Any) -> property:
    """Compare strings without a conversion."""
    return property(lambda value: value.value if value.type == "S" else cast.fget(value))


def _shallow_copy(copied: Callable[..., DynamoType]) -> Callable[..., DynamoType]:
    """Share plain values between copies of a row: nothing changes them in place."""

    def shared(value: DynamoType, memo: dict[int, Any]) -> DynamoType:
        return value if value.type in _PLAIN else copied(value, memo)

    return shared


def _fast_fill(_: object) -> Callable[..., None]:
    """Measure an item once, with its last attribute; moto measures it after each attribute."""

    def fill(item: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
        item.hash_key, item.range_key = hash_key, range_key
        values = {name: DynamoType(value) for name, value in attrs.items()}
        last = dict([values.popitem()]) if values else {}
        item.attrs = LimitedSizeDict(values)
        for name, value in last.items():
            item.attrs[name] = value

    return fill


def _copy_tree(deepcopy: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Copy only the nodes of an expression's tree: nothing changes their other values."""

    def copied(node: Any) -> Any:
        if not isinstance(node, Node):
            return deepcopy(node)
        twin: Any = copy.copy(node)
        if node.children is not None:
            twin.children = [copied(child) if isinstance(child, Node) else child for child in node.children]
            for child in twin.children:
                if isinstance(child, Node):
                    child.parent = twin
        return twin

    return copied


def _cached_lexer(lex: Callable[..., Any]) -> Callable[..., Any]:
    """Cache the tokens of a condition: they do not depend on its names and values."""

    @lru_cache(maxsize=1000)
    def words(condition: str) -> tuple[Any, ...]:
        return tuple(lex(ConditionExpressionParser(condition, None, None)))

    return lambda parser: deque(words(parser.condition_expression))


def _cached(make: Callable[..., Any]) -> Callable[..., Any]:
    """Cache the trees of expressions: moto copies a tree before it changes it."""
    return lru_cache(maxsize=1000)(make)


def _fast_request_id(_: object) -> Callable[..., str]:
    """Make a request id at once; moto draws each letter separately."""

    def number(headers: dict[str, Any]) -> str:
        headers["x-amzn-requestid"] = token_hex(26).upper()
        return str(headers["x-amzn-requestid"])

    return number


_PATCHES: list[tuple[Any, str, Callable[[Any], Any]]] = [
    (BaseJSONParser, "_parse_structure", _parse_plain),
    (ResponseSerializer, "_serialize_type_structure", _serialize_plain),
    (ResponseSerializer, "get_value", _get_by_name),
    (DynamoType, "size", _fast_size),
    (DynamoType, "cast_value", _fast_compare),
    (DynamoType, "__deepcopy__", _shallow_copy),
    (Item, "__init__", _fast_fill),
    (UpdateExpressionParser, "make", _cached),
    (validators, "deepcopy", _copy_tree),
    (ConditionExpressionParser, "_lex_condition_expression", _cached_lexer),
    (responses, "method_names_from_class", cache),
    (responses, "camelcase_to_underscores", cache),
    (responses, "gen_amzn_requestid_long", _fast_request_id),
]
ORIGINALS = [(owner, name, getattr_static(owner, name)) for owner, name, _ in _PATCHES]


@contextmanager
def applied() -> Iterator[None]:
    """Apply all replacements while entered."""
    with ExitStack() as stack:
        for owner, name, shortcut in _PATCHES:
            stack.enter_context(patch.object(owner, name, shortcut(getattr(owner, name))))
        yield
