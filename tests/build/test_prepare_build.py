"""What the build does to packages; on what comes out `make test-built` runs the tests."""

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
HELD = '''
"""What it is."""

from dataclasses import dataclass
def talk():
    """Say something."""
@dataclass
class Held:
    """What is held."""
    size: int
'''


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package that exports two things of its modules, one of which is called as its module is."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        '"""A shop."""\nfrom shop.stock import Shelf\nfrom shop.sale import sale\n__all__ = ["Shelf", "sale"]\n'
    )
    (folder / "stock.py").write_text("class Shelf: pass\n")
    (folder / "sale.py").write_text("def sale(): return 'sold'\n")
    return folder


def running(folder: Path, code: str) -> str:
    """What a process prints that has only bytecode of a package's own page."""
    page = folder / "__init__.py"
    tree = compilation.lazy_exports(ast.parse(page.read_text()), page)
    assert tree
    compilation.compile_to(folder / "__init__.pyc", page, tree, "shop")
    page.unlink()
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", code], cwd=folder.parent, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_what_is_exported_is_loaded_when_it_is_asked_for(package: Path) -> None:
    code = "import shop, sys; print('shop.stock' in sys.modules, shop.Shelf.__name__, 'shop.stock' in sys.modules)"

    assert running(package, code) == "False Shelf True"


def test_a_name_that_a_module_has_as_well_is_bound_at_once(package: Path) -> None:
    """Importing a module binds its name in the package, and would come before."""
    assert running(package, "import shop.sale; print(shop.sale())") == "sold"


def test_what_is_not_exported_is_told_as_ever(package: Path) -> None:
    code = "import shop\ntry: shop.nothing\nexcept AttributeError: print('none')"

    assert running(package, code) == "none"


def test_only_what_exports_and_does_nothing_else_exports_lazily(tmp_path: Path) -> None:
    page = tmp_path / "__init__.py"

    assert compilation.lazy_exports(ast.parse('"""Doc."""\nfrom a import b\nb()\n__all__ = ["b"]'), page) is None
    assert (
        compilation.lazy_exports(ast.parse('"""Doc."""\nfrom a import b\n__all__ = ["b"]'), tmp_path / "a.py") is None
    )


def test_docstrings_go_and_what_dataclasses_look_for_stays(tmp_path: Path) -> None:
    """A dataclass without one puts a signature together, which takes longer than reading a docstring."""
    path = tmp_path / "held.py"
    path.write_text(HELD)
    names: dict[str, type] = {}
    exec(compile(compilation.without_docstrings(path), "held", "exec"), names)  # noqa: S102 -- our own

    assert names["talk"].__doc__ is None
    assert names["Held"].__doc__ == "."
    assert names["Held"](size=1) == names["Held"](1)


def test_prose_in_annotations_goes_and_what_else_is_said_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "told.py"
    path.write_text(
        "def ask(a: Annotated[int, Doc('How many.')], b: Annotated[int, Field(gt=0), Doc('Of')]) -> Doc: pass\n"
    )

    assert "(a: int, b: Annotated[int, Field(gt=0)]) -> Doc" in ast.unparse(compilation.without_docstrings(path))


def test_what_hardly_anybody_needs_is_imported_where_it_is_used() -> None:
    tree = ast.parse("import html, sys\nfrom os.path import join, split\nfound = lambda: (html.escape('<'), join('a'))")
    compilation.defer_imports(tree, {"html", "join"})
    names: dict[str, Any] = {}
    exec(compile(tree, "late", "exec"), names)  # noqa: S102 -- our own

    assert {"sys", "split"} <= names.keys()
    assert not {"html", "join"} & names.keys()
    assert names["found"]() == ("&lt;", "a")


def test_what_is_not_imported_any_more_stops_the_build() -> None:
    with pytest.raises(SystemExit, match="not imported any more"):
        compilation.defer_imports(ast.parse("import sys"), {"html"})


def test_a_module_that_takes_the_place_of_another_has_what_is_asked_of_it(tmp_path: Path) -> None:
    (tmp_path / "shop/parts").mkdir(parents=True)
    (tmp_path / "shop/parts/stock.py").write_text("")
    (tmp_path / "shop/sale.py").write_text("from shop.parts.stock import (\n    Shelf,\n)\n")
    package_trimming.replace(tmp_path, "shop/parts/stock.py", "class Shelf: pass")

    assert (tmp_path / "shop/parts/stock.py").read_text() == "class Shelf: pass"
    for name, text in (("shop/parts/stock.py", "class Box: pass"), ("shop/parts/gone.py", "")):
        with pytest.raises(SystemExit, match="is not what it was"):
            package_trimming.replace(tmp_path, name, text)


def test_the_authorities_of_aws_are_kept_and_no_others() -> None:
    text = BUNDLE.read_text(encoding="utf-8")
    kept = list(package_trimming.aws_authorities(text))

    assert len(package_trimming.CERTIFICATE.findall(text)) == text.count("BEGIN CERTIFICATE")
    assert 5 <= len(kept) <= 8
    assert all(pem.startswith("-----BEGIN CERT") and pem.endswith("END CERTIFICATE-----\n\n") for pem in kept)


def test_a_package_that_says_it_otherwise_stops_the_build(tmp_path: Path) -> None:
    """Or a new version would go without the patch, and nobody would know."""
    path = tmp_path / "base.py"
    path.write_text("import this\nimport this\n")

    for changes in ({"import that": ""}, {"import this": ""}):
        with pytest.raises(SystemExit, match="is not what it was"):
            package_trimming.patch(path, changes)
    assert path.read_text() == "import this\nimport this\n"


def test_prose_goes_and_a_member_of_that_name_stays() -> None:
    model = {"documentation": "<p>", "members": {"documentation": {"shape": "Text", "documentation": "<p>"}}}

    assert package_trimming.without_documentation(model) == {"members": {"documentation": {"shape": "Text"}}}


def test_every_service_that_functions_speak_to_is_kept() -> None:
    """As their grants have it: SES has two names."""
    text = json.dumps(parse_template(ROOT / "template.yaml"), default=str)
    granted = {name for name in ("dynamodb", "secretsmanager", "ses", "logs") if f'"{name}:' in text}

    assert granted == {"dynamodb", "secretsmanager", "ses", "logs"}
    assert granted - {"ses"} | {"sesv2"} == package_trimming.SERVICES
