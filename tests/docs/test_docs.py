"""The documents agree with the code and the template."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from gatehouse_dev.template import Template
from gatehouse_dev.template_file import parse_template
from tests.support.layout import FUNCTIONS, ROOT
from tests.support.passkeys import RELATED
from tests.support.routes import API
from tests.support.settings_usage import DESCRIPTIONS
from tests.support.settings_usage import SETTINGS as FIELDS
from tests.support.tasks import ALL_ROUTES
from tests.support.transformed import NO_VALUE, references
from tests.test_round_trips import AUTH, SESSION, TASKS, routes

DOCS = ROOT / "docs"
PROTOCOL, CONFIGURATION = DOCS / "protocol.md", DOCS / "configuration.md"
TEMPLATE = ROOT / "template.yaml"


def tables(page: Path, *, columns: int) -> list[list[str]]:
    """Return the cells of all rows of a page's tables with this many columns, without head rows and backticks."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    first_heads = {"method", "parameter", "variable", "alias", "---"}
    return [
        [_bare(cell) for cell in row]
        for row in cells
        if len(row) == columns and row[0].replace(" ", "") not in first_heads
    ]


def _bare(cell: str) -> str:
    return cell[1:-1] if re.fullmatch(r"`[^`]*`", cell) else cell


# -- docs/configuration.md ----------------------------------------------------------


SETTINGS = {row[0]: row[1:] for row in tables(CONFIGURATION, columns=5)}
STACK_PARAMETERS = {row[0]: row[1:] for row in tables(CONFIGURATION, columns=4)}
FORMS = {name: row[1] for name, row in SETTINGS.items()} | {name: row[0] for name, row in STACK_PARAMETERS.items()}
PREFERENCES = "one of CodeDeploy's for Lambda"
COMPUTED = [variable for variable, _ in tables(CONFIGURATION, columns=2)]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The template before SAM's transform."""
    parsed: dict[str, Any] = dict(parse_template(TEMPLATE))
    return parsed


def defaults(document: dict[str, Any]) -> dict[str, str | None]:
    """Return the template's parameters and their defaults as text; None for a required parameter."""
    return {
        name: str(rules["Default"]) if "Default" in rules else None for name, rules in document["Parameters"].items()
    }


def test_every_parameter_is_described_with_its_default(document: dict[str, Any]) -> None:
    texts = {name: row[2] for name, row in SETTINGS.items()} | {name: row[1] for name, row in STACK_PARAMETERS.items()}
    described = {name: {"none": None, "empty": ""}.get(default, default) for name, default in texts.items()}

    assert described == defaults(document)
    assert SETTINGS.keys().isdisjoint(STACK_PARAMETERS)


def variables(document: dict[str, Any]) -> dict[str, str]:
    """Return what the variables of all functions refer to."""
    functions = [one for one in document["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]
    blocks = [document["Globals"]["Function"], *(function["Properties"] for function in functions)]
    items = [item for block in blocks for item in block.get("Environment", {}).get("Variables", {}).items()]
    references: dict[str, str] = {}
    for name, value in items:
        if isinstance(value, dict) and value != NO_VALUE:
            assert references.setdefault(name, value["Ref"]) == value["Ref"], name
    return references


def test_every_parameter_sets_the_documented_variable(document: dict[str, Any]) -> None:
    references = variables(document)
    described = {row[0]: name for name, row in SETTINGS.items()}

    assert described == {name: source for name, source in references.items() if source in document["Parameters"]}
    assert set(COMPUTED) == references.keys() - described.keys()


def test_parameters_of_the_stack_are_used_but_not_by_functions(document: dict[str, Any]) -> None:
    for name in STACK_PARAMETERS:
        assert name not in variables(document).values()
        assert name in set(references({part: document[part] for part in ("Conditions", "Globals", "Resources")})), name


def test_every_field_of_the_configuration_is_described() -> None:
    described = {*COMPUTED, *(row[0] for row in SETTINGS.values())} - {"POWERTOOLS_SERVICE_NAME"}

    assert described == {f"GATEHOUSE_{name.upper()}" for name in FIELDS}


def test_every_setting_has_the_description_of_its_field() -> None:
    """Its row begins with the field's description, which is also the parameter's."""
    described = {row[0]: row[3] for row in SETTINGS.values()} | dict(tables(CONFIGURATION, columns=2))
    plain = {variable: re.sub(r"`|\[(.*?)\]\(.*?\)", r"\1", text) for variable, text in described.items()}

    for name, description in DESCRIPTIONS.items():
        assert plain[f"GATEHOUSE_{name.upper()}"].startswith(f"{description}."), name


def test_every_documented_type_is_the_one_of_the_configuration(running_cloud: object) -> None:
    assert running_cloud
    from gatehouse import config, setting_types  # noqa: PLC0415 -- the same

    words = {
        setting_types.Flag: {"flag"},
        setting_types.PasswordLength: {"number from 8 to 128"},
        setting_types.ProviderSeconds: {"number from 1 to 6"},
        setting_types.NonEmptyText: {"address"},
        setting_types.Url: {"URL"},
        setting_types.OptionalUrl: {"URL"},
        setting_types.Issuer: {"URL"},
        setting_types.OptionalPage: {"URL"},
        setting_types.OptionalSite: {"URL"},
        setting_types.OptionalWord: {"text"},
        setting_types.Address: {"address"},
        setting_types.Origins: {"list"},
        setting_types.TrustedOrigins: {"list"},
        setting_types.PasskeyOrigins: {"list"},
        setting_types.OptionalDomain: {"domain"},
        setting_types.ProviderId: {"text"},
        setting_types.Seconds: {"seconds"},
        setting_types.Lifetime: {"lifetime"},
        setting_types.RateLimit: {"rate"},
        setting_types.Count: {"number"},
        setting_types.CommaList: {"list"},
        setting_types.Directories: {"directories"},
        setting_types.OnOff: {"switch"},
        setting_types.OptionalProxy: {"proxy"},
        str: {"text"},
    }
    types = config.Config.__annotations__
    for variable, form, *_ in SETTINGS.values():
        kind = types[variable.removeprefix("GATEHOUSE_").lower()]
        assert form in (words.get(kind) or {choices(get_args(kind))}), variable


def choices(allowed: tuple[str, ...]) -> str:
    """Return the choices as the page lists them: `a`, `b` or `c`."""
    *first, last = [f"`{value}`" for value in allowed]
    return f"{', '.join(first)} or {last}"


def test_documented_choices_are_the_templates(document: dict[str, Any]) -> None:
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


def test_an_alias_has_the_same_function_as_its_route() -> None:
    served = {(key.partition(" ")[2], row[1]) for key, row in ENDPOINTS.items()}
    aliases = {(row[0], row[1]) for row in ENDPOINTS.values() if row[0].startswith("/")}

    assert aliases
    assert aliases <= served


def test_the_documented_calls_are_the_tested_ones() -> None:
    counted: dict[str, list[str]] = {"GET /health": ["GetItem"], RELATED: []}
    for row in AUTH:
        for route in routes(row):
            counted[route] = max(counted.get(route, []), row[3], key=len)
    counted |= {route: SESSION + TASKS[route.replace("/{user_id}", "")] for route in ALL_ROUTES}
    described = {key: re.sub(r" ?\(.*\)", "", row[2]).replace("none", "") for key, row in ENDPOINTS.items()}

    assert described == {key: ", ".join(calls) for key, calls in counted.items()}


# -- docs/README.md, and links --------------------------------------------------------


PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "sdk/python/README.md", *ROOT.glob("examples/*/README.md")]
)
LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub forms them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_index_has_every_page_by_its_title() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = [path for path in [*DOCS.glob("*.md"), DOCS / "openapi.json"] if path.name != "README.md"]
    decisions = {page: page.read_text(encoding="utf-8").splitlines()[0] for page in (DOCS / "adr").iterdir()}

    assert [page.name for page in pages if f"]({page.name})" not in index] == []
    for page, title in decisions.items():
        assert f"| [{title.partition('. ')[2]}](adr/{page.name}) |" in index


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_targets_of_links_exist(page: Path) -> None:
    for target in ("".join(found) for found in LINK.findall(prose(page))):
        path, _, anchor = target.partition("#")
        if path.startswith(("http:", "https:")):
            continue
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def test_the_architecture_lists_every_folder_of_the_layer() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    folders = [path.parent.name for path in (ROOT / "layers/common/gatehouse").glob("*/__init__.py")]

    assert [name for name in folders if f"| `{name}` |" not in text] == []
