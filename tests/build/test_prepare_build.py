"""The changes that the build makes to packages; `make test-built` runs the tests on its results."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore
import pytest

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


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package that exports two names of its modules, one of which is also a module's name."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        '"""A shop."""\nfrom shop.stock import Shelf\nfrom shop.sale import sale\n__all__ = ["Shelf", "sale"]\n'
    )
    (folder / "stock.py").write_text("class Shelf: pass\n")
    (folder / "sale.py").write_text("def sale(): return 'sold'\n")
    return folder


def output_of(folder: Path, code: str) -> str:
    """Return the output of a process that has only the bytecode of the package's `__init__`."""
    page = folder / "__init__.py"
    tree = compilation.lazy_exports(ast.parse(page.read_text()), page)
    assert tree
    compilation.compile_to(folder / "__init__.pyc", page, tree, "shop")
    page.unlink()
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", code], cwd=folder.parent, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_an_export_is_loaded_on_first_use(package: Path) -> None:
    code = "import shop, sys; print('shop.stock' in sys.modules, shop.Shelf.__name__, 'shop.stock' in sys.modules)"

    assert output_of(package, code) == "False Shelf True"


def test_an_export_with_the_name_of_a_module_is_bound_at_import(package: Path) -> None:
    """Importing the module would bind its name in the package first."""
    assert output_of(package, "import shop.sale; print(shop.sale())") == "sold"


def test_an_unknown_name_is_an_attribute_error(package: Path) -> None:
    code = "import shop\ntry: shop.nothing\nexcept AttributeError: print('none')"

    assert output_of(package, code) == "none"


def test_only_an_init_module_that_does_nothing_else_gets_lazy_exports(tmp_path: Path) -> None:
    page = tmp_path / "__init__.py"

    assert compilation.lazy_exports(ast.parse('"""Doc."""\nfrom a import b\nb()\n__all__ = ["b"]'), page) is None
    assert (
        compilation.lazy_exports(ast.parse('"""Doc."""\nfrom a import b\n__all__ = ["b"]'), tmp_path / "a.py") is None
    )


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


def test_rarely_used_imports_are_deferred_to_their_use() -> None:
    tree = ast.parse("import html, sys\nfrom os.path import join, split\nfound = lambda: (html.escape('<'), join('a'))")
    compilation.defer_imports(tree, {"html", "join"})
    names: dict[str, Any] = {}
    exec(compile(tree, "deferred", "exec"), names)  # noqa: S102 -- our own

    assert {"sys", "split"} <= names.keys()
    assert not {"html", "join"} & names.keys()
    assert names["found"]() == ("&lt;", "a")


def test_a_deferred_import_that_no_longer_exists_stops_the_build() -> None:
    with pytest.raises(SystemExit, match="not imported any more"):
        compilation.defer_imports(ast.parse("import sys"), {"html"})


def test_a_replacement_must_define_the_names_that_are_imported_from_it(tmp_path: Path) -> None:
    (tmp_path / "shop/parts").mkdir(parents=True)
    (tmp_path / "shop/parts/stock.py").write_text("")
    (tmp_path / "shop/sale.py").write_text("from shop.parts.stock import (\n    Shelf,\n)\n")
    package_trimming.replace(tmp_path, "shop/parts/stock.py", "class Shelf: pass")

    assert (tmp_path / "shop/parts/stock.py").read_text() == "class Shelf: pass"
    for name, text in (("shop/parts/stock.py", "class Box: pass"), ("shop/parts/gone.py", "")):
        with pytest.raises(SystemExit, match="has changed in a new version"):
            package_trimming.replace(tmp_path, name, text)


def test_the_ca_bundle_is_reduced_to_awss_authorities() -> None:
    text = BUNDLE.read_text(encoding="utf-8")
    authorities = list(package_trimming.aws_authorities(text))

    assert len(package_trimming.CERTIFICATE.findall(text)) == text.count("BEGIN CERTIFICATE")
    assert 5 <= len(authorities) <= 8
    assert all(pem.startswith("-----BEGIN CERT") and pem.endswith("END CERTIFICATE-----\n\n") for pem in authorities)


def test_a_patch_that_does_not_match_once_stops_the_build(tmp_path: Path) -> None:
    """Otherwise a new version would be built without the patch."""
    path = tmp_path / "base.py"
    path.write_text("import this\nimport this\n")

    for changes in ({"import that": ""}, {"import this": ""}):
        with pytest.raises(SystemExit, match="has changed in a new version"):
            package_trimming.patch(path, changes)
    assert path.read_text() == "import this\nimport this\n"


def test_documentation_is_removed_and_a_member_of_that_name_kept() -> None:
    model = {"documentation": "<p>", "members": {"documentation": {"shape": "Text", "documentation": "<p>"}}}

    assert package_trimming.without_documentation(model) == {"members": {"documentation": {"shape": "Text"}}}


def test_the_service_descriptions_are_those_that_functions_have_grants_for() -> None:
    """SES has two names."""
    text = json.dumps(parse_template(ROOT / "template.yaml"), default=str)
    granted = {name for name in ("dynamodb", "secretsmanager", "ses", "logs") if f'"{name}:' in text}

    assert granted == {"dynamodb", "secretsmanager", "ses", "logs"}
    assert granted - {"ses"} | {"sesv2"} == package_trimming.SERVICES
