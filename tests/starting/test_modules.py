"""What a function does not use, it does not load: every module is time before the first answer."""

import json
import subprocess
import sys

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.support.layout import ROOT

WITH_TOKENS = {"SignInSocial", "OauthCallback", "LinkSocial", "GetAccessToken", "RefreshToken", "AccountInfo"}
WITH_ACCOUNTS = {"ListAccounts", "UnlinkAccount", "ExportAccount"}
TOKENS = ("gatehouse.keys.encryption", "gatehouse.keys.access_tokens", "jwt.")  # they bring `cryptography` along
OF_PROVIDERS = ("gatehouse.oauth", *TOKENS)
LOADING = """
import importlib.util, json, sys
for paths in sys.argv[1:]:
    for path in paths.split(":"):
        specification = importlib.util.spec_from_file_location("handler", path)
        specification.loader.exec_module(importlib.util.module_from_spec(specification))
    print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def loaded(running_cloud: Cloud, template: Template) -> list[list[str]]:
    """The modules of a process that starts two functions, then most, then those with accounts, then one with tokens."""
    assert running_cloud
    others = set(template.functions) - WITH_TOKENS - WITH_ACCOUNTS - {"RotateSecret"}
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [
            *(sys.executable, "-c", LOADING),
            *(
                ":".join(str(template.functions[name].folder / "handler.py") for name in sorted(functions))
                for functions in ({"CreateTask", "GetSession"}, others, WITH_ACCOUNTS, {"OauthCallback"})
            ),
        ],
        env=template.environment() | {"PYTHONPATH": str(ROOT / "layers" / "common"), "AWS_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in run.stdout.splitlines()[-4:]]


def of(modules: list[str], *packages: str) -> list[str]:
    """Those of some packages."""
    return [name for name in modules if name.startswith(packages)]


def test_identifying_the_caller_loads_neither_passwords_nor_rate_limits(loaded: list[list[str]]) -> None:
    assert of(loaded[0], "gatehouse.accounts.passwords", "gatehouse.throttle", "argon2") == []


def test_providers_cost_other_functions_nothing(loaded: list[list[str]]) -> None:
    assert of(loaded[1], *OF_PROVIDERS) == []


def test_who_only_lists_accounts_opens_no_tokens(loaded: list[list[str]]) -> None:
    assert of(loaded[2], "gatehouse.oauth.flows", "gatehouse.oauth.fetch", *TOKENS) == []


def test_those_who_use_them_load_them(loaded: list[list[str]]) -> None:
    """Or the tests above would hold for whatever reason."""
    assert all(of(loaded[3], name) for name in ("gatehouse.oauth.", "gatehouse.keys.encryption", "jwt."))
