"""Which lines the template's metric filters count."""

import json
import re

import jmespath

from tests.support.transformed import of_type, untransformed

FILTERS = of_type(untransformed(), "AWS::Logs::MetricFilter")
_COMPARISON = re.compile(r'\$\.([\w.]+) (!?=) "([\w.]+|\*)"')


def filter_matches(name: str, line: str) -> bool:
    """Whether a filter counts a line of the log: its pattern is nearly an expression of JMESPath."""
    pattern = FILTERS[name]["FilterPattern"].removeprefix("{").removesuffix("}")
    assert re.fullmatch(r"[ ()&|]*", _COMPARISON.sub("", pattern)), "this pattern is not understood here"
    return bool(jmespath.search(_COMPARISON.sub(_in_jmespath, pattern), json.loads(line)))


def _in_jmespath(comparison: re.Match[str]) -> str:
    field, operator, value = comparison.groups()
    return field if value == "*" else f"{field} {operator.rjust(2, '=')} '{value}'"  # a star is that it is there
