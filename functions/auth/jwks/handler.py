"""GET /api/auth/jwks -- the public keys that access tokens are signed with."""

from fastapi import APIRouter

from gatehouse.http import lambda_handler
from gatehouse.http.access_tokens import jwks_keys

router = APIRouter()


@router.get("/api/auth/jwks")
async def jwks() -> dict[str, list[dict[str, str]]]:
    return {"keys": jwks_keys()}


handler = lambda_handler(router, public=True, verifies_cookies=True, signs_tokens=True)
