"""The secret is read once in a process. Here many functions share one, so each use of a key counts as a read."""

from tests.support import aws_calls


def record_key_use() -> None:
    """Note every use of a key as the permission that it needs in a process of its own."""
    from gatehouse.keys import access_tokens, encryption, macs, secret  # noqa: PLC0415 -- the layer reads the environment
    from gatehouse.oauth import token_endpoint  # noqa: PLC0415 -- the same

    derived_key, named = secret.derived_key, secret.named_secret

    def note(name: str) -> None:
        function = aws_calls._current.get()
        if function:
            aws_calls.RECORDER.acts.add(aws_calls.AwsCall(function, "secretsmanager:GetSecretValue", name))

    def noted(version: str, label: bytes) -> bytes:
        note("Secret")
        return derived_key(version, label)

    def noted_name(name: str) -> str:
        note("client secrets")
        return named(name)

    for module in (macs, access_tokens, encryption):
        module.derived_key = noted  # type: ignore[attr-defined]
    token_endpoint.named_secret = noted_name  # type: ignore[attr-defined,assignment]
