"""FastAPI builds thirty models of OpenAPI's documents when it is imported; functions make no documents."""

from gatehouse_dev.patches import becoming

SAVES = 156
UPSTREAM = (
    "Import `fastapi.openapi.models` where a document is made: an app with `openapi_url=None` needs none of its models."
)
NEEDED = "import fastapi, sys; needed = 'OpenAPI' in vars(sys.modules.get('fastapi.openapi.models', sys))"

FILES = {
    "fastapi/openapi/models.py": becoming("""
def __getattr__(name):
    return type(name, (), {})
""")
}
