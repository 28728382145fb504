"""Evaluates the template's metric filters."""

import json
import re

import jmespath

from tests.support.transformed import of_type, untransformed

FILTERS = of_type(untransformed(), "AWS::Logs::MetricFilter")
_COMPARISON = re.compile(r'\$\.([\w.]+) (!?=) "([\w.]+|\*|\*?[\w./ ]+\*)"')


def filter_matches(name: str, line: str) -> bool:
    """Whether a metric filter matches a log line. Its pattern is translated to JMESPath."""
    pattern = FILTERS[name]["FilterPattern"].removeprefix("{").removesuffix("}")
    assert re.fullmatch(r"[ ()&|]*", _COMPARISON.sub("", pattern)), "this pattern is not supported"
    return bool(jmespath.search(_COMPARISON.sub(_in_jmespath, pattern), json.loads(line)))


def _in_jmespath(comparison: re.Match[str]) -> str:
    field, operator, value = comparison.groups()
    if value == "*":  # the field exists
        return field
    if value.startswith("*"):
        assert operator == "="
        return f"contains({field} || '', '{value.strip('*')}')"
    if value.endswith("*"):
        assert operator == "="
        return f"starts_with({field} || '', '{value[:-1]}')"
    return f"{field} {operator.rjust(2, '=')} '{value}'"
