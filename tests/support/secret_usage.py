"""Records what a process does once: it reads a secret, or creates its stream of the audit trail.

Tests run all functions in one process.
"""

from typing import Any

from tests.support import aws_calls


def record_key_use() -> None:
    """Record every use of a key or the audit trail as the call that the function makes in a process of its own."""
    from gatehouse import audit  # noqa: PLC0415 -- the layer reads the environment
    from gatehouse.keys import (  # noqa: PLC0415 -- the same
        access_tokens,
        encryption,
        macs,
        second_factor,
        secret,
    )
    from gatehouse.oauth import token_endpoint  # noqa: PLC0415 -- the same

    derived_key, named, factor_keys = secret.derived_key, secret.named_secret, second_factor._keys

    stream = audit._stream

    def record(name: str, action: str = "secretsmanager:GetSecretValue") -> None:
        function = aws_calls._current.get()
        if function:
            aws_calls.RECORDER.calls.add(aws_calls.AwsCall(function, action, name))

    def recorded_key(version: str, label: bytes) -> bytes:
        record("Secret")
        return derived_key(version, label)

    def recorded_secret(name: str) -> str:
        record("client secrets")
        return named(name)

    def recorded_keys() -> dict[str, bytes]:
        record("SecondFactorSecret")
        return factor_keys()

    def recorded_stream(client: Any, group: str) -> str:
        record("*", "logs:CreateLogStream")
        return str(stream(client, group))

    recorded_stream.cache_clear = stream.cache_clear  # type: ignore[attr-defined]
    audit._stream = recorded_stream  # type: ignore[assignment]
    for module in (macs, access_tokens, encryption):
        module.derived_key = recorded_key  # type: ignore[attr-defined]
    token_endpoint.named_secret = recorded_secret  # type: ignore[attr-defined,assignment]
    second_factor._keys = recorded_keys
