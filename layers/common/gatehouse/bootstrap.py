"""The entry point of every function: `Handler: gatehouse.bootstrap.handler` imports the function's own `handler.py`.

The init phase has a whole CPU, while requests have a share by memory size. So preparations for the first request are
made here. Nothing is written, counted or logged during them.
"""

import gc
import random
from contextlib import suppress

from gatehouse.compile_cache import load, use_compile_cache

gc.disable()  # imports leave almost no garbage, and collecting it takes 5 % of the time

with use_compile_cache(load().get):
    import pydantic

    pydantic.BaseModel.model_config["defer_build"] = True  # FastAPI's models describe APIs: functions do not use them
    from fastapi.dependencies.utils import get_flat_params  # imported while it is set
    from fastapi.routing import _endpoint_context_cache

    pydantic.BaseModel.model_config["defer_build"] = False
    import handler as function  # type: ignore[import-not-found]

    handler = function.handler
    for route in function.router.routes if hasattr(function, "router") else ():
        get_flat_params(route.dependant)  # FastAPI would compute this in the first request,
        _endpoint_context_cache[id(route.endpoint)] = {}  # and parse the handler, to name a line in messages of errors
    if warm_up := getattr(handler, "warm_up", None):
        warm_up()
gc.freeze()  # these objects live as long as the process: exclude them from collections
gc.enable()

with suppress(ImportError):  # the package exists only in runtimes with SnapStart
    from snapshot_restore_py import register_after_restore, register_before_snapshot

    from gatehouse.dynamodb import close

    register_before_snapshot(close)
    register_after_restore(random.seed)  # else all restored copies would have the same jitter

__all__ = ["handler"]
