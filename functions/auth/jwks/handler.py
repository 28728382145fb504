"""GET /api/auth/jwks -- the public keys that access tokens are signed with."""

from fastapi import APIRouter

from gatehouse.http import lambda_handler
from gatehouse.http.access import public_keys

router = APIRouter()


@router.get("/api/auth/jwks")
async def jwks() -> dict[str, list[dict[str, str]]]:
    return {"keys": public_keys()}


handler = lambda_handler(router, public=True, holds_secret=True, signs=True)
