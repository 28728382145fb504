"""The rotation of the secret -- add and publish a new version; an emergency rotation revokes all others."""

from typing import Any

from gatehouse import telemetry
from gatehouse.keys import rotation


def handler(event: dict[str, Any], _context: Any) -> None:
    if event.get("Emergency"):
        rotation.rotate_immediately()
    else:
        rotation.run_step(event["Step"], event["SecretId"], event["ClientRequestToken"])
    telemetry.record_outcome("rotate_secret", event.get("Step", "emergency"))
