"""Updates of a deployed stack, canaries among them, and a rotation of its secret."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.deployed.gateway import DeployedApi, DeployedPeople
from tests.deployed.stage import LocalStage, NotDeployed, wait_until
from tests.support.people import PASSWORD

pytestmark = pytest.mark.deployed
HEALTH, SIGN_IN = "functions/system/health/handler.py", "functions/auth/sign_in/handler.py"
RESPONSES = "layers/common/gatehouse/http/error_responses.py"
VERSIONED = {
    "SignIn",
    "SignUp",
    "GetSession",
    "Token",
    "Refresh",
    "ListTasks",
    "CreateTask",
    "UpdateTask",
    "ShowPage",
    "SendAsset",
}
WITH_CANARIES = "SignIn", "CreateTask"


def alias(stage: LocalStage, function: str) -> dict[str, Any]:
    """Return the alias that the API calls."""
    found: dict[str, Any] = stage.aws("lambda").get_alias(FunctionName=stage.resources[function], Name="live")
    return found


def next_canary(stage: LocalStage, deployment: Future[None]) -> str:
    """Wait until a function's new version gets a tenth of the calls, and return its name."""

    def begun() -> str | None:
        if deployment.done():
            raise AssertionError("there was no canary") from deployment.exception()
        return next((name for name in WITH_CANARIES if "RoutingConfig" in alias(stage, name)), None)

    return str(wait_until(begun, "a canary began", seconds=900))


def end_canary(stage: LocalStage, function: str, state: str) -> None:
    """Set the alarm of a running canary."""
    stage.aws("cloudwatch").set_alarm_state(
        AlarmName=stage.resources[f"{function}NewVersion"], StateValue=state, StateReason="as a test wants it"
    )
    wait_until(lambda: "RoutingConfig" not in alias(stage, function), f"the canary of {function} ended")


def test_a_handler_a_layer_and_a_parameter_change(call: DeployedApi, people: DeployedPeople, stage: LocalStage) -> None:
    """Rows stay. Both canaries go through."""
    mia = people.signed_in("mia@example.com")
    call("POST /api/tasks", bearer=mia.token, json={"title": "Stay"})
    before = {function: alias(stage, function)["FunctionVersion"] for function in VERSIONED}
    stage.edit(HEALTH, '"connected"', '"still connected"')
    stage.edit(RESPONSES, 'b"DENY"', 'b"SAMEORIGIN"')
    with ThreadPoolExecutor(1) as pool:
        deployment = pool.submit(stage.deploy, RequireEmailVerification="false", ConfirmEmailChange="false")
        for _ in WITH_CANARIES:
            end_canary(stage, next_canary(stage, deployment), "OK")
        deployment.result()

    assert stage.status() == "UPDATE_COMPLETE"
    assert call("GET /health").json["database"] == "still connected"
    assert [name for name in before if int(alias(stage, name)["FunctionVersion"]) <= int(before[name])] == []
    tasks = call("GET /api/tasks", bearer=mia.token)
    assert ([task["title"] for task in tasks.json["tasks"]], tasks.headers["x-frame-options"]) == (
        ["Stay"],
        "SAMEORIGIN",
    )
    stage.forget_keyring()
    body = {"email": "ned@example.com", "password": PASSWORD, "name": "Ned"}
    token = call("POST /api/auth/register", json=body).json["access_token"]
    assert call("POST /api/auth/change-email", bearer=mia.token, json={"newEmail": "mia2@example.com"}).status == 200
    assert call("GET /api/tasks", bearer=token).status == 200


def test_a_canary_that_fails_is_taken_back(call: DeployedApi, people: DeployedPeople, stage: LocalStage) -> None:
    """Each tenth sign-in reaches it; then the whole update is rolled back. No other function got a new version."""
    email, before = people.verified("oda@example.com"), alias(stage, "SignIn")["FunctionVersion"]
    stage.edit(SIGN_IN, "    url = attempt", "    1 / 0\n    url = attempt")
    body = {"email": email, "password": PASSWORD}

    def statuses() -> list[int]:
        return [call.send("POST /api/auth/sign-in/email", json=body).status for _ in range(10)]

    with ThreadPoolExecutor(1) as pool:
        deployment = pool.submit(stage.deploy)
        first = next_canary(stage, deployment)
        during = statuses()
        end_canary(stage, first, "ALARM")
        with pytest.raises(NotDeployed):
            deployment.result()
    stage.edit(SIGN_IN, "    1 / 0\n", "")

    assert first == "SignIn"
    assert sorted(during) == [200] * 9 + [500]
    assert stage.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert alias(stage, "SignIn")["FunctionVersion"] == before
    assert statuses() == [200] * 10


def test_the_secret_is_rotated(call: DeployedApi, people: DeployedPeople, stage: LocalStage) -> None:
    """Nobody is signed out."""
    pia = people.signed_in("pia@example.com")
    jwt = call("GET /api/auth/token", bearer=pia.token).json["token"]
    before = {key["kid"] for key in call("GET /api/auth/jwks").json["keys"]}
    secret = stage.resources["Secret"]
    stage.aws("secretsmanager").rotate_secret(SecretId=secret, ClientRequestToken=str(uuid4()))

    keyring = {"user_id": {"S": "KEYRING"}, "session_id": {"S": "KEYRING"}}
    table = stage.resources["SessionsTable"]
    wait_until(
        lambda: "previous" in stage.aws("dynamodb").get_item(TableName=table, Key=keyring)["Item"],
        "the key was rotated",
    )
    assert before < {key["kid"] for key in call("GET /api/auth/jwks").json["keys"]}
    assert call("GET /api/tasks", bearer=jwt).status == 200
    assert call("GET /api/auth/get-session", cookies=[pia.cookie]).json["user"]["email"] == pia.email
