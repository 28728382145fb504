"""GET /api/auth/jwks -- the public keys that access tokens are signed with."""

from fastapi import APIRouter

from gatehouse import keys
from gatehouse.http import lambda_handler
from gatehouse.keys import access

router = APIRouter()


@router.get("/api/auth/jwks")
async def jwks() -> dict[str, list[dict[str, str]]]:
    keys.reread()
    access.publish()
    return {"keys": list(keys.current().public_keys.values())}


handler = lambda_handler(router, public=True, holds_secret=True)
