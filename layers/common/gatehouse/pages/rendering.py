"""A page: its template, in the language of whoever asks, with nothing in it that anybody sent."""

import json
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, ModuleLoader, StrictUndefined, Template
from starlette.responses import Response

from gatehouse.config import config
from gatehouse.http.origin import is_trusted_target, location
from gatehouse.languages import SPOKEN, preferred
from gatehouse.pages.assets import named
from gatehouse.pages.site import ALIASES, PAGES

FOLDER = Path(__file__).parent
COMPILED = "compiled"
"""Where `make build` puts templates as modules."""
_LANGUAGE_COOKIE = "language"
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "cross-origin-opener-policy": "same-origin",  # whoever opened a page has no hold on it
    "referrer-policy": "same-origin",  # addresses of pages carry tokens
    "vary": "accept-language, cookie",
}

type Texts = Mapping[str, Any]


def page(request: Request) -> Response:
    """The page of a path. Nothing of the request is in it but whether it may lead on to where it asks."""
    name, language = PAGES[request.url.path], _language(request)
    following, settings = _next(request), config()
    rendered = _template(name).render(
        page=name,
        language=language,
        languages=SPOKEN,
        t=texts(language),
        product=settings.product_name,
        settings={
            "confirm_email_change": settings.confirm_email_change,
            "google_client_id": settings.google_client_id,
            "minimum_password_length": settings.minimum_password_length,
            "oidc_client_id": settings.oidc_client_id,
            "oidc_provider_id": settings.oidc_provider_id,
            "reset_lifetime": settings.reset_lifetime,
            "session_fresh_age": settings.session_fresh_age,
            "sign_up_enabled": settings.sign_up_enabled,
            "verification_lifetime": settings.verification_lifetime,
        },
        next=following,
        link=lambda path: path if following == _home() else f"{path}?{urlencode({'callbackUrl': following})}",
        asset=lambda plain: f"/auth/assets/{named(plain).name}",
    )
    return Response(rendered, media_type="text/html", headers=_HEADERS)


def elsewhere(request: Request) -> Response:
    """On from an old path to the page, with what it was asked."""
    query = f"?{request.url.query}" if request.url.query else ""
    target = location(f"{ALIASES[request.url.path]}{query}")
    return Response(status_code=HTTPStatus.FOUND, headers={"location": target})


@cache
def texts(language: str) -> Texts:
    """All that pages say in a language, by page."""
    files = sorted((FOLDER / "texts" / language).glob("*.json"))
    return {file.stem.replace("-", "_"): json.loads(file.read_text(encoding="utf-8")) for file in files}


@cache
def environment() -> Environment:
    """Where templates come from: compiled by `make build`, or as they are."""
    compiled = FOLDER / COMPILED
    made = Environment(
        loader=ModuleLoader(compiled) if compiled.is_dir() else FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False}  # half as long where people do not write English
    return made


@cache
def _template(name: str) -> Template:
    return environment().get_template(f"{name}.html")


def _language(request: Request) -> str:
    chosen = request.cookies.get(_LANGUAGE_COOKIE)
    return chosen if chosen in SPOKEN else preferred(request.headers.get("accept-language", ""))


def _next(request: Request) -> str:
    """Where somebody goes on to: a page of a trusted origin if one is asked for, else home."""
    for name in ("callbackUrl", "callbackURL", "redirect"):
        target = request.query_params.get(name)
        if target and is_trusted_target(request, target):
            return location(target)
    return _home()


def _home() -> str:
    return config().frontend_url or "/tasks"
