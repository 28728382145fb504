"""Render pages from templates, in the user's language. Pages contain no request data."""

import json
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, ModuleLoader, StrictUndefined, Template
from starlette.datastructures import QueryParams
from starlette.responses import Response

from gatehouse.config import config
from gatehouse.http.origin import base_url, encode_location, is_trusted_target
from gatehouse.languages import SUPPORTED_LANGUAGES, preferred_language
from gatehouse.pages.assets import find_asset
from gatehouse.site import ALIASES, PAGES, is_hosted, resolve_target

FOLDER = Path(__file__).parent
COMPILED = "compiled"
"""The folder where `make build` stores compiled templates."""
_LANGUAGE_COOKIE = "language"
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "cross-origin-opener-policy": "same-origin",  # a page that opens this one cannot control it
    "referrer-policy": "same-origin",  # URLs of pages contain tokens
    "vary": "accept-language, cookie",
}

type Texts = Mapping[str, Any]


def page_response(request: Request) -> Response:
    """Return the page of a path. Of the request it uses only the redirect target, once that is checked.

    `stays` says whether that is a hosted page: whoever has no session goes there by way of sign-in, which is `entry`,
    and elsewhere directly. A target that is the sign-in page stands for what follows it, by way of it. `back` is the
    target of mails that the page orders: sign-in for who is here by themselves, for whom a mail sent here what it had.
    """
    name, language = PAGES[request.url.path], _language(request)
    settings, following = config(), _next(request, request.query_params)
    stays = is_hosted(following, base_url(request))
    if stays and urlsplit(following).path == "/sign-in":
        following = _next(request, QueryParams(urlsplit(following).query))

    def link(path: str, **more: str) -> str:
        query = more if following == _home() else {"callbackUrl": following} | more
        return f"{path}?{urlencode(query)}" if query else path

    def entry(**more: str) -> str:
        return link("/sign-in", **more) if stays else following

    rendered = _template(name).render(
        page=name,
        language=language,
        languages=SUPPORTED_LANGUAGES,
        t=texts(language),
        product=settings.product_name,
        settings={
            "confirm_email_change": settings.confirm_email_change,
            "google_client_id": settings.google_client_id,
            "minimum_password_length": settings.minimum_password_length,
            "oidc_client_id": settings.oidc_client_id,
            "oidc_provider_id": settings.oidc_provider_id,
            "require_two_factor": settings.require_two_factor == "all",
            "reset_lifetime": settings.reset_lifetime,
            "session_fresh_age": settings.session_fresh_age,
            "sign_up_enabled": settings.sign_up_enabled,
            "verification_lifetime": settings.verification_lifetime,
        },
        next=following,
        stays=stays,
        link=link,
        entry=entry,
        back=entry() if "token" in request.query_params else link("/sign-in"),
        asset=lambda plain: f"/auth/assets/{find_asset(plain).name}",
    )
    return Response(rendered, media_type="text/html", headers=_HEADERS)


def alias_redirect(request: Request) -> Response:
    """Redirect an old path to its page, with the query."""
    query = f"?{request.url.query}" if request.url.query else ""
    target = f"{ALIASES[request.url.path]}{query}"
    return Response(status_code=HTTPStatus.FOUND, headers={"location": encode_location(target)})


@cache
def texts(language: str) -> Texts:
    """Return all texts of a language, by page."""
    files = sorted((FOLDER / "texts" / language).glob("*.json"))
    return {file.stem.replace("-", "_"): json.loads(file.read_text(encoding="utf-8")) for file in files}


@cache
def template_environment() -> Environment:
    """Return the Jinja environment: over templates compiled by `make build`, or over the sources."""
    compiled = FOLDER / COMPILED
    made = Environment(
        loader=ModuleLoader(compiled) if compiled.is_dir() else FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False}  # half as long for languages with other letters
    return made


@cache
def _template(name: str) -> Template:
    return template_environment().get_template(f"{name}.html")


def _language(request: Request) -> str:
    chosen = request.cookies.get(_LANGUAGE_COOKIE)
    return chosen if chosen in SUPPORTED_LANGUAGES else preferred_language(request.headers.get("accept-language", ""))


def _next(request: Request, query: QueryParams) -> str:
    """Return where the user goes next: a page of a trusted origin if one is requested, else home.

    A path as `callbackURL` was given to the API, which means the frontend's pages; the other names are of these pages.
    """
    for name in ("callbackUrl", "callbackURL", "redirect"):
        target = query.get(name)
        if target and is_trusted_target(request, target):
            resolved = resolve_target(target) if name == "callbackURL" else target
            return encode_location(resolved or _home())
    return _home()


def _home() -> str:
    return config().frontend_url or "/tasks"
