"""How a function starts in Lambda: `Handler: gatehouse.start.handler` leads here, and from here to the function's own.

Lambda lends a whole processor to what runs while this is imported, and a share by memory to all that comes after. So
what the first request would have to make is made here, and nothing is written, counted or logged by it.
"""

import gc
import random
from contextlib import suppress

from gatehouse.gathered import gather

gc.disable()  # importing leaves next to no garbage, and looking for it takes a twentieth of the time
gather()
from gatehouse.remembered import remembered  # noqa: E402 -- gathered, too

with remembered():
    import pydantic

    pydantic.BaseModel.model_config["defer_build"] = True  # FastAPI's own models describe APIs, which no function does
    from fastapi.dependencies.utils import get_flat_params  # not after

    pydantic.BaseModel.model_config["defer_build"] = False
    import handler as function  # type: ignore[import-not-found]

    handler = function.handler
    for route in function.router.routes if hasattr(function, "router") else ():
        get_flat_params(route.dependant)  # what FastAPI would find out of it in its first request
    if make_ready := getattr(handler, "make_ready", None):
        make_ready()
gc.freeze()  # all this stays: there is no use in looking through it again
gc.enable()

with suppress(ImportError):  # there only where SnapStart can be
    from snapshot_restore_py import register_after_restore, register_before_snapshot

    from gatehouse.dynamodb import hang_up

    register_before_snapshot(hang_up)
    register_after_restore(random.seed)  # or all copies would wait alike

__all__ = ["handler"]
