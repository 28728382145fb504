"""Folders, template, routes, events and tests agree, and the code follows the project's rules."""

import ast
import re
import runpy
import sys
from pathlib import Path

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.support.grants import granted
from tests.support.layout import FUNCTIONS, ROOT, Module, handler_modules, layer_modules
from tests.support.sample_events import function_name, samples
from tests.support.transformed import transformed

LONGEST_HANDLER, LONGEST_FILE = 34, 250  # lines
PUBLIC = {
    "auth/delete_user_callback",
    "auth/error",
    "auth/expo_authorization_proxy",
    "auth/get_session",
    "auth/jwks",
    "auth/oauth_callback",
    "auth/ok",
    "auth/refresh",
    "auth/request_password_reset",
    "auth/reset_password",
    "auth/send_picture",
    "auth/send_verification_email",
    "auth/sign_in",
    "auth/sign_in_social",
    "auth/sign_out",
    "auth/sign_up",
    "auth/unsubscribe",
    "auth/verify_email",
    "pages/send_asset",
    "pages/show_page",
    "passkeys/generate_authenticate_options",
    "passkeys/related_origins",
    "passkeys/verify_authentication",
    "system/health",
    "two_factor/send_otp",
    "two_factor/verify_backup_code",
    "two_factor/verify_otp",
    "two_factor/verify_totp",
}
ALLOWED_IN_HANDLERS = sys.stdlib_module_names | {"fastapi", "gatehouse", "pydantic", "starlette"}
SECRET = ("secretsmanager:GetSecretValue", "Secret")
RANDOM_MODULES = re.compile(r"random(\..+)?|uuid(\.uuid\d)?")
RANDOM_USES = {
    "layers/common/gatehouse/accounts/lookup.py": "uuid4: user ids",
    "layers/common/gatehouse/audit.py": "uuid4: names of log streams",
    "layers/common/gatehouse/retries.py": "random: jitter between attempts",
    "layers/common/gatehouse/bootstrap.py": "random: a new seed for that in every instance of a snapshot",
    "layers/common/gatehouse/telemetry.py": "uuid4: correlation ids",
    "layers/common/gatehouse/transport/client.py": "uuid4: names of transactions",
    "layers/common/gatehouse/transport/retries.py": "random: jitter between attempts",
}


def folder_of(handler: Module) -> str:
    """Return the folder of a handler: `auth/sign_in`."""
    return handler.path.parent.relative_to(FUNCTIONS).as_posix()


HANDLERS = {folder_of(handler): handler for handler in handler_modules()}
FILES = [*layer_modules(), *HANDLERS.values()]


def files_in(folder: Path) -> list[Path]:
    """Return all files under a folder but compiled ones."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")


def routes_of(template: Template, name: str) -> set[str]:
    """Return the keys of a function's routes in the template."""
    return {route.key for route in template.functions[name].routes}


def test_every_folder_is_a_function_of_the_template(template: Template) -> None:
    folders = {function_name(name): handler.path.parent for name, handler in HANDLERS.items()}

    assert folders == {name: function.folder for name, function in template.functions.items()}
    assert {path.parent for path in files_in(FUNCTIONS)} == {*folders.values()}


def test_every_function_has_an_event() -> None:
    assert samples() == list(HANDLERS)


def test_every_function_has_tests() -> None:
    tests = {path.relative_to(ROOT).as_posix() for path in files_in(ROOT / "tests/functions")}

    assert {re.sub(r"(\w+)$", r"test_\1.py", f"tests/functions/{name}") for name in HANDLERS} - tests == set()


def test_routers_have_the_routes_of_the_template(running_cloud: Cloud, template: Template) -> None:
    """A route that only the router has is never called; one that only the template has responds with 404."""
    assert running_cloud
    routers = {name: runpy.run_path(str(handler.path)).get("router") for name, handler in HANDLERS.items()}
    in_code = {
        name: {f"{method} {route.path}" for route in router.routes for method in route.methods} if router else set()
        for name, router in routers.items()
    }

    assert in_code == {name: routes_of(template, function_name(name)) for name in HANDLERS}


def test_a_function_is_one_short_file() -> None:
    assert [name for name, one in HANDLERS.items() if files_in(one.path.parent) != [one.path]] == []
    assert [name for name, one in HANDLERS.items() if len(one.text.splitlines()) > LONGEST_HANDLER] == []


@pytest.mark.parametrize("name", HANDLERS)
def test_the_docstring_is_the_route(template: Template, name: str) -> None:
    docstring = ast.get_docstring(HANDLERS[name].tree) or ""
    function = template.functions[function_name(name)]
    if not function.routes:
        rates = tuple(f"The schedule {schedule.expression} -- " for schedule in function.schedules)
        events = template.resources[function.name]["Properties"].get("Events", {}).values()
        queues = tuple("The queue `" for event in events if event["Type"] == "SQS")
        other = "The stream of `" if function.streams else "The rotation of the secret"
        assert docstring.startswith(rates or queues or other)
        return
    found = re.match(r"(?P<methods>[A-Z]+(, [A-Z]+)*) (?P<path>/\S+) -- \S", docstring)
    assert found, docstring
    keys = {f"{method} {found['path']}" for method in found["methods"].split(", ")}

    assert keys <= routes_of(template, function_name(name))


def test_handlers_import_the_framework_and_the_layer_alone() -> None:
    imported = {(name.split(".")[0], folder) for folder, handler in HANDLERS.items() for name in handler.imports()}

    assert {(package, folder) for package, folder in imported if package not in ALLOWED_IN_HANDLERS} == set()


def test_endpoints_are_async() -> None:
    """FastAPI would run a plain `def` in a thread pool, at four times the cost."""
    plain = [
        (name, node.name)
        for name, handler in HANDLERS.items()
        for node in ast.walk(handler.tree)
        if isinstance(node, ast.FunctionDef) and any("router" in ast.unparse(mark) for mark in node.decorator_list)
    ]

    assert plain == []


def test_only_these_functions_are_public() -> None:
    assert {name for name, handler in HANDLERS.items() if _declares(handler, "public")} == PUBLIC


def test_functions_that_verify_cookies_have_the_grant_for_the_secret(template: Template) -> None:
    routed = {name: function_name(name) for name in HANDLERS if template.functions[function_name(name)].routes}
    grants = {name: granted(transformed(), function) for name, function in routed.items()}
    permitted = {name for name, allowed in grants.items() if SECRET in {(one.action, one.resource) for one in allowed}}

    assert {name for name in routed if _declares(HANDLERS[name], "verifies_cookies")} == permitted


def _declares(handler: Module, keyword: str) -> bool:
    calls = [node for node in ast.walk(handler.tree) if isinstance(node, ast.Call)]
    arguments = [argument for call in calls if ast.unparse(call.func) == "AccessPolicy" for argument in call.keywords]
    return any(argument.arg == keyword and ast.unparse(argument.value) == "True" for argument in arguments)


def test_files_are_short() -> None:
    assert [str(one) for one in FILES if len(one.text.splitlines()) >= LONGEST_FILE] == []


def used(*names: str) -> list[str]:
    """Return where any of these names is used or imported."""
    uses = [f"{one}:{line}" for one in FILES for name, line in one.names() if name in names]
    return uses + [str(one) for one in FILES if not set(names).isdisjoint(one.imports())]


def test_nothing_prints() -> None:
    assert used("print", "sys.stdout", "sys.stderr") == []


def test_only_the_configuration_reads_the_environment() -> None:
    """But for the compile cache, whose switch counts before anything else is imported."""
    files = {Path(use.partition(":")[0]).name for use in used("os.environ", "os.getenv")}

    assert files == {"config.py", "compile_cache.py"}


def test_nothing_needs_boto3() -> None:
    """Botocore suffices and starts faster."""
    assert [str(one) for one in FILES if "boto3" in {name.split(".")[0] for name in one.imports()}] == []


def test_random_secrets_come_from_the_secrets_module() -> None:
    """Other uses of randomness are listed with their reason."""
    uses = {str(module) for module in FILES if any(map(RANDOM_MODULES.fullmatch, module.imports()))}

    assert uses == set(RANDOM_USES)
