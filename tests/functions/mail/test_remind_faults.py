"""remind in trouble: everybody hears once a day; whose rows cannot be read holds up nobody, and is heard of."""

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

NAMES = ["ann", "bob", "cem", "dan"]
NOW = datetime.fromisoformat("2030-06-03T07:30:00Z")


@pytest.fixture(autouse=True)
def _in_the_morning(call: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is two people."""
    assert call
    monkeypatch.setattr(layer("clock"), "now", lambda: NOW)
    monkeypatch.setattr(layer("reminders.table"), "_PAGE_SIZE", 2)


def gather(*names: str) -> None:
    """People with a task each who want to be reminded, written as rows."""
    reminders, profiles = layer("accounts.reminder_rows"), layer("accounts.table").ProfileRow
    made = {"created_at": NOW, "updated_at": NOW}
    with layer("tasks.table").TaskRow.batch_write() as tasks, profiles.batch_write() as people:
        for name in names:
            tasks.save(task_of(name, **made))
            person = {"user_id": name, "email": f"{name}@example.com", "email_verified": True}
            people.save(profiles(f"USER#{name}", task_reminders=True, **person, **made))
            people.save(reminders.ReminderRow.of(name, "UTC", "https://api.example.com"))
    reminders.register_zone("UTC")


def task_of(name: str, **made: datetime) -> Any:
    """The row of a task that is due today."""
    rest = {"description": "", "completed": False, "completed_at": None, "priority": "medium", "tags": [], "version": 1}
    task = layer("tasks.model").Task(id=f"1-{name}", title="Water", due_date="2030-06-03", **rest, **made)
    return layer("tasks.table").TaskRow.of(name, task, 1)


def run(call: Api) -> None:
    """The quarter of an hour is over."""
    call.invoke("Remind", sample("mail/remind"))


def ordered(cloud: Cloud) -> dict[str, Any]:
    """Whose mails are ordered; one that was ordered anew has another nonce."""
    return {row["subject"]: row["nonce"] for row in rows(cloud, "TokensTable")}


def spoil(cloud: Cloud, table: str, key: dict[str, str], **values: Any) -> None:
    """Change a row to what no code of ours writes."""
    cloud.client("dynamodb").update_item(
        TableName=table,
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )


def spoil_task(cloud: Cloud, name: str, title: dict[str, Any]) -> None:
    spoil(cloud, "TasksTable", {"user_id": name, "task_id": f"1-{name}"}, title=title)


def spoil_profile(cloud: Cloud, name: str, links: dict[str, Any]) -> None:
    spoil(cloud, "UsersTable", {"pk": f"USER#{name}", "sk": "PROFILE"}, links=links)


# -- One accident, at any moment ------------------------------------------------------


def test_wherever_it_runs_out_of_time_everybody_hears_once(
    call: Api, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each call of the run in turn, until there is none left."""
    monkeypatch.setattr(layer("reminders.table"), "_PAGE_SIZE", 100)
    for at in count():
        cloud.reset()
        gather("ann", "bob")
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
def test_trouble_of_a_table_passes_over_nobody(call: Api, cloud: Cloud, operation: str) -> None:
    """Nor does a right that is missing: it is nobody's own row that is wrong. An alarm hears of it."""
    gather("ann", "bob", "cem")
    for error in (UNREACHABLE, THROTTLED, client_error("AccessDeniedException")):
        with failing_calls(error, operation), pytest.raises(FunctionFailed):
            run(call)
    assert ordered(cloud) == {}
    assert failure_alarms("Remind") == {"BackgroundErrors"}

    run(call)

    assert ordered(cloud).keys() == {"ann", "bob", "cem"}


def test_a_right_that_is_missing_is_no_poison(call: Api, cloud: Cloud) -> None:
    """Nobody is passed over for it: the round stays where it was."""
    gather("ann")
    with failing_at(client_error("AccessDeniedException"), at=4) as asked, pytest.raises(FunctionFailed):
        run(call)

    assert asked == ["BatchGetItem", "BatchGetItem", "Query", "BatchGetItem", "Query"]  # the last is for her tasks
    assert not [row for row in rows(cloud, "UsersTable") if row["sk"] == "POSITION"]


# -- Poison ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "spoil_one", "wrong", "right"),
    [
        ("ann", spoil_profile, {"S": "none"}, {"SS": ["google"]}),
        ("bob", spoil_task, {"N": "7"}, {"S": "Water"}),
        ("dan", spoil_profile, {"S": "none"}, {"SS": ["google"]}),
    ],
    ids=["the first one's profile", "somebody's task", "the last one's profile"],
)
def test_whose_rows_cannot_be_read_holds_up_nobody_and_is_reminded_once_they_can(  # noqa: PLR0917 -- two fixtures
    call: Api, cloud: Cloud, name: str, spoil_one: Callable[..., None], wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    """Every run of the day fails, so that an alarm hears of it, and tries again."""
    gather(*NAMES)
    spoil_one(cloud, name, wrong)
    for _ in range(2):
        with pytest.raises(FunctionFailed):
            run(call)
        before = ordered(cloud)
        assert before.keys() == {*NAMES} - {name}

    spoil_one(cloud, name, right)
    run(call)
    run(call)

    assert ordered(cloud).keys() == {*NAMES}
    assert before.items() <= ordered(cloud).items()


def test_the_log_says_who_it_is_and_how_many(call: Api, cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    gather("ann", "bob")
    spoil_task(cloud, "bob", {"N": "7"})

    with pytest.raises(FunctionFailed):
        run(call)

    told = [{"message": line.message} | vars(line) for line in caplog.records]
    assert [line["user_id"] for line in told if line["message"] == "not reminded"] == ["bob"]
    assert [(line["mailed"], line["failed"]) for line in told if line["message"] == "remind"] == [(1, 1)]


def test_who_was_passed_over_and_does_not_want_any_more_is_forgotten(call: Api, cloud: Cloud) -> None:
    gather("bob")
    spoil_task(cloud, "bob", {"N": "7"})
    with pytest.raises(FunctionFailed):
        run(call)

    row = layer("accounts.reminder_rows").ReminderRow.of("bob", "UTC")
    row.delete()
    run(call)

    (position,) = [row for row in rows(cloud, "UsersTable") if row["sk"] == "POSITION"]
    assert "left" not in position


def test_more_than_a_few_are_no_poison_and_nobody_is_passed_over(
    call: Api, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a mistake of ours in a new version: it is undone, and the day goes on where it was."""
    monkeypatch.setattr(layer("reminders.flows"), "_MAX_FAILED", 1)
    gather(*NAMES)
    for name in ("ann", "bob", "cem"):
        spoil_task(cloud, name, {"N": "7"})
    for _ in range(2):
        with pytest.raises(FunctionFailed):
            run(call)
        assert ordered(cloud) == {}

    for name in ("ann", "bob", "cem"):
        spoil_task(cloud, name, {"S": "Water"})
    run(call)

    assert ordered(cloud).keys() == {*NAMES}


def test_a_zone_that_no_clock_is_known_of_holds_up_no_other(call: Api, cloud: Cloud) -> None:
    """Its name comes before theirs."""
    gather("bob")
    layer("accounts.reminder_rows").register_zone("Atlantis/Capital")

    with pytest.raises(FunctionFailed):
        run(call)

    assert ordered(cloud).keys() == {"bob"}
