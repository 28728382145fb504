"""The changes that the build makes to packages; `make test-built` runs the tests on its results."""

import ast
import json
from pathlib import Path

import botocore
import pytest

from gatehouse_dev import package_trimming
from gatehouse_dev.compilation import without_docstrings
from gatehouse_dev.template_file import parse_template
from tests.support.layout import ROOT

BUNDLE = Path(botocore.__file__).with_name("cacert.pem")
DOCUMENTED = {
    '"""A module."""\na = 1': "a = 1",
    'def talk():\n    """Say something."""': "def talk():\n    pass",
    'class Box:\n    """A box."""\n    size: int': 'class Box:\n    """."""\n    size: int',
    "a: Annotated[int, Doc('How many.')]": "a: int",
    "a: Annotated[int, Field(gt=0), Doc('How many.')]": "a: Annotated[int, Field(gt=0)]",
    "a: Doc": "a: Doc",
}


@pytest.mark.parametrize("source", DOCUMENTED)
def test_documentation_is_removed_from_packages(source: str) -> None:
    """Classes keep a dot: for a dataclass without a docstring, Python generates one, which takes longer."""
    assert ast.unparse(without_docstrings(source.encode())) == DOCUMENTED[source]


def test_the_ca_bundle_is_reduced_to_awss_authorities() -> None:
    text = BUNDLE.read_text(encoding="utf-8")
    authorities = package_trimming.aws_authorities(text)

    assert len(package_trimming.CERTIFICATE.findall(text)) == text.count("BEGIN CERTIFICATE")
    assert 5 <= len(authorities) <= 8
    assert all(pem.startswith("-----BEGIN CERT") and pem.endswith("END CERTIFICATE-----\n\n") for pem in authorities)


def test_documentation_is_removed_from_service_descriptions_and_a_member_of_that_name_kept() -> None:
    model = '{"documentation": "<p>", "members": [{"documentation": {"shape": "Text", "documentation": "<p>"}}]}'
    read = json.loads(model, object_hook=package_trimming.without_documentation)

    assert read == {"members": [{"documentation": {"shape": "Text"}}]}


def test_the_service_descriptions_are_those_that_functions_have_grants_for() -> None:
    """SES has two names."""
    text = json.dumps(parse_template(ROOT / "template.yaml"), default=str)
    granted = {name for name in ("dynamodb", "secretsmanager", "ses", "logs") if f'"{name}:' in text}

    assert granted == {"dynamodb", "secretsmanager", "ses", "logs"}
    assert granted - {"ses"} | {"sesv2"} == package_trimming.SERVICES
