"""FastAPI builds thirty models of OpenAPI's documents when it is imported; functions make no documents."""

SAVES = 156
UPSTREAM = "Import `fastapi.openapi.models` where a document is made: not with `openapi_url=None`."
NEEDED = "import fastapi, sys; needed = 'OpenAPI' in vars(sys.modules.get('fastapi.openapi.models', sys))"

FILES = {
    "fastapi/openapi/models.py": """
def __getattr__(name):
    return type(name, (), {})
"""
}
