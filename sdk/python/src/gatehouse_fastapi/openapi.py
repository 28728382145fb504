"""The security schemes in an app's OpenAPI document."""

from typing import Annotated, Any

from fastapi import FastAPI, Security
from fastapi.openapi.models import APIKey, HTTPBearer
from fastapi.openapi.models import SecurityBase as Model
from fastapi.security.base import SecurityBase

from gatehouse_fastapi.credentials import COOKIE, SECURE_COOKIE

_BEARER, _COOKIE = "GatehouseBearer", "GatehouseCookie"


class _Scheme(SecurityBase):
    """A scheme for the document alone: authentication happens elsewhere."""

    def __init__(self, name: str, model: Model) -> None:
        self.scheme_name = name
        self.model = model

    async def __call__(self) -> None:
        """Accept every request."""


_KEY = {"in": "cookie", "name": SECURE_COOKIE, "description": "The session cookie that Gatehouse gives to browsers."}
ByBearer = Annotated[None, Security(_Scheme(_BEARER, HTTPBearer(description="A token from a sign-in at Gatehouse.")))]
ByCookie = Annotated[None, Security(_Scheme(_COOKIE, APIKey.model_validate(_KEY)))]


def add_security_schemes(app: FastAPI) -> None:
    """Add the security schemes of the installed Gatehouse to an app's document; a second call changes nothing."""
    if getattr(app.state, "gatehouse_documented", False):
        return
    app.state.gatehouse_documented = True
    fastapi_openapi = app.openapi

    def openapi() -> dict[str, Any]:
        return _with_security(fastapi_openapi(), app.state.gatehouse.takes_cookies, app.state.gatehouse.base_url)

    app.openapi = openapi  # type: ignore[method-assign] # as FastAPI's own documentation has it


def _with_security(document: dict[str, Any], takes_cookies: bool, base_url: str) -> dict[str, Any]:  # noqa: FBT001 -- named above
    schemes = document.get("components", {}).get("securitySchemes", {})
    if _COOKIE in schemes and takes_cookies:
        schemes[_COOKIE]["name"] = SECURE_COOKIE if base_url.startswith("https:") else COOKIE
    elif schemes.pop(_COOKIE, None):
        for operation in _operations(document):
            operation["security"] = [
                requirement for requirement in operation.get("security", []) if _COOKIE not in requirement
            ]
    return document


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    paths = [*document.get("paths", {}).values(), *document.get("webhooks", {}).values()]
    return [operation for path in paths for operation in path.values() if "security" in operation]
