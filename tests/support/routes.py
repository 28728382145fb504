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


_PUBLIC = {handler.path.parent for handler in handler_modules() if is_public(handler)}
PAGES = {
    route.key for route in _TEMPLATE.routes if _TEMPLATE.functions[route.function].folder.parent == FUNCTIONS / "pages"
}
API = {route.key for route in _TEMPLATE.routes} - PAGES
PUBLIC = {route.key for route in _TEMPLATE.routes if _TEMPLATE.functions[route.function].folder in _PUBLIC} - PAGES
PROTECTED = sorted(API - PUBLIC)
