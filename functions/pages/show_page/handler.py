"""GET, HEAD /sign-in -- serve the hosted pages."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.pages import alias_redirect, page_response
from gatehouse.site import ALIASES, PAGES, check_hosted

router = APIRouter(include_in_schema=False, dependencies=[Depends(check_hosted)])


async def show_page(request: Request) -> Response:
    return page_response(request)


async def show_alias(request: Request) -> Response:
    return alias_redirect(request)


for path in PAGES:
    router.add_api_route(path, show_page, methods=["GET", "HEAD"])
for path in ALIASES:
    router.add_api_route(path, show_alias, methods=["GET", "HEAD"])

handler = lambda_handler(router, AccessPolicy(public=True, serves_pages=True))
