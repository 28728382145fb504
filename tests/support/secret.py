"""The secret is read once in a process. Here many functions share one, so each use of a key counts as a read."""

from tests.support import record


def watch() -> None:
    """Note every use of a key as the permission that it needs in a process of its own."""
    from gatehouse.keys import access, macs, sealing, secret  # noqa: PLC0415 -- the layer reads the environment

    real = secret.derived_key

    def noted(version: str, label: bytes) -> bytes:
        function = record._current.get()
        if function:
            record.RECORD.acts.add(record.Act(function, "secretsmanager:GetSecretValue", "Secret"))
        return real(version, label)

    for module in (macs, access, sealing):
        module.derived_key = noted  # type: ignore[attr-defined]
