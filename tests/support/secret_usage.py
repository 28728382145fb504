"""Records uses of secrets. A process reads each secret once, and tests run all functions in one process."""

from tests.support import aws_calls


def record_key_use() -> None:
    """Record every use of a key as a call of GetSecretValue, which the function makes in a process of its own."""
    from gatehouse.keys import (  # noqa: PLC0415 -- the layer reads the environment
        access_tokens,
        encryption,
        macs,
        second_factor,
        secret,
    )
    from gatehouse.oauth import token_endpoint  # noqa: PLC0415 -- the same

    derived_key, named, factor_keys = secret.derived_key, secret.named_secret, second_factor._keys

    def record(name: str) -> None:
        function = aws_calls._current.get()
        if function:
            aws_calls.RECORDER.calls.add(aws_calls.AwsCall(function, "secretsmanager:GetSecretValue", name))

    def recorded_key(version: str, label: bytes) -> bytes:
        record("Secret")
        return derived_key(version, label)

    def recorded_secret(name: str) -> str:
        record("client secrets")
        return named(name)

    def recorded_keys() -> dict[str, bytes]:
        record("SecondFactorSecret")
        return factor_keys()

    for module in (macs, access_tokens, encryption):
        module.derived_key = recorded_key  # type: ignore[attr-defined]
    token_endpoint.named_secret = recorded_secret  # type: ignore[attr-defined,assignment]
    second_factor._keys = recorded_keys
