"""GET, HEAD /api/auth/jwks -- return the public keys that verify access tokens."""

from fastapi import APIRouter

from gatehouse.api.sessions.access_tokens import jwks_keys
from gatehouse.http import AccessPolicy, lambda_handler

router = APIRouter()


@router.head("/api/auth/jwks")
@router.get("/api/auth/jwks")
async def jwks() -> dict[str, list[dict[str, str]]]:
    return {"keys": jwks_keys()}


handler = lambda_handler(router, AccessPolicy(public=True, verifies_cookies=True, signs_tokens=True))
