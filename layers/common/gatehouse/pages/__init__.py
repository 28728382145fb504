"""What people see: hosted pages, the files that these load, and the button for other sites."""

from gatehouse.pages.assets import asset, button
from gatehouse.pages.rendering import elsewhere, page
from gatehouse.pages.site import ALIASES, PATHS, check_hosted

__all__ = ["ALIASES", "PATHS", "asset", "button", "check_hosted", "elsewhere", "page"]
