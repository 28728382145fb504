"""GET /api/auth/expo-authorization-proxy -- lead the browser that an app opened to the provider, and let it return."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.http.cookies import add_state
from gatehouse.http.origin import encode_location
from gatehouse.oauth.state import app_state

router = APIRouter()


@router.get("/api/auth/expo-authorization-proxy")
async def expo_authorization_proxy(request: Request, authorizationURL: str) -> Response:
    state = app_state(authorizationURL)
    response = Response(status_code=HTTPStatus.FOUND, headers={"location": encode_location(authorizationURL)})
    add_state(request, response, state)
    return response


handler = lambda_handler(router, AccessPolicy(public=True, verifies_cookies=True))
