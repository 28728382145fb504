"""rotate_secret in trouble: wherever a rotation is cut off, whoever is signed in stays so and the next try ends it."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.functions import FunctionFailed
from tests.functions.keys.test_rotate_secret import STEPS, Rotation, kid, shown
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api
from tests.support.faults import THROTTLED, FunctionKilled, failing_at, failure_alarms
from tests.support.layer import layer
from tests.support.people import People


@pytest.fixture
def rotation(call: Api, cloud: Cloud) -> Iterator[Rotation]:
    """Secrets Manager; afterwards there is a good secret again."""
    rotation = Rotation(call, cloud)
    yield rotation
    rotation.put("a good secret again, which is as long as it has to be")


@pytest.mark.parametrize(
    "error",
    [FunctionKilled(), THROTTLED, client_error("InternalServiceError", 500)],
    ids=["out of time", "throttled", "broken"],
)
def test_wherever_it_happens_the_rotation_comes_to_its_end(call: Api, rotation: Rotation, error: BaseException) -> None:
    """Each step in turn, at each of its calls; Secrets Manager calls a step again that failed."""
    old, new = rotation.current(), rotation.begin()
    calls = 0
    for name in STEPS:
        for at in count():
            trusted = set(shown(call))
            with failing_at(error, at=at) as asked, suppress(FunctionKilled, FunctionFailed):
                rotation.step(name, new)
            assert {kid(old)} <= trusted <= set(shown(call)), (name, at)
            assert rotation.keyring()["newest"] in {old, new}
            if len(asked) <= at:
                break
        calls += at

    row = rotation.keyring()
    assert calls >= len(STEPS)
    assert (rotation.current(), row["newest"], row["previous"]) == (new, new, old)
    assert set(shown(call)) == {kid(new), kid(old)}


def test_while_it_is_cut_off_everybody_stays_signed_in(call: Api, people: People, rotation: Rotation) -> None:
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
def test_an_emergency_that_was_cut_off_is_called_again_and_ends_all(call: Api, rotation: Rotation, at: int) -> None:
    """The function failed, and says so to whoever called it."""
    old = rotation.rotate()
    with failing_at(FunctionKilled(), at=at), suppress(FunctionKilled):
        rotation.emergency()

    rotation.emergency()

    assert rotation.current() == rotation.keyring()["newest"] != old
    assert shown(call) == [kid(rotation.current())]


@pytest.mark.parametrize("operation", ["GetSecretValue", "BatchGetItem", "PutItem"])
def test_trouble_that_lasts_fails_the_function_changes_nothing_and_is_heard_of(
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


@pytest.mark.parametrize("name", ["testSecret", "finishSecret"])
def test_a_step_before_its_time_changes_nothing(rotation: Rotation, name: str) -> None:
    """Nothing is signed with a key that was not published."""
    new = rotation.begin()
    rotation.step("createSecret", new)
    before = rotation.keyring(), rotation.stages()

    with pytest.raises(FunctionFailed):
        rotation.step(name, new)

    assert (rotation.keyring(), rotation.stages()) == before


@pytest.mark.parametrize("name", STEPS)
def test_a_step_of_the_rotation_before_that_comes_late_brings_nothing_back(rotation: Rotation, name: str) -> None:
    first = rotation.rotate()
    second = rotation.rotate()

    with suppress(FunctionFailed):
        rotation.step(name, first)

    assert rotation.current() == rotation.keyring()["newest"] == second
