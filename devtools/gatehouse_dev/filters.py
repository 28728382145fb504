"""Lambda's event filtering: which stream records a function asked for."""

import operator
from collections.abc import Callable, Iterable

from gatehouse_dev.document import Node, Properties

ABSENT = object()
COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def wanted(filters: Iterable[Properties], record: Properties) -> bool:
    """Say whether any filter matches; no filters let everything through."""
    patterns = tuple(filters)
    return not patterns or any(matches(pattern, record) for pattern in patterns)


def matches(pattern: Properties, event: Node) -> bool:
    """Say whether every key of the pattern is satisfied; lists are alternatives."""
    for key, rule in pattern.items():
        if key == "$or":
            if not any(matches(alternative, event) for alternative in rule):
                return False
            continue
        value = event.get(key, ABSENT) if isinstance(event, dict) else ABSENT
        fits = matches(rule, value) if isinstance(rule, dict) else _any_fits(rule, value)
        if not fits:
            return False
    return True


def _any_fits(rules: list[Node], value: Node) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(_fits(rule, each) for rule in rules for each in values)


def _fits(rule: Node, value: Node) -> bool:
    if isinstance(rule, dict):
        ((name, argument),) = rule.items()
        return OPERATORS[name](argument, value)
    return value is not ABSENT and type(value) is type(rule) and bool(value == rule)


def _exists(expected: Node, value: Node) -> bool:
    return bool((value is not ABSENT and not isinstance(value, dict)) == expected)


def _anything_but(unwanted: Node, value: Node) -> bool:
    rules = unwanted if isinstance(unwanted, list) else [unwanted]
    return value is not ABSENT and not _any_fits(rules, value)


def _numeric(terms: list[Node], value: Node) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return all(COMPARISONS[sign](value, limit) for sign, limit in zip(terms[::2], terms[1::2], strict=True))


OPERATORS: dict[str, Callable[[Node, Node], bool]] = {
    "exists": _exists,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "prefix": lambda start, value: isinstance(value, str) and value.startswith(start),
    "suffix": lambda end, value: isinstance(value, str) and value.endswith(end),
    "equals-ignore-case": lambda text, value: isinstance(value, str) and value.lower() == text.lower(),
}
