"""The entry point of every function: `Handler: gatehouse.bootstrap.handler` imports the function's own `handler.py`.

Lambda gives the init phase a whole CPU, and requests a share by memory size. So what the first request would have to
prepare is prepared here; nothing is written, counted or logged meanwhile.
"""

import gc
import random
from contextlib import suppress

from gatehouse.bytecode_archive import install

gc.disable()  # importing leaves next to no garbage, and looking for it takes a twentieth of the time
install()
from gatehouse.compile_cache import use_compile_cache  # noqa: E402 -- from the archive, too

with use_compile_cache():
    import pydantic

    pydantic.BaseModel.model_config["defer_build"] = True  # FastAPI's own models describe APIs, which no function does
    from fastapi.dependencies.utils import get_flat_params  # not after

    pydantic.BaseModel.model_config["defer_build"] = False
    import handler as function  # type: ignore[import-not-found]

    handler = function.handler
    for route in function.router.routes if hasattr(function, "router") else ():
        get_flat_params(route.dependant)  # what FastAPI would find out of it in its first request
    if warm_up := getattr(handler, "warm_up", None):
        warm_up()
gc.freeze()  # all this stays: there is no use in looking through it again
gc.enable()

with suppress(ImportError):  # there only where SnapStart can be
    from snapshot_restore_py import register_after_restore, register_before_snapshot

    from gatehouse.dynamodb import close

    register_before_snapshot(close)
    register_after_restore(random.seed)  # or all copies would wait alike

__all__ = ["handler"]
