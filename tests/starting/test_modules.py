"""Functions load no modules that they do not use, because each delays the start."""

import json

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.support.layout import LAYER
from tests.support.processes import run_python

WITH_TOKENS = {"SignInSocial", "OauthCallback", "LinkSocial", "GetAccessToken", "RefreshToken", "AccountInfo"}
WITH_ACCOUNTS = {"ListAccounts", "UnlinkAccount", "ExportAccount", "ExpoAuthorizationProxy"}
TOKENS = ("gatehouse.keys.encryption", "gatehouse.keys.access_tokens", "jwt.")  # they import `cryptography`
SESSIONS = {"GetSession", "Token", "Refresh"}
NOT_LOADED = {
    "sessions": ("argon2", "gatehouse.accounts.flows", *TOKENS),
    "others": ("gatehouse.oauth", "idna", *TOKENS),  # the tables of idna are for addresses with such domains
    "accounts": ("gatehouse.oauth.flows", "gatehouse.oauth.fetch", "gatehouse.outbound", *TOKENS),
}
IMPORT_HANDLERS = """
import importlib.util, json, sys
for paths in sys.argv[1:]:
    for path in paths.split(":"):
        specification = importlib.util.spec_from_file_location("handler", path)
        specification.loader.exec_module(importlib.util.module_from_spec(specification))
    print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def loaded(running_cloud: Cloud, template: Template) -> dict[str, list[str]]:
    """The modules after some handlers were loaded, then most others, then those with accounts, then one with tokens."""
    assert running_cloud
    others = set(template.functions) - WITH_TOKENS - WITH_ACCOUNTS - {"RotateSecret"}
    handlers = (
        ":".join(str(template.functions[name].folder / "handler.py") for name in sorted(functions))
        for functions in (SESSIONS, others, WITH_ACCOUNTS, {"OauthCallback"})
    )
    environment = template.environment() | {"PYTHONPATH": str(LAYER), "AWS_REGION": "us-east-1"}
    printed = run_python("-c", IMPORT_HANDLERS, *handlers, environment=environment)
    return dict(zip(("sessions", "others", "accounts", "tokens"), map(json.loads, printed.splitlines()), strict=True))


@pytest.mark.parametrize("functions", NOT_LOADED)
def test_functions_load_no_modules_that_they_do_not_use(loaded: dict[str, list[str]], functions: str) -> None:
    assert [name for name in loaded[functions] if name.startswith(NOT_LOADED[functions])] == []


@pytest.mark.parametrize("module", ["gatehouse.oauth.", "gatehouse.keys.encryption", "jwt."])
def test_functions_with_tokens_load_all_of_them(loaded: dict[str, list[str]], module: str) -> None:
    """Without this, the test above could pass for another reason."""
    assert [name for name in loaded["tokens"] if name.startswith(module)]
