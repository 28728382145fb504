"""rotate_secret: the four steps that Secrets Manager calls, each idempotent, and the emergency rotation."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from moto.secretsmanager.models import secretsmanager_backends

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.functions import FunctionFailed
from gatehouse_dev.resource_names import ACCOUNT, REGION
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.layer import layer

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
KEYRING = {"user_id": {"S": "KEYRING"}, "session_id": {"S": "KEYRING"}}


class Rotation:
    """Secrets Manager, as far as it takes part in a rotation."""

    def __init__(self, call: Api, cloud: Cloud) -> None:
        """Use the secret of the running cloud."""
        self._call = call
        self._cloud = cloud
        self.secret_id: str = layer("config").config().secret

    def begin(self, **value: str) -> str:
        """Create a pending version, without a value as RotateSecret does, and return its id."""
        version = str(uuid4())
        secret: Any = secretsmanager_backends[ACCOUNT][REGION].secrets[self.secret_id]
        secret.remove_version_stages_from_old_versions(["AWSPENDING"])
        secret.versions[version] = {"createdate": 0, "version_id": version, "version_stages": ["AWSPENDING"], **value}
        return version

    def step(self, name: str, version: str) -> None:
        """Call the function for one step; raises FunctionFailed when it fails."""
        event = {"Step": name, "SecretId": self.secret_id, "ClientRequestToken": version, "RotationToken": str(uuid4())}
        assert self._call.invoke("RotateSecret", event) is None

    def rotate(self) -> str:
        """Rotate the secret, and return the id of the current version."""
        version = self.begin()
        for name in STEPS:
            self.step(name, version)
        return version

    def emergency(self) -> None:
        """Invoke the emergency rotation, as an operator does when the secret leaked."""
        assert self._call.invoke("RotateSecret", {"Emergency": True}) is None

    def current(self) -> str:
        """Return the id of the version AWSCURRENT."""
        found: str = self._cloud.client("secretsmanager").get_secret_value(
            SecretId=self.secret_id, VersionStage="AWSCURRENT"
        )["VersionId"]
        return found

    def value(self, version: str) -> str:
        """Return the value of a version."""
        found: str = self._cloud.client("secretsmanager").get_secret_value(SecretId=self.secret_id, VersionId=version)[
            "SecretString"
        ]
        return found

    def stages(self) -> dict[str, list[str]]:
        """Return the labels of each version."""
        versions = secretsmanager_backends[ACCOUNT][REGION].secrets[self.secret_id].versions
        return {
            name: sorted(version["version_stages"]) for name, version in versions.items() if version["version_stages"]
        }

    def keyring(self) -> dict[str, Any]:
        """Return the keyring's row, as plain values."""
        dynamodb = self._cloud.client("dynamodb")
        item = dynamodb.get_item(TableName="SessionsTable", Key=KEYRING, ConsistentRead=True).get("Item", {})
        row = {name: next(iter(value.values())) for name, value in item.items()}
        return row | {"public_keys": json.loads(row["public_keys"])} if row else {}

    def delete_keyring(self) -> None:
        """Reset to a newly deployed stack: no keyring, and no cached one."""
        self._cloud.client("dynamodb").delete_item(TableName="SessionsTable", Key=KEYRING)
        layer("keys.keyring").clear_cache()

    def put(self, text: str) -> str:
        """Set a value, and return the id of its version."""
        version: str = self._cloud.client("secretsmanager").put_secret_value(
            SecretId=self.secret_id, SecretString=text
        )["VersionId"]
        return version


@pytest.fixture
def rotation(call: Api, cloud: Cloud) -> Iterator[Rotation]:
    """Secrets Manager; a valid secret is restored afterwards."""
    rotation = Rotation(call, cloud)
    yield rotation
    rotation.put("a valid secret again, as long as it has to be " + str(uuid4()))


def kid(version: str) -> str:
    """Return the key id of a version's signing key."""
    found: str = layer("keys.access_tokens").public_key(version)[0]
    return found


def jwks_kids(call: Api) -> list[str]:
    """Return the key ids in JWKS."""
    return [key["kid"] for key in call("GET /api/auth/jwks").json["keys"]]


def test_a_rotation_makes_a_new_version_current_and_keeps_the_old_one(call: Api, rotation: Rotation) -> None:
    old = rotation.current()

    new = rotation.rotate()

    assert rotation.current() == new != old
    assert "AWSPREVIOUS" in rotation.stages()[old]
    row = rotation.keyring()
    assert (row["newest"], row["previous"]) == (new, old)
    assert list(row["public_keys"]) == [kid(new), kid(old)]
    assert jwks_kids(call) == [kid(new), kid(old)]


def test_a_new_secret_is_random_and_never_logged(rotation: Rotation, capsys: pytest.CaptureFixture[str]) -> None:
    values = [rotation.value(rotation.rotate()) for _ in range(2)]

    assert len(set(values)) == 2
    assert min(map(len, values)) == 64
    printed = capsys.readouterr()
    assert all(value not in printed.out + printed.err for value in values)


@pytest.mark.parametrize("repeated", STEPS)
def test_each_step_is_idempotent(rotation: Rotation, repeated: str) -> None:
    version = rotation.begin()
    for name in STEPS[: STEPS.index(repeated) + 1]:
        rotation.step(name, version)
    before = rotation.keyring(), rotation.stages(), rotation.value(version)

    rotation.step(repeated, version)

    assert (rotation.keyring(), rotation.stages(), rotation.value(version)) == before


def test_all_steps_can_be_repeated_after_a_rotation(rotation: Rotation) -> None:
    version = rotation.rotate()
    before = rotation.keyring(), rotation.stages()

    for name in STEPS:
        rotation.step(name, version)

    assert rotation.current() == version
    assert rotation.stages() == before[1]
    assert rotation.keyring() == before[0]


def test_a_key_is_published_before_it_signs(call: Api, rotation: Rotation) -> None:
    old, new = rotation.current(), rotation.begin()

    rotation.step("createSecret", new)
    assert jwks_kids(call) == [kid(old)]

    rotation.step("setSecret", new)
    assert jwks_kids(call) == [kid(old), kid(new)]
    assert (rotation.keyring()["newest"], rotation.current()) == (old, old)

    rotation.step("testSecret", new)
    assert (rotation.keyring()["newest"], rotation.current()) == (old, old)

    rotation.step("finishSecret", new)
    assert (rotation.keyring()["newest"], rotation.current()) == (new, new)


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize("pending", ["absent", "without a value", "current value", "own value"])
def test_turning_rotation_on_succeeds_and_changes_nothing(
    rotation: Rotation,
    pending: str,
    published: bool,  # noqa: FBT001 -- a case
) -> None:
    """Each deployment of a stack does. Secrets Manager runs testSecret alone, with a version made for that."""
    values = {"current value": rotation.value(rotation.current()), "own value": "x" * 64}
    version = (
        str(uuid4())
        if pending == "absent"
        else rotation.begin(**{"secret_string": values[pending]} if pending in values else {})
    )
    if not published:
        rotation.delete_keyring()
    before = rotation.keyring(), rotation.stages()

    rotation.step("testSecret", version)

    assert (rotation.keyring(), rotation.stages()) == before


@pytest.mark.parametrize("published", [True, False])
def test_an_unpublished_key_cannot_be_finished(rotation: Rotation, published: bool) -> None:  # noqa: FBT001 -- a case
    version = rotation.begin()
    rotation.step("createSecret", version)
    if not published:
        rotation.delete_keyring()
    before = rotation.keyring(), rotation.stages()

    with pytest.raises(FunctionFailed):
        rotation.step("finishSecret", version)

    assert (rotation.keyring(), rotation.stages()) == before


def test_a_short_secret_fails_before_it_is_used(rotation: Rotation, cloud: Cloud) -> None:
    version = rotation.begin()
    cloud.client("secretsmanager").put_secret_value(
        SecretId=rotation.secret_id, ClientRequestToken=version, SecretString="short", VersionStages=["AWSPENDING"]
    )
    rotation.step("createSecret", version)
    before = rotation.keyring()

    with pytest.raises(FunctionFailed):
        rotation.step("setSecret", version)

    assert rotation.keyring() == before


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"Step": "dropTables", "SecretId": "x", "ClientRequestToken": "x"},
        {"Step": "setSecret"},
        {"Emergency": False},
    ],
    ids=str,
)
def test_an_invalid_event_fails_and_changes_nothing(call: Api, rotation: Rotation, event: dict[str, Any]) -> None:
    before = rotation.keyring(), rotation.stages()

    with pytest.raises(FunctionFailed):
        call.invoke("RotateSecret", event)

    assert (rotation.keyring(), rotation.stages()) == before


def test_a_second_rotation_drops_the_first_key(call: Api, rotation: Rotation) -> None:
    first = rotation.current()
    second = rotation.rotate()

    third = rotation.rotate()

    row = rotation.keyring()
    assert (row["newest"], row["previous"]) == (third, second)
    assert jwks_kids(call) == [kid(third), kid(second)]
    assert kid(first) not in str(row)


def test_during_a_rotation_three_keys_are_published(call: Api, rotation: Rotation) -> None:
    """The previous, the current and the next one."""
    first = rotation.current()
    second, third = rotation.rotate(), rotation.begin()

    rotation.step("createSecret", third)
    rotation.step("setSecret", third)

    assert jwks_kids(call) == [kid(second), kid(first), kid(third)]
    assert (rotation.keyring()["newest"], rotation.keyring()["previous"]) == (second, first)


def test_an_abandoned_rotation_leaves_no_key(call: Api, rotation: Rotation) -> None:
    old, abandoned = rotation.current(), rotation.begin()
    rotation.step("createSecret", abandoned)
    rotation.step("setSecret", abandoned)

    new = rotation.rotate()

    assert jwks_kids(call) == [kid(new), kid(old)]
    assert (rotation.keyring()["newest"], rotation.keyring()["previous"]) == (new, old)


def test_the_first_rotation_needs_no_keyring(call: Api, rotation: Rotation) -> None:
    """Nothing has been signed yet, so no key was published."""
    old = rotation.current()
    rotation.delete_keyring()

    new = rotation.rotate()

    row = rotation.keyring()
    assert (row["newest"], row["previous"]) == (new, old)
    assert jwks_kids(call) == [kid(new), kid(old)]


def test_after_an_emergency_the_new_version_is_the_only_one(call: Api, rotation: Rotation) -> None:
    old = rotation.current()
    rotation.rotate()

    rotation.emergency()

    new = rotation.current()
    row = rotation.keyring()
    assert new != old
    assert row["newest"] == new
    assert "previous" not in row
    assert jwks_kids(call) == list(row["public_keys"]) == [kid(new)]
    assert len(rotation.value(new)) == 64


def test_rotations_continue_after_an_emergency(call: Api, rotation: Rotation) -> None:
    rotation.emergency()
    old = rotation.current()

    new = rotation.rotate()

    assert jwks_kids(call) == [kid(new), kid(old)]


@pytest.mark.parametrize("name", ["setSecret", "finishSecret"])
def test_a_step_concurrent_with_an_emergency_restores_no_old_key(
    rotation: Rotation, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """S-33: a state that was read before the emergency is not written after it."""
    pending = rotation.begin()
    for before in STEPS[: STEPS.index(name)]:
        rotation.step(before, pending)
    interleave(monkeypatch, "keys.rotation", "_write", rotation.emergency)

    with pytest.raises(FunctionFailed):
        rotation.step(name, pending)

    newest = rotation.current()
    assert rotation.keyring() == {
        "user_id": "KEYRING",
        "session_id": "KEYRING",
        "v": "1",
        "newest": newest,
        "not_before": rotation.keyring()["not_before"],
        "public_keys": {kid(newest): rotation.keyring()["public_keys"][kid(newest)]},
    }


def test_an_emergency_concurrent_with_a_rotation_invalidates_its_key(
    rotation: Rotation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emergency repeats its write when the rotation finished after its read."""
    pending = rotation.begin()
    for name in STEPS[:-1]:
        rotation.step(name, pending)
    interleave(monkeypatch, "keys.rotation", "_write", lambda: rotation.step("finishSecret", pending))

    rotation.emergency()

    row = rotation.keyring()
    assert row["newest"] != pending
    assert "previous" not in row
    assert kid(pending) not in row["public_keys"]
    assert "not_before" in row


def test_a_version_superseded_by_an_emergency_cannot_be_finished(rotation: Rotation) -> None:
    """Its key is no longer published."""
    pending = rotation.begin()
    for name in STEPS[:-1]:
        rotation.step(name, pending)
    rotation.emergency()
    before = rotation.keyring()

    with pytest.raises(FunctionFailed):
        rotation.step("finishSecret", pending)

    assert rotation.keyring() == before
    assert rotation.current() == before["newest"]


def test_each_step_is_counted(rotation: Rotation, capsys: pytest.CaptureFixture[str]) -> None:
    rotation.step("createSecret", rotation.begin())
    rotation.emergency()

    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    outcomes = [line["outcome"] for line in metrics if line.get("function") == "rotate_secret"]
    assert outcomes == ["createSecret", "emergency"]
