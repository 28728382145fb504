"""Pydantic imports `importlib.metadata` to ask for the version of a package that the layer does not have."""

SAVES = 24
UPSTREAM = "Import `importlib.metadata.version` in `import_email_validator`, its only use."
NEEDED = "import pydantic.networks, sys; needed = hasattr(sys.modules['pydantic.networks'], 'version')"

FILES = {
    "pydantic/networks.py": {
        "from importlib.metadata import version\n": "",
        "if not version('email": "if not __import__('importlib.metadata').metadata.version('email",
    }
}
