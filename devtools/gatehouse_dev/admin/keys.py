"""The rotation of keys, by hand. Imported once the environment is that of the functions."""

from datetime import datetime
from uuid import uuid4

from gatehouse import clock
from gatehouse.config import config
from gatehouse.dynamodb import get_together
from gatehouse.keys import keyring_key, rotation
from gatehouse.keys.keyring import KEYRING
from gatehouse.keys.secret import client
from gatehouse_dev.admin.people import told

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def drops_living_keys() -> bool:
    """Whether a rotation now would end sessions, for it keeps one key before the newest and no more."""
    (row,) = get_together(keyring_key())
    return bool(row and row.previous) and _newest_since() > clock.now() - config().session_absolute_lifetime


def rotate(actor: str, *, is_local: bool) -> None:
    """A new key, and the one before still good. Secrets Manager does it, in its time; here we take its steps."""
    if not is_local:
        client().rotate_secret(SecretId=config().secret)
        told("rotation begun", "The rotation has begun; it takes a minute.", actor, KEYRING)
        return
    version = str(uuid4())
    for step in STEPS:
        rotation.step(step, config().secret, version)
    told("keys rotated", "There is a new key; the one before is still good.", actor, KEYRING)


def replace(actor: str) -> None:
    """An emergency: a new key, and none of the others good."""
    rotation.replace_now()
    done = "There is a new key; cookies, access and refresh tokens and mailed links of before are good no more."
    told("keys replaced", done, actor, KEYRING)


def _newest_since() -> datetime:
    versions = client().list_secret_version_ids(SecretId=config().secret)["Versions"]  # those with a stage: a few
    current = next(version for version in versions if "AWSCURRENT" in version["VersionStages"])
    since: datetime = current["CreatedDate"]
    return since
