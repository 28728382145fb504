"""The hosted pages, their assets, and the sign-in button for other sites."""

from gatehouse.pages.assets import asset_response, button_response
from gatehouse.pages.rendering import alias_redirect, page_response
from gatehouse.pages.site import ALIASES, PATHS, check_hosted

__all__ = ["ALIASES", "PATHS", "alias_redirect", "asset_response", "button_response", "check_hosted", "page_response"]
