"""What a function does not use, it does not load: every module is time before the first answer."""

import json
import subprocess
import sys

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.support.layout import ROOT

WITH_TOKENS = {"SignInSocial", "OauthCallback", "LinkSocial", "GetAccessToken", "RefreshToken", "AccountInfo"}
WITH_ACCOUNTS = {"ListAccounts", "UnlinkAccount", "ExportAccount"}
TOKENS = ("gatehouse.keys.sealing", "gatehouse.keys.access", "jwt.")  # they bring `cryptography` along
OF_PROVIDERS = ("gatehouse.oauth", *TOKENS)
LOADING = """
import importlib.util, json, sys
for path in sys.argv[1:]:
    specification = importlib.util.spec_from_file_location("handler", path)
    specification.loader.exec_module(importlib.util.module_from_spec(specification))
print(json.dumps(sorted(sys.modules)))
"""


def loaded(template: Template, functions: set[str]) -> list[str]:
    """The modules of a process that starts all these functions."""
    paths = [str(template.functions[name].folder / "handler.py") for name in sorted(functions)]
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", LOADING, *paths],
        env=template.environment() | {"PYTHONPATH": str(ROOT / "layers" / "common"), "AWS_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    modules: list[str] = json.loads(run.stdout.splitlines()[-1])
    return modules


def of(modules: list[str], *packages: str) -> list[str]:
    """Those of some packages."""
    return [name for name in modules if name.startswith(packages)]


def test_providers_cost_other_functions_nothing(running_cloud: Cloud, template: Template) -> None:
    assert running_cloud
    others = set(template.functions) - WITH_TOKENS - WITH_ACCOUNTS - {"RotateSecret"}

    assert of(loaded(template, others), *OF_PROVIDERS) == []


def test_who_only_lists_accounts_opens_no_tokens(running_cloud: Cloud, template: Template) -> None:
    assert running_cloud
    modules = loaded(template, WITH_ACCOUNTS)

    assert of(modules, "gatehouse.oauth.flows", "gatehouse.oauth.fetch", *TOKENS) == []


def test_those_who_use_them_load_them(running_cloud: Cloud, template: Template) -> None:
    """Or the tests above would hold for whatever reason."""
    assert running_cloud
    modules = loaded(template, {"OauthCallback"})

    assert all(of(modules, name) for name in ("gatehouse.oauth.", "gatehouse.keys.sealing", "jwt."))
