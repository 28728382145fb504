"""Pydantic searches the metadata of all packages for plugins; the layer has none, and no metadata."""

from gatehouse_dev.patches import becoming

SAVES = 34
UPSTREAM = "Import `importlib.metadata` after `PYDANTIC_DISABLE_PLUGINS` was checked: with it set, it is not needed."
NEEDED = "import pydantic.plugin._loader, sys; needed = 'importlib.metadata' in sys.modules"

FILES = {"pydantic/plugin/_loader.py": becoming("def get_plugins(): return ()")}
