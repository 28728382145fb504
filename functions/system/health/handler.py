"""GET /health -- whether the service and its database answer; it tells nothing else."""

from fastapi import APIRouter

from gatehouse import clock
from gatehouse.http import lambda_handler
from gatehouse.throttle import probe
from gatehouse.wire import timestamp

router = APIRouter()


@router.get("/health")
async def health() -> dict[str, str]:
    probe()
    return {"status": "ok", "timestamp": timestamp(clock.now()), "database": "connected"}


handler = lambda_handler(router, public=True)
