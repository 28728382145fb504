"""Manual key rotation. Import it only with the environment of the functions set."""

from datetime import datetime
from uuid import uuid4

from gatehouse import clock
from gatehouse.config import config
from gatehouse.dynamodb import batch_get
from gatehouse.keys import keyring_key, rotation
from gatehouse.keys.keyring import KEYRING
from gatehouse.keys.secret import client
from gatehouse_dev.admin.recording import Change, record

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def drops_active_keys() -> bool:
    """Whether a rotation now would end active sessions: only the newest two keys are valid."""
    (row,) = batch_get(keyring_key())
    return bool(row and row.previous) and _newest_created_at() > clock.now() - config().session_absolute_lifetime


def rotate(actor: str, *, is_local: bool) -> Change:
    """Rotate the key; the previous one stays valid. Secrets Manager does it asynchronously; for the local cloud the
    steps run here.
    """
    if not is_local:
        client().rotate_secret(SecretId=config().secret)
        return record("rotation started", "The rotation has started; it takes a minute.", actor, KEYRING)
    version = str(uuid4())
    for step in STEPS:
        rotation.run_step(step, config().secret, version)
    return record("keys rotated", "There is a new key; the previous one is still valid.", actor, KEYRING)


def rotate_immediately(actor: str) -> Change:
    """Make a new key, invalidate all others, and end all sessions."""
    rotation.rotate_immediately()
    done = "There is a new key; all earlier sessions, access and refresh tokens and mailed links are invalid."
    return record("keys replaced", done, actor, KEYRING)


def _newest_created_at() -> datetime:
    versions = client().list_secret_version_ids(SecretId=config().secret)["Versions"]  # those with a stage
    current = next(version for version in versions if "AWSCURRENT" in version["VersionStages"])
    since: datetime = current["CreatedDate"]
    return since
