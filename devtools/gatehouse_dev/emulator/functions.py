"""Lambda: functions run under AWS's runtime client, in processes with Lambda's variables only; aliases have weights."""

import itertools
import os
import threading
import uuid
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import get_region
from ministack.services import lambda_svc

OPT = Path(os.environ.get("TMPDIR", "/tmp"), "opt")  # noqa: S108 -- the stage sets it

type Json = dict[str, Any]

_extracting = threading.Lock()
_calls: Iterator[int] = itertools.count(1)
_task_folder = lambda_svc._provided_runtime_code_dir
_version_behind = lambda_svc._effective_func_record_for_qualifier


def install() -> None:
    """Run Python functions as ministack runs custom runtimes: over Lambda's Runtime API."""
    lambda_svc._provided_runtime_code_dir = task_folder
    lambda_svc._provided_worker_env = environment
    lambda_svc._execute_function_warm = lambda_svc._execute_function_provided_warm
    lambda_svc._effective_func_record_for_qualifier = version_behind
    lambda_runtime._worker_class_for = lambda _config: lambda_runtime.ProvidedWorker


def task_folder(code: bytes) -> str:
    """Return /var/task, with the program that starts the runtime client."""
    folder: str = _task_folder(code)
    bootstrap = Path(folder, "bootstrap")
    if not bootstrap.exists():
        start = f'#!/bin/sh\nexec {os.environ["EMULATOR_RUNTIME"]} "$_HANDLER"\n'
        bootstrap.write_text(start, encoding="utf-8")
        bootstrap.chmod(0o755)
    return folder


def opt_folder(config: Json) -> Path:
    """Return /opt: the function's layers, one over the other."""
    layers = [layer if isinstance(layer, str) else layer["Arn"] for layer in config.get("Layers", [])]
    folder = OPT / str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join(layers)))
    with _extracting:
        if not folder.exists():
            for layer in layers:
                zipfile.ZipFile(BytesIO(lambda_svc._resolve_layer_zip(layer))).extractall(folder)
    return folder


def environment(config: Json, task: str, port: int) -> dict[str, str]:
    """Return the function's variables and those that Lambda sets; none of the emulator's own."""
    name, logging = config["FunctionName"], config.get("LoggingConfig") or {}
    return {
        **lambda_svc._runtime_env_vars(config),
        **lambda_runtime.execution_credentials(config),
        "AWS_DEFAULT_REGION": get_region(),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": logging.get("LogFormat", "Text"),
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup", f"/aws/lambda/{name}"),
        "AWS_LAMBDA_LOG_LEVEL": logging.get("ApplicationLogLevel", ""),
        "AWS_LAMBDA_LOG_STREAM_NAME": str(uuid.uuid4()),
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_REGION": get_region(),
        "LAMBDA_TASK_ROOT": task,
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": f"{task}:{opt_folder(config)}/python",
        "TZ": ":UTC",
        "_HANDLER": config["Handler"],
    }


def version_behind(function: Json | None, qualifier: str | None) -> Any:
    """Return the version that a call gets. With a weight of 0.1, it is every tenth call that gets the other one."""
    alias = (function or {}).get("aliases", {}).get(qualifier, {})
    for version, weight in alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}).items():
        if next(_calls) % round(1 / weight) == 0:
            return _version_behind(function, version)
    return _version_behind(function, qualifier)
