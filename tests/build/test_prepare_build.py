"""The changes that the build makes to packages; `make test-built` runs the tests on its results."""

import ast
import json
from pathlib import Path

import botocore

from gatehouse_dev import compilation, package_trimming
from gatehouse_dev.template_file import parse_template
from tests.support.layout import ROOT

BUNDLE = Path(botocore.__file__).with_name("cacert.pem")
SOURCE = '''
"""A module."""

from dataclasses import dataclass
def talk():
    """Say something."""
@dataclass
class Box:
    """A box."""
    size: int
'''


def test_docstrings_are_removed_but_those_of_dataclasses_replaced(tmp_path: Path) -> None:
    """For a dataclass without docstring, Python generates one, which takes longer."""
    path = tmp_path / "box.py"
    path.write_text(SOURCE)
    names: dict[str, type] = {}
    exec(compile(compilation.without_docstrings(path), "box", "exec"), names)  # noqa: S102 -- our own

    assert names["talk"].__doc__ is None
    assert names["Box"].__doc__ == "."
    assert names["Box"](size=1) == names["Box"](1)


def test_doc_metadata_of_annotations_is_removed_and_other_metadata_kept(tmp_path: Path) -> None:
    path = tmp_path / "annotated.py"
    path.write_text(
        "def ask(a: Annotated[int, Doc('How many.')], b: Annotated[int, Field(gt=0), Doc('Of')]) -> Doc: pass\n"
    )

    assert "(a: int, b: Annotated[int, Field(gt=0)]) -> Doc" in ast.unparse(compilation.without_docstrings(path))


def test_the_ca_bundle_is_reduced_to_awss_authorities() -> None:
    text = BUNDLE.read_text(encoding="utf-8")
    authorities = list(package_trimming.aws_authorities(text))

    assert len(package_trimming.CERTIFICATE.findall(text)) == text.count("BEGIN CERTIFICATE")
    assert 5 <= len(authorities) <= 8
    assert all(pem.startswith("-----BEGIN CERT") and pem.endswith("END CERTIFICATE-----\n\n") for pem in authorities)


def test_documentation_is_removed_and_a_member_of_that_name_kept() -> None:
    model = {"documentation": "<p>", "members": {"documentation": {"shape": "Text", "documentation": "<p>"}}}

    assert package_trimming.without_documentation(model) == {"members": {"documentation": {"shape": "Text"}}}


def test_the_service_descriptions_are_those_that_functions_have_grants_for() -> None:
    """SES has two names."""
    text = json.dumps(parse_template(ROOT / "template.yaml"), default=str)
    granted = {name for name in ("dynamodb", "secretsmanager", "ses", "logs") if f'"{name}:' in text}

    assert granted == {"dynamodb", "secretsmanager", "ses", "logs"}
    assert granted - {"ses"} | {"sesv2"} == package_trimming.SERVICES
