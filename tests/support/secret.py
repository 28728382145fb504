"""The secret is read once in a process. Here many functions share one, so each use of a key counts as a read."""

from gatehouse import keys
from tests.support import record


def watch() -> None:
    """Note every use of a key as the permission that it needs in a process of its own."""
    real = keys._key

    def noted(label: bytes) -> bytes:
        function = record._current.get()
        if function:
            record.RECORD.acts.add(record.Act(function, "secretsmanager:GetSecretValue", "*"))
        return real(label)

    noted.cache_clear = real.cache_clear  # type: ignore[attr-defined]
    keys._key = noted  # type: ignore[assignment]
