"""Functions load no modules that they do not use, because each delays the start."""

import json
import subprocess
import sys

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.support.layout import ROOT

WITH_TOKENS = {"SignInSocial", "OauthCallback", "LinkSocial", "GetAccessToken", "RefreshToken", "AccountInfo"}
WITH_ACCOUNTS = {"ListAccounts", "UnlinkAccount", "ExportAccount", "ExpoAuthorizationProxy"}
TOKENS = ("gatehouse.keys.encryption", "gatehouse.keys.access_tokens", "jwt.")  # they import `cryptography`
PROVIDER_MODULES = ("gatehouse.oauth", *TOKENS)
IMPORT_HANDLERS = """
import importlib.util, json, sys
for paths in sys.argv[1:]:
    for path in paths.split(":"):
        specification = importlib.util.spec_from_file_location("handler", path)
        specification.loader.exec_module(importlib.util.module_from_spec(specification))
    print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def loaded(running_cloud: Cloud, template: Template) -> list[list[str]]:
    """The modules loaded by two functions, then by most, then by those with accounts, then by one with tokens."""
    assert running_cloud
    others = set(template.functions) - WITH_TOKENS - WITH_ACCOUNTS - {"RotateSecret"}
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [
            *(sys.executable, "-c", IMPORT_HANDLERS),
            *(
                ":".join(str(template.functions[name].folder / "handler.py") for name in sorted(functions))
                for functions in (others, WITH_ACCOUNTS, {"OauthCallback"})
            ),
        ],
        env=template.environment() | {"PYTHONPATH": str(ROOT / "layers" / "common"), "AWS_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in run.stdout.splitlines()[-3:]]


def in_packages(modules: list[str], *packages: str) -> list[str]:
    """Return the modules of these packages."""
    return [name for name in modules if name.startswith(packages)]


def test_other_functions_load_no_provider_modules(loaded: list[list[str]]) -> None:
    assert in_packages(loaded[0], *PROVIDER_MODULES) == []


def test_the_tables_of_internationalized_domains_are_loaded_by_the_first_such_address(loaded: list[list[str]]) -> None:
    assert in_packages(loaded[0], "idna") == []


def test_functions_that_only_list_accounts_load_no_token_modules(loaded: list[list[str]]) -> None:
    assert in_packages(loaded[1], "gatehouse.oauth.flows", "gatehouse.oauth.fetch", "gatehouse.outbound", *TOKENS) == []


def test_functions_with_tokens_load_all_of_them(loaded: list[list[str]]) -> None:
    """Without this, the tests above could pass for another reason."""
    assert all(in_packages(loaded[2], name) for name in ("gatehouse.oauth.", "gatehouse.keys.encryption", "jwt."))
