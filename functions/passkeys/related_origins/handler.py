"""GET /.well-known/webauthn -- list the origins that may use the passkeys of this domain, for browsers."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.http.origin import base_url
from gatehouse.passkeys import relying_party

router = APIRouter()


class RelatedOrigins(BaseModel):
    origins: list[str]


@router.get("/.well-known/webauthn")
async def related_origins(request: Request, response: Response) -> RelatedOrigins:
    response.headers["cache-control"] = "public, max-age=3600"
    return RelatedOrigins(origins=relying_party.related_origins(base_url(request)))


handler = lambda_handler(router, AccessPolicy(public=True))
