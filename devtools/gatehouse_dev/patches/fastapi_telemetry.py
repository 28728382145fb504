"""FastAPI imports its telemetry, which does nothing without OpenTelemetry's SDK."""

SAVES = 34
UPSTREAM = "Import `fastapi.telemetry` only where an SDK is installed: its modules cost 4 % of a function's start."
NEEDED = "import fastapi, sys; needed = len(vars(sys.modules.get('fastapi.telemetry._api', object))) > 30"

FILES = {
    "fastapi/telemetry/__init__.py": "TelemetryConfig = dict",
    "fastapi/telemetry/_api.py": """
from contextlib import nullcontext
def get_telemetry_data(): return None
def _operation(*, name, function=None, _nothing=nullcontext()): return _nothing
def _route_selected(*, scope, path, mount=False): pass
def _run_sync_endpoint(*, function, arguments): return function(**arguments)
def _validation_failed(error): pass
""",
    "fastapi/telemetry/_asgi.py": """
class NativeTelemetry:
    def __init__(self, config): pass
    def enabled(self): return False
def ExceptionTelemetryMiddleware(app): return app
def _legacy_otel(stack): return False
""",
}
