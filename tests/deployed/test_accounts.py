"""Accounts, and what runs in the background."""

import json
import re
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.deployed.gateway import DeployedApi, DeployedMailbox, DeployedPeople
from tests.deployed.stage import LocalStage, wait_until
from tests.support.mailbox import Mail
from tests.support.people import PASSWORD
from tests.support.pictures import PNG, data_url
from tests.support.sample_events import sample

pytestmark = pytest.mark.deployed
ZONES = "Pacific/Auckland", "Europe/Berlin", "America/Los_Angeles"


def redemption(mail: Mail) -> dict[str, str]:
    """Return the body that redeems the link of a mail."""
    return {"token": mail.token, "password": PASSWORD}


def test_an_address_is_changed(call: DeployedApi, mailbox: DeployedMailbox, people: DeployedPeople) -> None:
    dan = people.signed_in("dan@example.com")
    body = {"email": "dan@example.com"}
    assert call("POST /api/auth/send-verification-email", bearer=dan.token, json=body).status in {200, 400}
    assert call("POST /api/auth/change-email", bearer=dan.token, json={"newEmail": "daniel@example.com"}).status == 200
    confirm = {"token": mailbox.nth("dan@example.com", 2).token}
    assert call("POST /api/auth/verify-email", json=confirm).status == 200
    assert call("POST /api/auth/verify-email", json=redemption(mailbox.nth("daniel@example.com", 1))).status == 200
    assert people.sign_in("daniel@example.com").id == dan.id
    undo = {"token": mailbox.nth("dan@example.com", 3).token}
    assert call("POST /api/auth/verify-email", json=undo).status == 200


def test_a_profile_has_a_picture(call: DeployedApi, people: DeployedPeople) -> None:
    eva = people.signed_in("eva@example.com")
    for image in (data_url(PNG + b"1"), data_url(PNG + b"2")):
        assert call("POST /api/auth/update-user", bearer=eva.token, json={"name": "Eva", "image": image}).status == 200
    url = call("GET /api/auth/get-session", bearer=eva.token).json["user"]["image"]
    user, picture = url.split("/")[-2:]
    assert call("GET /api/auth/picture/{user_id}/{picture_id}", user_id=user, picture_id=picture).status == 200
    assert call("POST /api/auth/update-user", bearer=eva.token, json={"image": None}).status == 200
    assert call("GET /api/auth/export", bearer=eva.token).status == 200
    assert call("GET /api/auth/list-accounts", bearer=eva.token).status == 200


def test_tasks_are_mailed_in_the_morning_until_the_user_wants_none(
    call: DeployedApi, mailbox: DeployedMailbox, people: DeployedPeople, stage: LocalStage
) -> None:
    joe = people.signed_in("joe@example.com")
    zone = next(name for name in ZONES if datetime.now(ZoneInfo(name)).hour in range(7, 23))
    wanted = {"taskReminders": True, "timeZone": zone}
    assert call("POST /api/auth/update-user", bearer=joe.token, json=wanted).status == 200
    today = datetime.now(ZoneInfo(zone)).date().isoformat()
    call("POST /api/tasks", bearer=joe.token, json={"title": "Water the plants", "due_date": today})
    stage.put("UsersTable", pk=f"REMINDERS#{zone}", sk="USER#gone", user_id="gone", base_url="", v=1)
    event = json.dumps(sample("mail/remind"))
    result = stage.aws("lambda").invoke(FunctionName=stage.resources["Remind"], Payload=event)
    assert "FunctionError" not in result, result["Payload"].read()
    token = re.findall(r"unsubscribe\?token=([\w-]+)", mailbox.nth("joe@example.com", 2).text)[-1]
    assert call("POST /api/auth/unsubscribe", query={"token": token}).status == 200

    assert call("POST /api/auth/update-user", bearer=joe.token, json=wanted).status == 200
    event = json.loads(sample("mail/record_mail_feedback")["Records"][0]["body"])
    event |= {"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": joe.email}]}}
    stage.aws("sns").publish(TopicArn=stage.resources["MailEvents"], Message=json.dumps(event))
    me = {"bearer": joe.token}
    wait_until(lambda: not call("GET /api/auth/me", **me).json["user"].get("taskReminders"), "reminders ended")


def test_a_bounce_is_recorded(people: DeployedPeople, stage: LocalStage) -> None:
    kim = people.signed_in("kim@example.com")
    event = sample("mail/record_mail_feedback")["Records"][0]["body"].replace("ann@example.com", kim.email)
    stage.aws("sns").publish(TopicArn=stage.resources["MailEvents"], Message=event)
    table, key = (
        stage.resources["TokensTable"],
        {"subject": {"S": f"EMAIL#{kim.email}"}, "purpose": {"S": "undeliverable"}},
    )
    wait_until(lambda: "Item" in stage.aws("dynamodb").get_item(TableName=table, Key=key), "the bounce was recorded")


def test_users_are_deleted_by_mailed_links(call: DeployedApi, mailbox: DeployedMailbox, people: DeployedPeople) -> None:
    """One had another address before. `test_permissions.py` waits for the erasure."""
    for email in ("lea@example.com", "max@example.com"):
        user = people.signed_in(f"former-{email}")
        call("POST /api/tasks", bearer=user.token, json={"title": "Leave"})
        assert call("POST /api/auth/change-email", bearer=user.token, json={"newEmail": email}).status == 200
        call("POST /api/auth/verify-email", json=redemption(mailbox.nth(user.email, 2)))
        call("POST /api/auth/verify-email", json=redemption(mailbox.nth(email, 1)))
        user = people.sign_in(email)
        assert call("POST /api/auth/delete-user", cookies=[user.cookie], json={"password": PASSWORD}).status == 200
        with_token = {"token": mailbox.nth(email, 2).token}
        if email.startswith("lea"):
            deleted = call("POST /api/auth/delete-user", cookies=[user.cookie], json=with_token)
        else:
            script = {"sec-fetch-mode": "cors", "sec-fetch-site": "same-site"}
            route = "GET /api/auth/delete-user/callback"
            deleted = call(route, cookies=[user.cookie], query=with_token, headers=script)
        assert deleted.status == 200, deleted.text
        assert call("GET /api/tasks", bearer=user.token).status == 401


def test_excess_sessions_are_ended(people: DeployedPeople, stage: LocalStage) -> None:
    """One new session in twenty has such an order."""
    nat = people.signed_in("nat@example.com")
    now = int(time.time())
    order = {"subject": nat.id, "purpose": "excess sessions", "erasure": "pending"}
    stage.put("TokensTable", **order, created_at=now * 1000, delete_at=now + 1000, v=1)
