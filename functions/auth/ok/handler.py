"""GET /api/auth/ok -- say that the service answers."""

from fastapi import APIRouter

from gatehouse.http import StatusBody, lambda_handler

router = APIRouter()


@router.get("/api/auth/ok")
async def ok() -> StatusBody:
    return {"ok": True}


handler = lambda_handler(router, public=True)
