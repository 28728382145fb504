"""Requests of people who open a link, and the page that they get instead of JSON."""

from html import escape

from starlette.requests import Request

from gatehouse.languages import preferred_language

_PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>
<h1>{title}</h1><p>{advice}</p><p>{code_is} <code>{code}</code>.</p>{details}</html>"""
_DETAILS = "<p>{message} <code>{request_id}</code></p>"
_TEXTS = {
    "en": ("Something went wrong", "Please go back and try again.", "The code is", "Back"),
    "de": (
        "Das hat nicht geklappt",
        "Bitte gehen Sie zurück und versuchen Sie es noch einmal.",
        "Der Code ist",
        "Zurück",
    ),
}


def is_navigation(request: Request) -> bool:
    """Whether a person opens the URL, rather than a script; browsers without metadata say that they want HTML."""
    mode = request.headers.get("sec-fetch-mode")
    return mode == "navigate" if mode else "text/html" in request.headers.get("accept", "")


def plain_page(request: Request, code: str, details: str = "") -> str:
    """Return the page of an error, in the language of the browser. It needs no style, script or table."""
    language = _language(request)
    title, advice, code_is, _ = _TEXTS[language]
    return _PAGE.format(language=language, title=title, advice=advice, code_is=code_is, code=code, details=details)


def back_link(request: Request, url: str) -> str:
    """Return the link of that page to where the person came from."""
    return f'<p><a href="{escape(url)}">{_TEXTS[_language(request)][-1]}</a></p>'


def page_details(message: str, request_id: str) -> str:
    """Return what the page of an error says about the request: the sentence of the error, and its id in the log."""
    return _DETAILS.format(message=escape(message), request_id=escape(request_id))


def _language(request: Request) -> str:
    return preferred_language(request.headers.get("accept-language", ""))
