"""`sam local` finds all routes, and env.json has the variables with which functions reach `make cloud`."""

import json
from typing import Any

import pytest

from gatehouse_dev import sam_local
from gatehouse_dev.template import Template
from tests.support.layout import ROOT

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # raised by SAM CLI


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


@pytest.fixture(scope="module")
def stacks(local_template: Template) -> Any:
    """The template as `sam local` reads it, with its own resolver of CloudFormation's functions."""
    from samcli.lib.providers.sam_stack_provider import (  # noqa: PLC0415 -- slow
        SamLocalStackProvider,
    )

    stacks, _ = SamLocalStackProvider.get_stacks(
        str(ROOT / "template.yaml"), parameter_overrides=local_template.parameters
    )
    return stacks


def test_sam_finds_every_route_and_its_function(local_template: Template, stacks: Any) -> None:
    """`sam local start-api` runs this reader before it needs Docker. CORS adds OPTIONS."""
    from samcli.lib.providers.api_provider import ApiProvider  # noqa: PLC0415 -- slow

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
        assert function.environment.items() <= variables.items(), function.name


def test_sam_gives_functions_the_values_of_env_json_and_the_endpoint(
    local_template: Template, stacks: Any, variables: dict[str, str]
) -> None:
    """It ignores variables that the template does not declare."""
    from samcli.lib.providers.sam_function_provider import (  # noqa: PLC0415 -- slow
        SamFunctionProvider,
    )
    from samcli.local.lambdafn.env_vars import (  # noqa: PLC0415 -- the same
        EnvironmentVariables,
    )

    read = {function.name: function.environment["Variables"] for function in SamFunctionProvider(stacks).get_all()}

    assert read.keys() == local_template.functions.keys()
    for name, declared in read.items():
        resolved = EnvironmentVariables(variables=declared, override_values=variables).resolve()
        assert {one: variables.get(one) for one in declared}.items() <= resolved.items(), name
        assert resolved.get("AWS_ENDPOINT_URL") == sam_local.ENDPOINT, name
