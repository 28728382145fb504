"""The rotation of the secret -- a new version, published before use; in an emergency the old ones end at once."""

from typing import Any

from gatehouse import telemetry
from gatehouse.keys import rotation


def handler(event: dict[str, Any], _context: Any) -> None:
    if event.get("Emergency"):
        rotation.rotate_immediately()
    else:
        rotation.run_step(event["Step"], event["SecretId"], event["ClientRequestToken"])
    telemetry.record_outcome("rotate_secret", event.get("Step", "emergency"))
