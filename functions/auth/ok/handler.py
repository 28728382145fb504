"""GET, HEAD /api/auth/ok -- return ok if the service responds."""

from fastapi import APIRouter

from gatehouse.api_model import StatusBody
from gatehouse.http import AccessPolicy, lambda_handler

router = APIRouter()


@router.head("/api/auth/ok")
@router.get("/api/auth/ok")
async def ok() -> StatusBody:
    return {"ok": True}


handler = lambda_handler(router, AccessPolicy(public=True))
