"""The packages that a started function of each kind has loaded: every further import delays the start."""

import json
import os

import pytest

from gatehouse_dev.template import load
from tests.built.builds import BUILDS, THIS_MACHINES
from tests.support.processes import run_python

pytestmark = pytest.mark.built
BUILT = BUILDS[THIS_MACHINES]
START = """
import sys
before = set(sys.modules)
import gatehouse.bootstrap, json
named_by_versions = ("_sysconfigdata", "_cython")
names = {name.partition(".")[0] for name in set(sys.modules) - before if not name.startswith(named_by_versions)}
print(json.dumps(sorted(names - set(sys.stdlib_module_names) - {"gatehouse", "handler"})))
"""
WEB = {
    *("annotated_doc", "annotated_types", "anyio", "aws_lambda_powertools", "botocore", "cython_runtime", "fastapi"),
    *("httptools", "jmespath", "mangum", "pydantic", "pydantic_core", "pynamodb", "starlette", "typing_extensions"),
    "typing_inspection",
}
LOADED = {
    "CreateTask": WEB,
    "ListSessions": WEB,
    "SignIn": WEB | {"argon2", "_argon2_cffi_bindings", "_cffi_backend"},
    "GetSession": WEB | {"jwt", "cryptography", "_cffi_backend", "_openssl", "bcrypt"},  # bcrypt by cryptography,
}


@pytest.mark.parametrize("function", LOADED)
def test_a_function_loads_what_it_uses(function: str) -> None:
    template = load(BUILT / "template.yaml", {"MailFrom": "no-reply@example.com"})
    paths = [BUILT / function, *(BUILT / name / "python" for name in ("VendorLayer", "CommonLayer"))]
    unreachable = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_DEFAULT_REGION": "us-east-1"}
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}
    environment = template.environment() | unreachable | keys | {"PYTHONPATH": os.pathsep.join(map(str, paths))}

    assert set(json.loads(run_python("-S", "-B", "-c", START, environment=environment))) == LOADED[function]
