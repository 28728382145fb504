"""The pages that describe the interface say what the code and the template do."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from gatehouse_dev.template import Template
from gatehouse_dev.template_file import parse_template
from tests.support.layout import FUNCTIONS, ROOT
from tests.support.routes import API
from tests.support.settings_usage import SETTINGS as READ
from tests.support.tasks import ALL_ROUTES
from tests.support.transformed import references
from tests.test_round_trips import AUTH, SESSION, TASKS, routes

DOCS = ROOT / "docs"
PROTOCOL, CONFIGURATION = DOCS / "protocol.md", DOCS / "configuration.md"
TEMPLATE = ROOT / "template.yaml"


def tables(page: Path, *, columns: int) -> list[list[str]]:
    """The cells of every row of a page's tables that are so wide, without their heads and backticks."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    heads = {"method", "parameter", "variable", "alias", "---"}
    return [
        [_bare(cell) for cell in row] for row in cells if len(row) == columns and row[0].replace(" ", "") not in heads
    ]


def _bare(cell: str) -> str:
    return cell[1:-1] if re.fullmatch(r"`[^`]*`", cell) else cell


# -- docs/configuration.md ----------------------------------------------------------


SETTINGS = {row[0]: row[1:] for row in tables(CONFIGURATION, columns=5)}
OF_THE_STACK = {row[0]: row[1:] for row in tables(CONFIGURATION, columns=4)}
FORMS = {name: row[1] for name, row in SETTINGS.items()} | {name: row[0] for name, row in OF_THE_STACK.items()}
PREFERENCES = "one of CodeDeploy's for Lambda"
FILLED_IN = [variable for variable, _ in tables(CONFIGURATION, columns=2)]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The template as it is written."""
    parsed: dict[str, Any] = dict(parse_template(TEMPLATE))
    return parsed


def defaults(document: dict[str, Any]) -> dict[str, str | None]:
    """The template's parameters and their defaults, as text; None where one must be given."""
    return {
        name: str(rules["Default"]) if "Default" in rules else None for name, rules in document["Parameters"].items()
    }


def test_every_parameter_is_described_with_its_default(document: dict[str, Any]) -> None:
    written = {name: row[2] for name, row in SETTINGS.items()} | {name: row[1] for name, row in OF_THE_STACK.items()}
    told = {name: {"none": None, "empty": ""}.get(default, default) for name, default in written.items()}

    assert told == defaults(document)
    assert SETTINGS.keys().isdisjoint(OF_THE_STACK)


def variables(document: dict[str, Any]) -> dict[str, str]:
    """What the variables of all functions refer to."""
    functions = [one for one in document["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]
    places = [document["Globals"]["Function"], *(function["Properties"] for function in functions)]
    given = [item for place in places for item in place.get("Environment", {}).get("Variables", {}).items()]
    references: dict[str, str] = {}
    for name, value in given:
        if isinstance(value, dict):
            assert references.setdefault(name, value["Ref"]) == value["Ref"], name
    return references


def test_every_parameter_reaches_the_variable_that_is_told(document: dict[str, Any]) -> None:
    references = variables(document)
    told = {row[0]: name for name, row in SETTINGS.items()}

    assert told == {name: made for name, made in references.items() if made in document["Parameters"]}
    assert set(FILLED_IN) == references.keys() - told.keys()


def test_what_is_of_the_stack_itself_no_function_reads(document: dict[str, Any]) -> None:
    for name in OF_THE_STACK:
        assert name not in variables(document).values()
        assert name in set(references({part: document[part] for part in ("Conditions", "Globals", "Resources")})), name


def test_every_field_of_the_configuration_is_described() -> None:
    described = {*FILLED_IN, *(row[0] for row in SETTINGS.values())} - {"POWERTOOLS_SERVICE_NAME"}

    assert described == {f"GATEHOUSE_{name.upper()}" for name in READ}


def test_every_form_is_the_one_that_is_read(running_cloud: object) -> None:
    assert running_cloud
    from gatehouse import config  # noqa: PLC0415 -- the same

    words = {
        bool: {"flag"},
        config.PasswordLength: {"number from 8 to 128"},
        config.NonEmptyText: {"address"},
        timedelta: {"seconds"},
        config.Lifetime: {"lifetime"},
        config.Rate: {"rate"},
        config.PerSecond: {"number"},
        tuple[str, ...]: {"list"},
        config.OnOff: {"switch"},
        str: {"text", "URL", "domain", "address"},
    }
    types = get_type_hints(config.Config, include_extras=True)
    for variable, form, *_ in SETTINGS.values():
        kind = types[variable.removeprefix("GATEHOUSE_").lower()]
        assert form in (words.get(kind) or {choices(get_args(kind))}), variable


def choices(allowed: tuple[str, ...]) -> str:
    """`a`, `b` or `c`, as the page has it."""
    *first, last = [f"`{value}`" for value in allowed]
    return f"{', '.join(first)} or {last}"


def test_every_choice_is_the_templates(document: dict[str, Any]) -> None:
    for name, rules in document["Parameters"].items():
        allowed = tuple(map(str, rules.get("AllowedValues", ())))
        words = {(): None, ("true", "false"): "flag", ("on", "off"): "switch"}
        if allowed and rules["Type"] != "Number" and FORMS[name] != PREFERENCES:
            assert FORMS[name] == words.get(allowed, choices(allowed)), name


# -- docs/protocol.md ---------------------------------------------------------------


ENDPOINTS = {f"{method} {path}": row for method, path, *row in tables(PROTOCOL, columns=5)}


def test_every_route_is_listed_with_its_function(template: Template) -> None:
    folders = {name: function.folder.relative_to(FUNCTIONS).as_posix() for name, function in template.functions.items()}

    assert {key: row[1] for key, row in ENDPOINTS.items()} == {
        route.key: folders[route.function] for route in template.routes if route.key in API
    }


def test_an_alias_is_on_the_function_that_it_is_an_alias_of() -> None:
    served = {(key.partition(" ")[2], row[1]) for key, row in ENDPOINTS.items()}
    aliases = {(row[0], row[1]) for row in ENDPOINTS.values() if row[0].startswith("/")}

    assert aliases
    assert aliases <= served


def test_the_calls_are_those_that_are_counted() -> None:
    counted: dict[str, list[str]] = {"GET /health": ["GetItem"]}
    for row in AUTH:
        for route in routes(row):
            counted[route] = max(counted.get(route, []), row[3], key=len)
    counted |= {route: SESSION + TASKS[route.replace("/{user_id}", "")] for route in ALL_ROUTES}
    told = {key: re.sub(r" ?\(.*\)", "", row[2]).replace("none", "") for key, row in ENDPOINTS.items()}

    assert told == {key: ", ".join(calls) for key, calls in counted.items()}


# -- docs/README.md, and links --------------------------------------------------------


PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "sdk/python/README.md", ROOT / "examples/react/README.md"]
)
LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")


def written(page: Path) -> str:
    """A page without its code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """What links may name of a page: its headings, as hosts make anchors of them."""
    headings = re.findall(r"^#+ (.+)$", written(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_index_has_every_page_by_its_title() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = [path for path in [*DOCS.glob("*.md"), DOCS / "openapi.json"] if path.name != "README.md"]
    decisions = {page: page.read_text(encoding="utf-8").splitlines()[0] for page in (DOCS / "adr").iterdir()}

    assert [page.name for page in pages if f"]({page.name})" not in index] == []
    for page, title in decisions.items():
        assert f"| [{title.partition('. ')[2]}](adr/{page.name}) |" in index


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in ("".join(found) for found in LINK.findall(written(page))):
        path, _, anchor = target.partition("#")
        if path.startswith(("http:", "https:")):
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_the_architecture_has_every_folder_of_the_layer() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    folders = [path.parent.name for path in (ROOT / "layers/common/gatehouse").glob("*/__init__.py")]

    assert [name for name in folders if f"| `{name}` |" not in text] == []
