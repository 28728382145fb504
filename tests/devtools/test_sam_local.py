"""`sam local`: the routes that it finds, and env.json, which it gives to functions so that they find `make cloud`."""

import json

import pytest

from gatehouse_dev import sam_local
from gatehouse_dev.template import Template
from tests.support.layout import ROOT


@pytest.fixture(scope="module")
def current() -> Template:
    """The template as `make cloud` has it."""
    return sam_local.local_template()


@pytest.fixture(scope="module")
def given() -> dict[str, str]:
    """What env.json gives to every function."""
    parsed = json.loads(sam_local.FILE.read_text(encoding="utf-8"))
    assert list(parsed) == ["Parameters"]
    variables: dict[str, str] = parsed["Parameters"]
    return variables


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of SAM CLI's own
def test_sam_finds_every_route_and_its_function(current: Template) -> None:
    """SAM CLI's own reader of templates, which `sam local start-api` runs before it needs Docker; CORS adds OPTIONS."""
    from samcli.lib.providers.api_provider import ApiProvider  # type: ignore[import-untyped]  # noqa: PLC0415 -- slow
    from samcli.lib.providers.sam_stack_provider import (  # type: ignore[import-untyped]  # noqa: PLC0415 -- the same
        SamLocalStackProvider,
    )

    stacks, _ = SamLocalStackProvider.get_stacks(str(ROOT / "template.yaml"), parameter_overrides=current.parameters)
    routes = ApiProvider(stacks).api.routes

    assert {(method, route.path, route.function_name) for route in routes for method in route.methods} - {
        ("OPTIONS", route.path, route.function) for route in current.routes
    } == {(route.method, route.path, route.function) for route in current.routes}
    assert {route.payload_format_version for route in routes} == {"2.0"}


def test_env_json_is_current(current: Template) -> None:
    """Or run `make env`."""
    assert sam_local.FILE.read_text(encoding="utf-8") == sam_local.text(current)


def test_env_json_has_every_variable_of_every_function(current: Template, given: dict[str, str]) -> None:
    for function in current.functions.values():
        assert function.environment.items() <= (given | {"AWS_ENDPOINT_URL": ""}).items(), function.name


def test_sam_hands_them_what_they_have_of_it(current: Template, given: dict[str, str]) -> None:
    """It drops what the template does not declare."""
    from samcli.local.lambdafn.env_vars import (  # type: ignore[import-untyped]  # noqa: PLC0415 -- the same
        EnvironmentVariables,
    )

    for function in current.functions.values():
        resolved = EnvironmentVariables(variables=dict(function.environment), override_values=given).resolve()
        assert {name: given[name] for name in function.environment}.items() <= resolved.items(), function.name
