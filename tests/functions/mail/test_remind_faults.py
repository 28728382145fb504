"""Faults of remind: every user is mailed once a day; rows that cannot be read block nobody and raise an alarm."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.functions import FunctionFailed
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api
from tests.support.faults import THROTTLED, FunctionKilled, failing_at, failure_alarms
from tests.support.layer import layer
from tests.support.sample_events import sample
from tests.support.tables import rows

NAMES = ["ann", "bob", "carol", "dan"]
NOW = datetime.fromisoformat("2030-06-03T07:30:00Z")


@pytest.fixture(autouse=True)
def _morning_and_small_pages(call: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 07:30, and a page has two users."""
    assert call
    monkeypatch.setattr(layer("clock"), "now", lambda: NOW)
    monkeypatch.setattr(layer("reminders.table"), "_PAGE_SIZE", 2)


def write_users(*names: str) -> None:
    """Write users with reminders and one due task, as rows."""
    reminders, profiles = layer("accounts.reminder_rows"), layer("accounts.table").ProfileRow
    times = {"created_at": NOW, "updated_at": NOW}
    with layer("tasks.table").TaskRow.batch_write() as tasks, profiles.batch_write() as people:
        for name in names:
            tasks.save(task_of(name, **times))
            person = {"user_id": name, "email": f"{name}@example.com", "email_verified": True}
            people.save(profiles(f"USER#{name}", task_reminders=True, **person, **times))
            people.save(reminders.ReminderRow.of(name, "UTC", "https://api.example.com"))
    reminders.register_zone("UTC")


def task_of(name: str, **times: datetime) -> Any:
    """Return the row of a task that is due today."""
    rest = {"description": "", "completed": False, "completed_at": None, "priority": "medium", "tags": [], "version": 1}
    task = layer("tasks.model").Task(id=f"1-{name}", title="Water", due_date="2030-06-03", **rest, **times)
    return layer("tasks.table").TaskRow.of(name, task, 1)


def run(call: Api) -> None:
    """Invoke the schedule."""
    call.invoke("Remind", sample("mail/remind"))


def ordered(cloud: Cloud) -> dict[str, Any]:
    """Return the nonces of the ordered mails by user; a mail that is ordered again has another nonce."""
    return {row["subject"]: row["nonce"] for row in rows(cloud, "TokensTable")}


def corrupt(cloud: Cloud, table: str, key: dict[str, str], **values: Any) -> None:
    """Change a row to values that our code never writes."""
    cloud.client("dynamodb").update_item(
        TableName=table,
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )


def corrupt_task(cloud: Cloud, name: str, title: dict[str, Any]) -> None:
    corrupt(cloud, "TasksTable", {"user_id": name, "task_id": f"1-{name}"}, title=title)


def corrupt_profile(cloud: Cloud, name: str, links: dict[str, Any]) -> None:
    corrupt(cloud, "UsersTable", {"pk": f"USER#{name}", "sk": "PROFILE"}, links=links)


# -- One fault, at any call ---------------------------------------------------------------


def test_after_a_timeout_at_any_call_everybody_is_mailed_once(
    call: Api, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each call of the run in turn, until there is none left."""
    monkeypatch.setattr(layer("reminders.table"), "_PAGE_SIZE", 100)
    for at in count():
        cloud.reset()
        write_users("ann", "bob")
        with failing_at(FunctionKilled(), at=at) as asked, suppress(FunctionKilled):
            run(call)
        before = ordered(cloud)
        run(call)

        assert ordered(cloud).keys() == {"ann", "bob"}, at
        assert before.items() <= ordered(cloud).items(), at
        if len(asked) <= at:
            break
    assert at == 13  # calls that a run makes


@pytest.mark.parametrize("operation", ["BatchGetItem", "Query", "PutItem"])
def test_a_fault_of_a_table_skips_nobody(call: Api, cloud: Cloud, operation: str) -> None:
    """Nor does a missing permission: no user's rows are the cause. It raises an alarm."""
    write_users("ann", "bob", "carol")
    for error in (UNREACHABLE, THROTTLED, client_error("AccessDeniedException")):
        with failing_calls(error, operation), pytest.raises(FunctionFailed):
            run(call)
    assert ordered(cloud) == {}
    assert failure_alarms("Remind") == {"BackgroundErrors"}

    run(call)

    assert ordered(cloud).keys() == {"ann", "bob", "carol"}


def test_a_missing_permission_skips_nobody(call: Api, cloud: Cloud) -> None:
    """The run's position does not advance."""
    write_users("ann")
    with failing_at(client_error("AccessDeniedException"), at=4) as asked, pytest.raises(FunctionFailed):
        run(call)

    assert asked == ["BatchGetItem", "BatchGetItem", "Query", "BatchGetItem", "Query"]  # the last is for her tasks
    assert not [row for row in rows(cloud, "UsersTable") if row["sk"] == "POSITION"]


# -- Corrupted rows -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "corrupt_one", "wrong", "right"),
    [
        ("ann", corrupt_profile, {"S": "none"}, {"SS": ["google"]}),
        ("bob", corrupt_task, {"N": "7"}, {"S": "Water"}),
        ("dan", corrupt_profile, {"S": "none"}, {"SS": ["google"]}),
    ],
    ids=["the first one's profile", "somebody's task", "the last one's profile"],
)
def test_a_user_with_corrupted_rows_blocks_nobody_and_is_reminded_once_they_are_repaired(  # noqa: PLR0917 -- two fixtures
    call: Api, cloud: Cloud, name: str, corrupt_one: Callable[..., None], wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    """Every run of the day fails, which raises an alarm, and retries."""
    write_users(*NAMES)
    corrupt_one(cloud, name, wrong)
    for _ in range(2):
        with pytest.raises(FunctionFailed):
            run(call)
        before = ordered(cloud)
        assert before.keys() == {*NAMES} - {name}

    corrupt_one(cloud, name, right)
    run(call)
    run(call)

    assert ordered(cloud).keys() == {*NAMES}
    assert before.items() <= ordered(cloud).items()


def test_the_log_has_the_failed_user_and_the_counts(call: Api, cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    write_users("ann", "bob")
    corrupt_task(cloud, "bob", {"N": "7"})

    with pytest.raises(FunctionFailed):
        run(call)

    lines = [{"message": line.message} | vars(line) for line in caplog.records]
    assert [line["user_id"] for line in lines if line["message"] == "not reminded"] == ["bob"]
    assert [(line["mailed"], line["failed"]) for line in lines if line["message"] == "remind"] == [(1, 1)]


def test_a_skipped_user_who_disables_reminders_is_not_retried(call: Api, cloud: Cloud) -> None:
    write_users("bob")
    corrupt_task(cloud, "bob", {"N": "7"})
    with pytest.raises(FunctionFailed):
        run(call)

    row = layer("accounts.reminder_rows").ReminderRow.of("bob", "UTC")
    row.delete()
    run(call)

    (position,) = [row for row in rows(cloud, "UsersTable") if row["sk"] == "POSITION"]
    assert "left" not in position


def test_many_failures_skip_nobody(call: Api, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a bug in a new version: after it is reverted, the run continues at its position."""
    monkeypatch.setattr(layer("reminders.flows"), "_MAX_FAILED", 1)
    write_users(*NAMES)
    for name in ("ann", "bob", "carol"):
        corrupt_task(cloud, name, {"N": "7"})
    for _ in range(2):
        with pytest.raises(FunctionFailed):
            run(call)
        assert ordered(cloud) == {}

    for name in ("ann", "bob", "carol"):
        corrupt_task(cloud, name, {"S": "Water"})
    run(call)

    assert ordered(cloud).keys() == {*NAMES}


def test_an_unknown_zone_does_not_block_others(call: Api, cloud: Cloud) -> None:
    """Its name sorts before theirs."""
    write_users("bob")
    layer("accounts.reminder_rows").register_zone("Atlantis/Capital")

    with pytest.raises(FunctionFailed):
        run(call)

    assert ordered(cloud).keys() == {"bob"}
