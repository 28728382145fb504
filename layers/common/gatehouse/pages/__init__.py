"""The hosted pages, their assets, and the sign-in button for other sites."""

from gatehouse.pages.assets import asset_response, button_response
from gatehouse.pages.rendering import alias_redirect, page_response

__all__ = ["alias_redirect", "asset_response", "button_response", "page_response"]
