"""The routes of the template: public, protected, and pages."""

import ast

from gatehouse_dev.template import load
from tests.conftest import PARAMETERS, ROOT
from tests.support.layout import FUNCTIONS, Module, handler_modules

_TEMPLATE = load(ROOT / "template.yaml", PARAMETERS)


def is_public(handler: Module) -> bool:
    """Whether a handler declares `public=True`."""
    keywords = [node for node in ast.walk(handler.tree) if isinstance(node, ast.keyword)]
    return any(word.arg == "public" and getattr(word.value, "value", None) is True for word in keywords)


HEAD = {route.key for route in _TEMPLATE.routes if route.method == "HEAD"}  # tests/layer/test_http_head.py
_PUBLIC = {handler.path.parent for handler in handler_modules() if is_public(handler)}
PAGES = {
    route.key for route in _TEMPLATE.routes if _TEMPLATE.functions[route.function].folder.parent == FUNCTIONS / "pages"
} - HEAD
API = {route.key for route in _TEMPLATE.routes} - PAGES - HEAD
PUBLIC = {route.key for route in _TEMPLATE.routes if _TEMPLATE.functions[route.function].folder in _PUBLIC} & API
PROTECTED = sorted(API - PUBLIC)
SHOWS_SESSION = {f"GET /api/auth/{name}" for name in ("get-session", "session", "me")}
SIGNS_OUT = {f"POST /api/auth/{name}" for name in ("sign-out", "signout", "logout")}
OF_TASKS = {route for route in API if "/api/tasks" in route or "/api/{user_id}/tasks" in route}
ADMITTING_JWT = SHOWS_SESSION | SIGNS_OUT | OF_TASKS
REFUSING_JWT = sorted(set(PROTECTED) - ADMITTING_JWT)
