"""A parameter of the template accepts the values that its field in `config.py` accepts, and has its description."""

from typing import Any, get_args

import pytest

from gatehouse_dev.parameters import resolve
from gatehouse_dev.template_file import TemplateError
from tests.docs.test_docs import variables
from tests.support.layer import layer
from tests.support.settings_usage import DESCRIPTIONS, SETTINGS
from tests.support.transformed import source

PARAMETERS: dict[str, dict[str, Any]] = source()["Parameters"]
VARIABLES = {made: variable for variable, made in variables(source()).items() if made in PARAMETERS}
RATES = ("3/10", "03/10", "150/300", "0/10", "3/0", "3", "3/", "/10", "3/10/2", "-3/10", "3.5/10", "a/b")
VALUES = {
    *("", "text", "a@example.com", "https://example.com", "a,b", "True", "yes", "example.com", "https://example.com/"),
    *("https://example.com/a", "https://Example.com", "https://a.example:443", "https://a.example, https://b.example"),
    *("https://a.example?x", "https://*.example.com", "myapp://", "315360000", "315360001", "1000000001", "3/99999999"),
    *RATES,
    f"x-forwarded-for,x-origin-verify={'0' * 64}",
    *map(str, range(-1, 130)),  # CloudFormation has no whole numbers: it leaves 1.5 to the function
    *(str(value) for rules in PARAMETERS.values() for value in rules.get("AllowedValues", ())),
}


def is_allowed(parameter: str, value: str) -> bool:
    """Whether CloudFormation accepts a value."""
    try:
        resolve({parameter: PARAMETERS[parameter]}, {parameter: value})
    except TemplateError:
        return False
    return True


def is_accepted(parameter: str, value: str) -> bool:
    """Whether functions that have this setting start with a value."""
    try:
        layer("config").parse_environment({VARIABLES[parameter]: value})
    except layer("config").ConfigurationError:
        return False
    return True


def field(parameter: str) -> str:
    """Return the field that a parameter becomes."""
    return VARIABLES[parameter].removeprefix("GATEHOUSE_").lower()


@pytest.mark.parametrize("parameter", VARIABLES)
def test_a_parameter_allows_what_its_field_accepts(parameter: str) -> None:
    values = VALUES | set(map(str, get_args(layer("config").Config.__annotations__[field(parameter)])))
    allowed = {value for value in values if is_allowed(parameter, value)}
    accepted = {value for value in values if is_accepted(parameter, value)}

    assert allowed
    assert allowed == accepted


@pytest.mark.parametrize("parameter", [name for name in VARIABLES if "Default" in PARAMETERS[name]])
def test_functions_start_with_the_default(parameter: str) -> None:
    default = str(PARAMETERS[parameter]["Default"])

    assert is_allowed(parameter, default)
    assert is_accepted(parameter, default)


@pytest.mark.parametrize("parameter", VARIABLES)
def test_a_parameter_has_the_description_of_its_field(parameter: str) -> None:
    assert PARAMETERS[parameter]["Description"] == DESCRIPTIONS[field(parameter)]


def test_a_pattern_says_what_the_field_says() -> None:
    said = {
        name: (one.pattern, f"must be {one.description}")
        for name in VARIABLES
        for one in annotations(name)
        if isinstance(one, layer("setting_types").Form)
    }

    assert len(said) > 10
    for name, told in said.items():
        assert (PARAMETERS[name]["AllowedPattern"], PARAMETERS[name]["ConstraintDescription"]) == told, name


def annotations(parameter: str) -> tuple[Any, ...]:
    """Return the annotations of the type of a parameter's field."""
    kind = layer("config").Config.__annotations__[field(parameter)]
    found: tuple[Any, ...] = getattr(getattr(kind, "__value__", None), "__metadata__", ())
    return found


@pytest.mark.parametrize("parameter", ["CorsOrigins", "BaseUrl"])
def test_what_a_deployment_refuses_make_dev_refuses_with_the_same_words(parameter: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        resolve({parameter: PARAMETERS[parameter]}, {parameter: "https://a.example/app"})

    assert PARAMETERS[parameter]["ConstraintDescription"] in str(refusal.value)


def test_every_field_has_a_description() -> None:
    assert DESCRIPTIONS.keys() == SETTINGS
