"""Folders, template, routes, events and tests are one story: whoever adds an endpoint is told here what is missing."""

import ast
import re
import runpy
import sys
from pathlib import Path

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.support.grants import granted
from tests.support.layout import FUNCTIONS, ROOT, Module, handlers, layer
from tests.support.sample import function_name, samples
from tests.support.transformed import transformed

LONGEST_HANDLER, LONGEST_FILE = 34, 250  # lines
CATALOGUE = "layers/common/gatehouse/errors.py"  # as long as the list of what can go wrong
PUBLIC = {
    "auth/delete_user_callback",
    "auth/error",
    "auth/get_session",
    "auth/jwks",
    "auth/oauth_callback",
    "auth/ok",
    "auth/refresh",
    "auth/request_password_reset",
    "auth/reset_password",
    "auth/send_verification_email",
    "auth/sign_in",
    "auth/sign_in_social",
    "auth/sign_out",
    "auth/sign_up",
    "auth/verify_email",
    "pages/send_asset",
    "pages/show_page",
    "system/health",
}
HANDLERS_IMPORT = sys.stdlib_module_names | {"fastapi", "gatehouse", "pydantic", "starlette"}
SECRET = ("secretsmanager:GetSecretValue", "Secret")
CHANCE = re.compile(r"random(\..+)?|uuid(\.uuid\d)?")
BY_CHANCE = {
    "layers/common/gatehouse/accounts/people.py": "uuid4: user ids",
    "layers/common/gatehouse/audit.py": "uuid4: names of log streams",
    "layers/common/gatehouse/dynamodb.py": "random: jitter between attempts",
    "layers/common/gatehouse/start.py": "random: a new seed for that in every copy of a snapshot",
    "layers/common/gatehouse/telemetry.py": "uuid4: correlation ids",
    "layers/common/gatehouse/transport/client.py": "uuid4: names of transactions",
    "layers/common/gatehouse/transport/retries.py": "random: jitter between attempts",
}


def place(handler: Module) -> str:
    """`auth/sign_in`."""
    return handler.path.parent.relative_to(FUNCTIONS).as_posix()


every_function = pytest.mark.parametrize("handler", handlers(), ids=place)
every_file = pytest.mark.parametrize("module", [*layer(), *handlers()], ids=str)


def files_in(folder: Path) -> list[Path]:
    """All files under a folder, but what Python leaves there."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")


def routes_of(template: Template, name: str) -> set[str]:
    """The keys of a function's routes in the template."""
    return {route.key for route in template.functions[name].routes}


def test_every_folder_is_a_function_of_the_template(template: Template) -> None:
    folders = {function_name(place(handler)): handler.path.parent for handler in handlers()}

    assert folders == {name: function.folder for name, function in template.functions.items()}
    assert {path.parent for path in files_in(FUNCTIONS)} == {*folders.values()}


def test_every_function_has_an_event() -> None:
    assert samples() == [place(handler) for handler in handlers()]


@every_function
def test_every_function_has_tests(handler: Module) -> None:
    area, _, verb = place(handler).partition("/")

    assert f"test_{verb}.py" in {path.name for path in files_in(ROOT / "tests" / "functions" / area)}


@every_function
def test_the_router_has_the_routes_of_the_template(running_cloud: Cloud, template: Template, handler: Module) -> None:
    """A route that API Gateway does not know is never called; one that the router does not know answers 404."""
    assert running_cloud
    router = runpy.run_path(str(handler.path)).get("router")
    in_code = {f"{method} {route.path}" for route in router.routes for method in route.methods} if router else set()

    assert in_code == routes_of(template, function_name(place(handler)))


@every_function
def test_a_function_is_one_short_file(handler: Module) -> None:
    lines = len(handler.text.splitlines())

    assert files_in(handler.path.parent) == [handler.path]
    assert lines <= LONGEST_HANDLER


@every_function
def test_the_docstring_is_the_route(template: Template, handler: Module) -> None:
    told = ast.get_docstring(handler.tree) or ""
    function = template.functions[function_name(place(handler))]
    if not function.routes:
        rates = tuple(f"The schedule {schedule.expression} -- " for schedule in function.schedules)
        events = template.resources[function.name]["Properties"].get("Events", {}).values()
        queues = tuple("The queue `" for event in events if event["Type"] == "SQS")
        otherwise = "The stream of `" if function.streams else "The rotation of the secret"
        assert told.startswith(rates or queues or otherwise)
        return
    found = re.match(r"(?P<methods>[A-Z]+(, [A-Z]+)*) (?P<path>/\S+) -- \S", told)
    assert found, told
    keys = {f"{method} {found['path']}" for method in found["methods"].split(", ")}

    assert keys <= routes_of(template, function_name(place(handler)))


@every_function
def test_a_handler_imports_the_framework_and_the_layer_alone(handler: Module) -> None:
    assert {name.split(".")[0] for name in handler.imports()} <= HANDLERS_IMPORT


@every_function
def test_endpoints_are_async(handler: Module) -> None:
    """FastAPI would send a plain `def` through a thread pool, at four times the cost."""
    plain = [
        node.name
        for node in ast.walk(handler.tree)
        if isinstance(node, ast.FunctionDef) and any("router" in ast.unparse(mark) for mark in node.decorator_list)
    ]

    assert plain == []


def test_strangers_are_let_in_by_these_functions_alone() -> None:
    assert {place(handler) for handler in handlers() if _says(handler, "public")} == PUBLIC


@every_function
def test_a_function_that_says_so_holds_the_secret(template: Template, handler: Module) -> None:
    name = function_name(place(handler))
    if template.functions[name].routes:
        holds = any((grant.action, grant.resource) == SECRET for grant in granted(transformed(), name))
        assert _says(handler, "holds_secret") == holds


def _says(handler: Module, keyword: str) -> bool:
    calls = [node for node in ast.walk(handler.tree) if isinstance(node, ast.Call)]
    given = [argument for call in calls if "lambda_handler" in ast.unparse(call.func) for argument in call.keywords]
    return any(argument.arg == keyword and ast.unparse(argument.value) == "True" for argument in given)


@every_file
def test_files_are_short(module: Module) -> None:
    assert str(module) == CATALOGUE or len(module.text.splitlines()) < LONGEST_FILE


@every_file
def test_nothing_prints(module: Module) -> None:
    assert [line for name, line in module.names() if name in {"print", "sys.stdout", "sys.stderr"}] == []


@every_file
def test_the_environment_is_read_in_one_place(module: Module) -> None:
    if Path(str(module)).name != "config.py":
        assert [line for name, line in module.names() if name in {"os.environ", "os.getenv"}] == []
        assert {"os.environ", "os.getenv"}.isdisjoint(module.imports())


@every_file
def test_nothing_needs_boto3(module: Module) -> None:
    """Botocore is enough, and starts faster."""
    assert not any(name.split(".")[0] == "boto3" for name in module.imports())


def test_secrets_come_from_secrets() -> None:
    """Where chance is no secret, the reason is listed."""
    modules = [*layer(), *handlers()]
    uses = {str(module) for module in modules if any(map(CHANCE.fullmatch, module.imports()))}

    assert uses == set(BY_CHANCE)
