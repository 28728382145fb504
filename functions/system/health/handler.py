"""GET, HEAD /health -- report whether the service and its database respond."""

from fastapi import APIRouter

from gatehouse import clock
from gatehouse.api_model import format_timestamp
from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.throttle import check_reachable

router = APIRouter()


@router.head("/health")
@router.get("/health")
async def health() -> dict[str, str]:
    check_reachable()
    return {"status": "ok", "timestamp": format_timestamp(clock.now()), "database": "connected"}


handler = lambda_handler(router, AccessPolicy(public=True))
