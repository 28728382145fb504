"""GET, HEAD /api/auth/error -- show an error page, or redirect to the hosted one."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.http.error_page import error_page

router = APIRouter()


@router.head("/api/auth/error")
@router.get("/api/auth/error")
async def error(request: Request, error: str = "", error_description: str = "", callbackURL: str = "") -> Response:
    return error_page(request, error, error_description, callbackURL)


handler = lambda_handler(router, AccessPolicy(public=True))
