"""PyJWT imports its client for a provider's keys, and with it all of urllib."""

SAVES = 15
UPSTREAM = "Export `PyJWKClient` by a `__getattr__` of the package: nothing else needs `urllib.request`."
NEEDED = "import jwt, sys; needed = 'jwt.jwks_client' in sys.modules"

FILES = {
    "jwt/__init__.py": {
        "from .jwks_client import PyJWKClient\n": """
def __getattr__(name):
    if name != "PyJWKClient":
        raise AttributeError(name)
    from .jwks_client import PyJWKClient
    return PyJWKClient
"""
    }
}
