"""Pydantic searches the metadata of all packages for plugins; the layer has none, and no metadata."""

SAVES = 34
UPSTREAM = "Import `importlib.metadata` after `PYDANTIC_DISABLE_PLUGINS` was checked: with it set, it is not needed."
NEEDED = "import pydantic.plugin._loader, sys; needed = 'importlib.metadata' in sys.modules"

FILES = {"pydantic/plugin/_loader.py": "def get_plugins(): return ()"}
