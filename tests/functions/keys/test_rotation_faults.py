"""Faults of rotate_secret: users stay signed in wherever a rotation is interrupted, and a retry completes it."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.functions import FunctionFailed
from tests.functions.keys.test_rotate_secret import STEPS, Rotation, jwks_kids, kid
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api
from tests.support.faults import THROTTLED, FunctionKilled, conflicting_twice, failing_at, failure_alarms
from tests.support.layer import layer
from tests.support.people import People


@pytest.fixture
def rotation(call: Api, cloud: Cloud) -> Iterator[Rotation]:
    """Secrets Manager; a valid secret is restored afterwards."""
    rotation = Rotation(call, cloud)
    yield rotation
    rotation.put("a valid secret again, which is as long as it has to be")


@pytest.mark.parametrize(
    "error",
    [FunctionKilled(), THROTTLED, client_error("InternalServiceError", 500)],
    ids=["timeout", "throttled", "internal error"],
)
def test_a_rotation_interrupted_at_any_call_is_completed_by_retries(
    call: Api, rotation: Rotation, error: BaseException
) -> None:
    """Each step in turn, at each of its calls; Secrets Manager retries a failed step."""
    old, new = rotation.current(), rotation.begin()
    calls = 0
    for name in STEPS:
        for at in count():
            trusted = set(jwks_kids(call))
            with failing_at(error, at=at) as asked, suppress(FunctionKilled, FunctionFailed):
                rotation.step(name, new)
            assert {kid(old)} <= trusted <= set(jwks_kids(call)), (name, at)
            assert rotation.keyring()["newest"] in {old, new}
            if len(asked) <= at:
                break
        calls += at

    row = rotation.keyring()
    assert calls >= len(STEPS)
    assert (rotation.current(), row["newest"], row["previous"]) == (new, new, old)
    assert set(jwks_kids(call)) == {kid(new), kid(old)}


def test_a_rotation_that_meets_transactions_needs_no_retry_of_a_step(
    call: Api, rotation: Rotation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer("retries").time, "sleep", lambda _: None)
    old, new = rotation.current(), rotation.begin()
    with conflicting_twice() as conflicts:
        for name in STEPS:
            rotation.step(name, new)

    assert conflicts
    assert set(jwks_kids(call)) == {kid(new), kid(old)}


def test_users_stay_signed_in_while_a_rotation_is_interrupted(call: Api, people: People, rotation: Rotation) -> None:
    ann, new = people.signed_in("ann"), rotation.begin()
    for name in STEPS[:-1]:
        rotation.step(name, new)
    with failing_at(FunctionKilled(), at=3) as asked, suppress(FunctionKilled):
        rotation.step("finishSecret", new)
    assert asked[-2:] == ["UpdateSecretVersionStage", "PutItem"]

    bob = people.signed_in("bob")
    rotation.step("finishSecret", new)

    for person in (ann, bob):
        assert call("GET /api/auth/get-session", cookies=[person.cookie]).json["user"]["email"] == person.email


@pytest.mark.parametrize("at", range(3))
def test_an_interrupted_emergency_is_completed_by_a_second_call(call: Api, rotation: Rotation, at: int) -> None:
    """The function fails, which its caller sees."""
    old = rotation.rotate()
    with failing_at(FunctionKilled(), at=at), suppress(FunctionKilled):
        rotation.emergency()

    rotation.emergency()

    assert rotation.current() == rotation.keyring()["newest"] != old
    assert jwks_kids(call) == [kid(rotation.current())]


@pytest.mark.parametrize("operation", ["GetSecretValue", "BatchGetItem", "PutItem"])
def test_a_persistent_fault_fails_the_function_changes_nothing_and_raises_an_alarm(
    rotation: Rotation, operation: str
) -> None:
    new = rotation.begin()
    rotation.step("createSecret", new)
    before = rotation.keyring(), rotation.stages()

    for name in STEPS[1:] if operation != "PutItem" else STEPS[1:2]:
        layer("keys.secret")._secret_value.cache_clear()
        layer("keys.secret").derived_key.cache_clear()
        with failing_calls(UNREACHABLE, operation), pytest.raises(FunctionFailed):
            rotation.step(name, new)

    assert (rotation.keyring(), rotation.stages()) == before
    assert failure_alarms("RotateSecret") == {"BackgroundErrors"}


@pytest.mark.parametrize("error", [UNREACHABLE, client_error("AccessDeniedException")], ids=["unreachable", "denied"])
@pytest.mark.parametrize("operation", ["GetSecretValue", "BatchGetItem"])
def test_rotation_cannot_be_turned_on_without_the_secret_and_the_table(
    rotation: Rotation, operation: str, error: Exception
) -> None:
    """Otherwise the first rotation would show it, months later."""
    rotation.delete_keyring()
    before = rotation.stages()

    with failing_calls(error, operation), pytest.raises(FunctionFailed):
        rotation.step("testSecret", "4e8f0b9a-1d2c-4b3a-8f7e-6a5d4c3b2a19")

    assert (rotation.keyring(), rotation.stages()) == ({}, before)


@pytest.mark.parametrize("name", STEPS)
def test_a_late_step_of_the_previous_rotation_restores_nothing(rotation: Rotation, name: str) -> None:
    first = rotation.rotate()
    second = rotation.rotate()

    with suppress(FunctionFailed):
        rotation.step(name, first)

    assert rotation.current() == rotation.keyring()["newest"] == second
