"""Rotation of the secret, in the steps that Secrets Manager calls. A key is published before it signs anything.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import secrets
from datetime import datetime, timedelta

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition

from gatehouse import clock
from gatehouse.config import config
from gatehouse.dynamodb import batch_get, conditional_write, retry_if_changed
from gatehouse.keys import access_tokens
from gatehouse.keys.keyring import KeyringRow, keyring_key
from gatehouse.keys.secret import client, newest_version

_BYTES = 48
_MARGIN = timedelta(minutes=5)  # that the clock of an operator may be wrong; AWS refuses a request by one that is more
_MOMENT = timedelta(milliseconds=1)


def run_step(name: str, secret_id: str, version: str) -> None:
    """Run one step of a rotation. Each can be repeated after a failure."""
    {
        "createSecret": _create,
        "setSecret": _publish,
        "testSecret": _check,
        "finishSecret": _finish,
    }[name](secret_id, version)


def rotate_immediately() -> None:
    """Rotate in an emergency: create a new version at once, stop trusting all others, and withdraw all sessions.

    The keyring's `not_before` lies a few minutes ahead, so that no difference of clocks, and no request that is under
    way, saves a session of before. A session that is opened by a request that has read the new keyring is created
    at `not_before` at the earliest, and so is valid.
    """
    answer = client().put_secret_value(SecretId=config().secret, SecretString=secrets.token_urlsafe(_BYTES))
    version = str(answer["VersionId"])
    retry_if_changed(lambda: _withdraw_all(version))


def _withdraw_all(version: str) -> None:
    row, not_before = _row(), clock.now() + _MARGIN
    if row and row.not_before:
        not_before = max(not_before, row.not_before + _MOMENT)
    with conditional_write():
        _write(version, None, [version], not_before, _unchanged(row))


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
    _write(newest, previous, known, row.not_before if row else None, _unchanged(row))


def _check(_secret_id: str, _version: str) -> None:
    """Read the secret and the keyring. Turning rotation on runs this step alone, with a version that has no key yet."""
    newest_version()
    _row()


def _finish(secret_id: str, version: str) -> None:
    current, row = newest_version(), _published_keyring(version)
    if version == row.previous:
        raise RuntimeError("a newer version has replaced this one")
    if current != version:
        client().update_secret_version_stage(
            SecretId=secret_id, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=current
        )
    if row.newest != version:  # also after an attempt that failed before this write
        _write(version, row.newest, [version, row.newest], row.not_before, _unchanged(row))


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


def _write(
    newest: str, previous: str | None, versions: list[str], not_before: datetime | None, condition: Condition
) -> None:
    keys = dict(access_tokens.public_key(version) for version in dict.fromkeys(versions))
    row = KeyringRow(newest=newest, previous=previous, public_keys=keys, not_before=not_before)
    row.save(condition=condition)
