"""docs/openapi.json agrees with the functions and the template. tests/contract sends requests that it allows."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from gatehouse_dev import openapi
from gatehouse_dev.cloud import Cloud
from tests.support.routes import API, HEAD, PROTECTED, PUBLIC

SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]


@pytest.fixture(scope="module")
def document(running_cloud: Cloud) -> dict[str, Any]:
    """The document generated now."""
    return openapi.document(running_cloud.template)


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return all operations by route key."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def references(node: Any) -> Iterator[str]:
    """Return every `$ref` below a node."""
    if isinstance(node, dict):
        yield from ([node["$ref"]] if "$ref" in node else [])
        node = list(node.values())
    if isinstance(node, list):
        for entry in node:
            yield from references(entry)


def test_the_file_is_current(document: dict[str, Any]) -> None:
    assert openapi.FILE.read_text(encoding="utf-8") == openapi.text(document), "run `make openapi`"


def test_generation_is_deterministic(running_cloud: Cloud, document: dict[str, Any]) -> None:
    assert openapi.text(openapi.document(running_cloud.template)) == openapi.text(document)


def test_the_document_is_valid_and_its_references_resolve(document: dict[str, Any]) -> None:
    import schemathesis  # noqa: PLC0415 -- it takes a second, for which collecting need not wait

    schemathesis.openapi.from_dict(document).validate()
    parts = {f"#/components/{kind}/{name}" for kind, named in document["components"].items() for name in named}

    assert set(references(document)) <= parts


def test_the_document_has_the_routes_of_the_api_without_pages(document: dict[str, Any]) -> None:
    reads = {f"GET {key.partition(' ')[2]}" for key in HEAD} & API
    heads = {key.replace("GET", "HEAD") for key in reads}

    assert operations(document).keys() == API | heads
    assert len(heads) == 5
    assert not any(
        "content" in response for key in heads for response in operations(document)[key]["responses"].values()
    )


def test_operations_require_a_session_as_the_functions_do(document: dict[str, Any]) -> None:
    """Where a session is optional, no security is one of the alternatives."""
    found = operations(document)

    assert {key for key, operation in found.items() if operation["security"] == SIGNED_IN} == set(PROTECTED)
    assert all(found[key]["security"] in ([], [{}, *SIGNED_IN]) for key in PUBLIC)
    assert found["POST /api/auth/sign-out"]["security"][0] == {}
    assert {name for key in PROTECTED for name in found[key]["responses"]} >= {"401"}


def test_every_operation_has_a_unique_id_a_summary_and_known_tags(document: dict[str, Any]) -> None:
    found = operations(document).values()
    names = [operation["operationId"] for operation in found]
    tags = {tag["name"] for tag in document["tags"]}

    assert len(set(names)) == len(names)
    assert all(operation["summary"] and set(operation["tags"]) <= tags for operation in found)


def test_errors_are_our_components(document: dict[str, Any]) -> None:
    """FastAPI would document a 422 with its own schema. The service rejects invalid input with 400."""
    assert "HTTPValidationError" not in json.dumps(document)
    for key, operation in operations(document).items():
        errors = {status: response for status, response in operation["responses"].items() if status >= "400"}
        assert errors.keys() >= {"400", "429", "503"}, key
        assert all(list(response) == ["$ref"] for response in errors.values()), key


def test_mailed_links_and_callbacks_redirect(document: dict[str, Any]) -> None:
    redirecting = {key for key, operation in operations(document).items() if "302" in operation["responses"]}

    assert redirecting == {
        "GET /api/auth/callback/{provider}",
        "POST /api/auth/callback/{provider}",
        "GET /api/auth/delete-user/callback",
        "GET /api/auth/error",
        "HEAD /api/auth/error",
        "GET /api/auth/expo-authorization-proxy",
        "GET /api/auth/oauth/google",
        "GET /api/auth/oauth/google/callback",
        "GET /api/auth/reset-password/{token}",
        "GET /api/auth/unsubscribe",
        "GET /api/auth/verify-email",
    }


def test_the_document_names_no_server(document: dict[str, Any]) -> None:
    assert "servers" not in document
    assert "localhost" not in openapi.text(document)
