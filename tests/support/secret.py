"""The secret is read once in a process. Here many functions share one, so each use of a key counts as a read."""

from tests.support import record


def watch() -> None:
    """Note every use of a key as the permission that it needs in a process of its own."""
    from gatehouse.keys import access, macs, sealing, secret  # noqa: PLC0415 -- the layer reads the environment
    from gatehouse.oauth import exchange  # noqa: PLC0415 -- the same

    derived_key, named = secret.derived_key, secret.named

    def note(name: str) -> None:
        function = record._current.get()
        if function:
            record.RECORD.acts.add(record.Act(function, "secretsmanager:GetSecretValue", name))

    def noted(version: str, label: bytes) -> bytes:
        note("Secret")
        return derived_key(version, label)

    def noted_name(name: str) -> str:
        note("client secrets")
        return named(name)

    for module in (macs, access, sealing):
        module.derived_key = noted  # type: ignore[attr-defined]
    exchange.named = noted_name  # type: ignore[attr-defined,assignment]
