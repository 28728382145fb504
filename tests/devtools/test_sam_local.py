"""`sam local` finds all routes, and env.json has the variables with which functions reach `make cloud`."""

import json

import pytest

from gatehouse_dev import sam_local
from gatehouse_dev.template import Template
from tests.support.layout import ROOT


@pytest.fixture(scope="module")
def local_template() -> Template:
    """The template as in `make cloud`."""
    return sam_local.local_template()


@pytest.fixture(scope="module")
def variables() -> dict[str, str]:
    """The variables in env.json."""
    parsed = json.loads(sam_local.FILE.read_text(encoding="utf-8"))
    assert list(parsed) == ["Parameters"]
    variables: dict[str, str] = parsed["Parameters"]
    return variables


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # raised by SAM CLI
def test_sam_finds_every_route_and_its_function(local_template: Template) -> None:
    """`sam local start-api` runs this reader before it needs Docker. CORS adds OPTIONS."""
    from samcli.lib.providers.api_provider import ApiProvider  # noqa: PLC0415 -- slow
    from samcli.lib.providers.sam_stack_provider import (  # noqa: PLC0415 -- the same
        SamLocalStackProvider,
    )

    parameters = local_template.parameters
    stacks, _ = SamLocalStackProvider.get_stacks(str(ROOT / "template.yaml"), parameter_overrides=parameters)
    routes = ApiProvider(stacks).api.routes

    assert {(method, route.path, route.function_name) for route in routes for method in route.methods} - {
        ("OPTIONS", route.path, route.function) for route in local_template.routes
    } == {(route.method, route.path, route.function) for route in local_template.routes}
    assert {route.payload_format_version for route in routes} == {"2.0"}


def test_env_json_is_current(local_template: Template) -> None:
    """If this fails, run `make env`."""
    assert sam_local.FILE.read_text(encoding="utf-8") == sam_local.text(local_template)


def test_env_json_has_every_variable_of_every_function(local_template: Template, variables: dict[str, str]) -> None:
    for function in local_template.functions.values():
        assert function.environment.items() <= (variables | {"AWS_ENDPOINT_URL": ""}).items(), function.name


def test_sam_overrides_the_variables_of_functions(local_template: Template, variables: dict[str, str]) -> None:
    """It ignores variables that the template does not declare."""
    from samcli.local.lambdafn.env_vars import (  # noqa: PLC0415 -- the same
        EnvironmentVariables,
    )

    for function in local_template.functions.values():
        resolved = EnvironmentVariables(variables=dict(function.environment), override_values=variables).resolve()
        assert {name: variables[name] for name in function.environment}.items() <= resolved.items(), function.name
