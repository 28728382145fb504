"""Lambda's event filtering for stream records."""

import operator
from collections.abc import Callable, Iterable

from gatehouse_dev.template_file import Node, Properties

ABSENT = object()
COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def any_matches(filters: Iterable[Properties], record: Properties) -> bool:
    """Whether any filter matches; no filters match everything."""
    patterns = tuple(filters)
    return not patterns or any(matches(pattern, record) for pattern in patterns)


def matches(pattern: Properties, event: Node) -> bool:
    """Whether every key of the pattern matches; lists are alternatives."""
    for key, rule in pattern.items():
        if key == "$or":
            if not any(matches(alternative, event) for alternative in rule):
                return False
            continue
        value = event.get(key, ABSENT) if isinstance(event, dict) else ABSENT
        fits = matches(rule, value) if isinstance(rule, dict) else _any_rule_matches(rule, value)
        if not fits:
            return False
    return True


def _any_rule_matches(rules: list[Node], value: Node) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(_rule_matches(rule, each) for rule in rules for each in values)


def _rule_matches(rule: Node, value: Node) -> bool:
    if isinstance(rule, dict):
        ((name, argument),) = rule.items()
        return OPERATORS[name](argument, value)
    return value is not ABSENT and type(value) is type(rule) and bool(value == rule)


def _exists(expected: Node, value: Node) -> bool:
    return bool((value is not ABSENT and not isinstance(value, dict)) == expected)


def _anything_but(unwanted: Node, value: Node) -> bool:
    rules = unwanted if isinstance(unwanted, list) else [unwanted]
    return value is not ABSENT and not _any_rule_matches(rules, value)


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
