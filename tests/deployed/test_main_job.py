"""The main job, through API Gateway: each function runs in a process of its own, with the permissions of its role."""

import pytest

from tests.deployed.gateway import DeployedApi, DeployedPeople
from tests.deployed.stage import LocalStage

pytestmark = pytest.mark.deployed


def test_the_stack_is_created(stage: LocalStage) -> None:
    assert stage.status() == "CREATE_COMPLETE"


def test_a_user_signs_up_verifies_and_has_tasks(call: DeployedApi, people: DeployedPeople) -> None:
    ann = people.signed_in("ann@example.com")
    created = call("POST /api/tasks", bearer=ann.token, json={"title": "Buy milk"})

    assert created.status == 201
    assert [task["title"] for task in call("GET /api/tasks", bearer=ann.token).json["tasks"]] == ["Buy milk"]
    assert call("GET /api/auth/get-session", cookies=[ann.cookie]).json["user"]["email"] == ann.email
    assert call("GET /health").json["status"] == "ok"
