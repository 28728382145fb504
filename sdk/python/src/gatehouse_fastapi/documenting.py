"""How a caller may show who they are, for the OpenAPI document of an app."""

from typing import Annotated, Any

from fastapi import FastAPI, Security
from fastapi.openapi.models import APIKey, HTTPBearer
from fastapi.openapi.models import SecurityBase as Model
from fastapi.security.base import SecurityBase

from gatehouse_fastapi.credentials import COOKIE, SECURE_COOKIE

_BEARER, _COOKIE = "GatehouseBearer", "GatehouseCookie"


class _Scheme(SecurityBase):
    """Documented, and nothing else: who calls is found out elsewhere."""

    def __init__(self, name: str, model: Model) -> None:
        self.scheme_name = name
        self.model = model

    async def __call__(self) -> None:
        """Let everybody pass."""


_KEY = {"in": "cookie", "name": SECURE_COOKIE, "description": "The session cookie that Gatehouse gives to browsers."}
ByBearer = Annotated[None, Security(_Scheme(_BEARER, HTTPBearer(description="A token from a sign-in at Gatehouse.")))]
ByCookie = Annotated[None, Security(_Scheme(_COOKIE, APIKey.model_validate(_KEY)))]


def describe(app: FastAPI) -> None:
    """Let the document of an app say what the Gatehouse installed on it takes; a second time changes nothing."""
    if getattr(app.state, "gatehouse_documented", False):
        return
    app.state.gatehouse_documented = True
    written = app.openapi

    def openapi() -> dict[str, Any]:
        return _told(written(), app.state.gatehouse.takes_cookies, app.state.gatehouse.base_url)

    app.openapi = openapi  # type: ignore[method-assign] # as FastAPI's own documentation has it


def _told(document: dict[str, Any], takes_cookies: bool, base_url: str) -> dict[str, Any]:  # noqa: FBT001 -- told above
    schemes = document.get("components", {}).get("securitySchemes", {})
    if _COOKIE in schemes and takes_cookies:
        schemes[_COOKIE]["name"] = SECURE_COOKIE if base_url.startswith("https:") else COOKIE
    elif schemes.pop(_COOKIE, None):
        for operation in _operations(document):
            operation["security"] = [ways for ways in operation.get("security", []) if _COOKIE not in ways]
    return document


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    paths = [*document.get("paths", {}).values(), *document.get("webhooks", {}).values()]
    return [operation for path in paths for operation in path.values() if "security" in operation]
