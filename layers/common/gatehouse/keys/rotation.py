"""Rotation of the secret, in the steps that Secrets Manager calls. A key is published before it signs anything.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import secrets

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition

from gatehouse.config import config
from gatehouse.dynamodb import batch_get
from gatehouse.keys import access_tokens
from gatehouse.keys.keyring import KeyringRow, keyring_key
from gatehouse.keys.secret import client, newest_version

_BYTES = 48


def run_step(name: str, secret_id: str, version: str) -> None:
    """Run one step of a rotation. Each can be repeated after a failure."""
    {
        "createSecret": _create,
        "setSecret": _publish,
        "testSecret": _check,
        "finishSecret": _finish,
    }[name](secret_id, version)


def rotate_immediately() -> None:
    """Rotate in an emergency: create a new version at once, and stop trusting all others."""
    answer = client().put_secret_value(SecretId=config().secret, SecretString=secrets.token_urlsafe(_BYTES))
    version = str(answer["VersionId"])
    _write(version, None, [version])


def _create(secret_id: str, version: str) -> None:
    try:
        client().get_secret_value(SecretId=secret_id, VersionId=version, VersionStage="AWSPENDING")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        client().put_secret_value(
            SecretId=secret_id,
            ClientRequestToken=version,
            SecretString=secrets.token_urlsafe(_BYTES),
            VersionStages=["AWSPENDING"],
        )


def _publish(_secret_id: str, version: str) -> None:
    row = _row()
    newest, previous = (row.newest, row.previous) if row else (newest_version(), None)
    known = [newest, *([previous] if previous else []), version]
    _write(newest, previous, known, _unchanged(row))


def _check(_secret_id: str, version: str) -> None:
    _published_keyring(version)


def _finish(secret_id: str, version: str) -> None:
    current, row = newest_version(), _published_keyring(version)
    if version == row.previous:
        raise RuntimeError("a newer version has replaced this one")
    if current != version:
        client().update_secret_version_stage(
            SecretId=secret_id, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=current
        )
    if row.newest != version:  # also after an attempt that failed before this write
        _write(version, row.newest, [version, row.newest], _unchanged(row))


def _published_keyring(version: str) -> KeyringRow:
    """Return the keyring; raises RuntimeError unless it has the version's key, which an emergency rotation removes."""
    row = _row()
    if not row or access_tokens.public_key(version)[0] not in row.public_keys:
        raise RuntimeError("the new signing key is not published")
    return row


def _unchanged(row: KeyringRow | None) -> Condition:
    """Return the condition that the row has not changed: an emergency rotation must not be overwritten."""
    return KeyringRow.newest == row.newest if row else KeyringRow.user_id.does_not_exist()


def _row() -> KeyringRow | None:
    row: KeyringRow | None = batch_get(keyring_key())[0]
    return row


def _write(newest: str, previous: str | None, versions: list[str], condition: Condition | None = None) -> None:
    keys = dict(access_tokens.public_key(version) for version in dict.fromkeys(versions))
    KeyringRow(newest=newest, previous=previous, public_keys=keys).save(condition=condition)
