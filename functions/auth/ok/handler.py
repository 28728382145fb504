"""GET /api/auth/ok -- say that the service answers."""

from fastapi import APIRouter

from gatehouse.http import Done, lambda_handler

router = APIRouter()


@router.get("/api/auth/ok")
async def ok() -> Done:
    return {"ok": True}


handler = lambda_handler(router, public=True)
