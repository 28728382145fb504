"""docs/openapi.json loaded by schemathesis. Importing this takes a second, so only tests that send requests do."""

import json
from collections.abc import Iterator
from typing import Any

import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gatehouse_dev.openapi import FILE

MODES = list(GenerationMode)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_SCHEMA = schemathesis.openapi.from_dict(
    json.loads(FILE.read_text(encoding="utf-8")),
    config=schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}}),
)
OPERATIONS = {
    operation.label: operation
    for operation in (found.ok() for found in _SCHEMA.get_all_operations() if isinstance(found, Ok))
}


def limits(operation: Any) -> Iterator[Any]:
    """Return requests on both sides of every limit in the document."""
    generation = _SCHEMA.config.generation_for(operation=operation, phase="coverage")
    for case in _SCHEMA.iter_coverage_cases(operation, generation_modes=MODES, generation_config=generation):
        if case.method.upper() == operation.method.upper():
            yield case
