"""The schedule: in the morning of their zone, people who asked for it are mailed what is due, once a day."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.context import LambdaContext
from gatehouse_dev.functions import FunctionFailed
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import meanwhile
from tests.support.layer import layer
from tests.support.mailbox import Mail, Mailbox
from tests.support.people import PASSWORD, People, Person
from tests.support.sample_events import sample
from tests.support.tables import rows

UPDATE = "POST /api/auth/update-user"
BERLIN, HONOLULU, TOKYO = "Europe/Berlin", "Pacific/Honolulu", "Asia/Tokyo"
MORNING = "2030-06-03T07:00:00Z"  # in UTC; in Berlin it is nine, in Honolulu nine in the evening of the second
TODAY = "2030-06-03"

type At = Callable[[str], None]


@pytest.fixture
def at(call: Api, monkeypatch: pytest.MonkeyPatch) -> At:
    """Let it be some time: `at("2030-06-03T07:00:00Z")`."""
    assert call is not None

    def move(text: str) -> None:
        moment = datetime.fromisoformat(text)
        monkeypatch.setattr(layer("clock"), "now", lambda: moment)

    move(MORNING)
    return move


@pytest.fixture
def ann(at: At, people: People) -> Person:
    """Somebody signed in."""
    assert at is not None
    return people.signed_in("ann")


def wants(call: Api, person: Person, **settings: Any) -> None:
    """Ask for reminders, perhaps in a zone."""
    answer = call(UPDATE, bearer=person.token, json={"taskReminders": True} | settings)
    assert answer.status == 200, answer.text


def has(call: Api, person: Person, due: str | None = TODAY, title: str = "Water the plants") -> str:
    """Give somebody a task; its id."""
    answer = call("POST /api/tasks", bearer=person.token, json={"title": title, "due_date": due})
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def row_of_a_task(person: Person, number: int) -> Any:
    """A task as it is kept: many are quickly made."""
    now = layer("clock").now()
    rest = {"description": "", "completed": False, "completed_at": None, "priority": "medium", "tags": [], "version": 1}
    made = {"created_at": now, "updated_at": now}
    task = layer("tasks.model").Task(id=f"{number:036}", title=f"Task {number}", due_date=TODAY, **rest, **made)
    return layer("tasks.table").TaskRow.of(person.id, task, number)


def run(call: Api) -> None:
    """The quarter of an hour is over."""
    assert call.invoke("Remind", sample("mail/remind")) is None


def reminded(call: Api, mailbox: Mailbox) -> list[Mail]:
    """Run, and see what everybody got so far."""
    run(call)
    return [mail for mail in mailbox.all if "next 24 hours" in mail.subject]


def lines(mail: Mail) -> list[str]:
    """What the mail lists."""
    return [line.removeprefix("- ") for line in mail.text.splitlines() if line.startswith("- ")]


def members(cloud: Cloud) -> list[str]:
    """Whom the table has as wanting to be reminded."""
    return [
        row["user_id"] for row in rows(cloud, "UsersTable") if row["pk"].startswith("REMINDERS#") and "user_id" in row
    ]


# -- What it says ---------------------------------------------------------------


def test_a_digest_lists_what_is_due_in_the_next_day(call: Api, ann: Person, mailbox: Mailbox) -> None:
    wants(call, ann)
    has(call, ann, TODAY, "Today")
    has(call, ann, "2030-06-03T18:30:00+02:00", "This evening")
    has(call, ann, "2030-06-04T06:59:00Z", "Tomorrow before seven")
    has(call, ann, "2030-06-04T07:01:00Z", "Tomorrow after seven")
    has(call, ann, "2030-06-04", "Tomorrow")
    has(call, ann, "2030-06-02", "Yesterday")
    has(call, ann, "2030-06-03T06:59:00Z", "A minute ago")
    has(call, ann, None, "Whenever")

    (mail,) = reminded(call, mailbox)

    assert (mail.to, mail.subject) == (ann.email, "Your tasks for the next 24 hours in Gatehouse")
    assert mail.text.startswith("Hello ann,\n")
    assert lines(mail) == [
        "2030-06-03: Today",
        "2030-06-03 16:30: This evening",
        "2030-06-04 06:59: Tomorrow before seven",
    ]
    assert "turn them off" in mail.text
    assert mail.link == "https://api.example.com/"
    assert f'<a href="{mail.link}">' in mail.html


def test_times_are_those_of_ones_own_zone(call: Api, ann: Person, mailbox: Mailbox) -> None:
    wants(call, ann, timeZone=BERLIN)
    has(call, ann, "2030-06-03T21:30:00Z", "Late")
    has(call, ann, "2030-06-03T22:30:00Z", "Too late")

    assert [lines(mail) for mail in reminded(call, mailbox)] == [
        ["2030-06-03 23:30: Late", "2030-06-04 00:30: Too late"]
    ]


@pytest.fixture
def counts_to_25(call: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more tasks are looked at; else it is a hundred."""
    assert call is not None
    for part in ("flows", "outbox"):
        monkeypatch.setattr(layer(f"reminders.{part}"), "MAX_COUNTED", 25)


@pytest.mark.usefixtures("counts_to_25")
@pytest.mark.parametrize(
    ("count", "last"),
    [(20, None), (21, "and 1 more"), (24, "and 4 more"), (25, "and at least 5 more")],
)
def test_a_long_list_ends_with_a_number(call: Api, ann: Person, mailbox: Mailbox, count: int, last: str | None) -> None:
    wants(call, ann)
    with layer("tasks.table").TaskRow.batch_write() as batch:
        for number in range(count):
            batch.save(row_of_a_task(ann, number))

    listed = lines(reminded(call, mailbox)[0])

    assert [line for line in listed if line.startswith("2030-06-03: Task ")] == listed[:20]
    assert listed[20:] == ([last] if last else [])


def test_a_title_is_text_and_nothing_else(call: Api, ann: Person, mailbox: Mailbox) -> None:
    wants(call, ann)
    titles = {
        "<img src=x onerror=1>": "<img src=x onerror=1>",
        "</li><script>x</script>": "</li><script>x</script>",
        "${7*7} $link $$": "${7*7} $link $$",
        "a\r\nBcc: x@y.example\n\n- 2030-06-03: Forged": "a Bcc: x@y.example - 2030-06-03: Forged",
        "a\u2028b\x0bc": "a b c",
    }
    for title in titles:
        has(call, ann, TODAY, title)

    (mail,) = reminded(call, mailbox)

    assert sorted(lines(mail)) == sorted(f"2030-06-03: {plain}" for plain in titles.values())
    assert mail.subject == "Your tasks for the next 24 hours in Gatehouse"
    assert mail.html.count("<li>") == mail.html.count("</li>") == len(titles)
    assert not any(mark in mail.html for mark in ("<img", "<script", "49"))


def test_the_link_goes_to_the_frontend_else_to_where_the_reminders_were_asked_for(
    call: Api, ann: Person, bob: Person, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    """A schedule has no request that could tell it its own address."""
    settings(base_url="")
    wants(call, ann)
    has(call, ann)
    assert reminded(call, mailbox)[0].link == "https://local.execute-api.us-east-1.amazonaws.com/"
    settings(frontend_url="https://app.example.com/")
    wants(call, bob, timeZone=BERLIN)
    has(call, bob)

    assert reminded(call, mailbox)[-1].link == "https://app.example.com/"


# -- Who gets one ---------------------------------------------------------------


def test_who_did_not_ask_does_not_want_any_more_or_is_gone_gets_none(
    call: Api, ann: Person, bob: Person, people: People, mailbox: Mailbox
) -> None:
    cem = people.signed_in("cem")
    for person in (ann, bob, cem):
        has(call, person)
    for person in (bob, cem):
        wants(call, person)
    wants(call, bob, taskReminders=False)
    call("POST /api/auth/delete-user", bearer=cem.token, json={"password": PASSWORD})

    assert reminded(call, mailbox) == []


def test_nothing_due_is_no_mail_and_no_row(call: Api, ann: Person, mailbox: Mailbox, cloud: Cloud) -> None:
    wants(call, ann)
    has(call, ann, "2030-06-05")

    assert reminded(call, mailbox) == []
    assert rows(cloud, "TokensTable") == []


def test_the_row_vanishes_after_a_while(call: Api, ann: Person, cloud: Cloud) -> None:
    wants(call, ann)
    has(call, ann)

    run(call)

    (row,) = rows(cloud, "TokensTable")
    left = datetime.fromtimestamp(int(row["delete_at"])).astimezone() - datetime.fromisoformat(MORNING)
    assert left == timedelta(days=2)


def test_what_is_done_is_not_in_it(call: Api, ann: Person, mailbox: Mailbox) -> None:
    wants(call, ann)
    has(call, ann, title="Open")
    for due in (TODAY, "2030-06-03T12:00:00Z"):
        task = has(call, ann, due, title="Done")
        answer = call("PATCH /api/tasks/{task_id}/complete", bearer=ann.token, task_id=task, json={"completed": True})
        assert answer.status == 200

    assert [lines(mail) for mail in reminded(call, mailbox)] == [["2030-06-03: Open"]]


def test_nobody_sees_the_tasks_of_somebody_else(call: Api, ann: Person, people: People, mailbox: Mailbox) -> None:
    bob = people.signed_in("bob")
    for person in (ann, bob):
        wants(call, person)
        has(call, person, title=f"For {person.email}")

    assert sorted((mail.to, *lines(mail)) for mail in reminded(call, mailbox)) == [
        (person.email, f"2030-06-03: For {person.email}") for person in (ann, bob)
    ]


def test_who_is_disabled_gets_none_until_they_may_come_in_again(
    call: Api, ann: Person, mailbox: Mailbox, at: At
) -> None:
    wants(call, ann)
    has(call, ann)
    has(call, ann, "2030-06-04")
    layer("accounts").set_disabled(ann.id, disabled=True)
    assert reminded(call, mailbox) == []

    layer("accounts").set_disabled(ann.id, disabled=False)
    at("2030-06-04T07:00:00Z")

    assert len(reminded(call, mailbox)) == 1


def test_an_address_that_is_not_proved_gets_none(call: Api, ann: Person, mailbox: Mailbox, cloud: Cloud) -> None:
    wants(call, ann)
    has(call, ann)
    cloud.client("dynamodb").update_item(
        TableName="UsersTable",
        Key={"pk": {"S": f"USER#{ann.id}"}, "sk": {"S": "PROFILE"}},
        UpdateExpression="SET email_verified = :no",
        ExpressionAttributeValues={":no": {"BOOL": False}},
    )

    assert reminded(call, mailbox) == []


def test_a_mail_goes_to_the_address_of_today(call: Api, ann: Person, mailbox: Mailbox) -> None:
    wants(call, ann)
    has(call, ann)
    call("POST /api/auth/change-email", bearer=ann.token, json={"newEmail": "new@example.com"})
    call("POST /api/auth/verify-email", json={"token": mailbox.to("new@example.com")[-1].token})

    assert [mail.to for mail in reminded(call, mailbox)] == ["new@example.com"]


@pytest.mark.parametrize("change", [{"task_reminders": {"BOOL": False}}, {"time_zone": {"S": TOKYO}}, None], ids=str)
def test_a_row_that_the_profile_knows_nothing_of_is_removed(
    call: Api, ann: Person, mailbox: Mailbox, cloud: Cloud, change: dict[str, Any] | None
) -> None:
    wants(call, ann)
    has(call, ann)
    key = {"pk": {"S": f"USER#{ann.id}"}, "sk": {"S": "PROFILE"}}
    dynamodb = cloud.client("dynamodb")
    profile = dynamodb.get_item(TableName="UsersTable", Key=key)["Item"]
    dynamodb.delete_item(TableName="UsersTable", Key=key)
    if change:
        dynamodb.put_item(TableName="UsersTable", Item=profile | change)

    assert reminded(call, mailbox) == []
    assert members(cloud) == []


def test_a_row_that_came_back_meanwhile_stays(
    call: Api, ann: Person, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Off when the page was read, on again before the row would be removed."""
    wants(call, ann)

    def waver() -> None:
        wants(call, ann, taskReminders=False)
        meanwhile(monkeypatch, "accounts.reminder_rows", "delete_stale", lambda: wants(call, ann))

    meanwhile(monkeypatch, "reminders.flows", "batch_get", waver)

    run(call)

    assert members(cloud) == [ann.id]


# -- When -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "seven"),
    [
        ("UTC", "2030-06-03T07:00:00+00:00"),
        (BERLIN, "2030-06-03T07:00:00+02:00"),
        (BERLIN, "2030-01-03T07:00:00+01:00"),
        (TOKYO, "2030-06-03T07:00:00+09:00"),
        (HONOLULU, "2030-06-03T07:00:00-10:00"),
        ("Pacific/Kiritimati", "2030-06-03T07:00:00+14:00"),
        ("Asia/Kathmandu", "2030-06-03T07:00:00+05:45"),
    ],
)
def test_a_day_begins_at_seven_where_one_is(call: Api, mailbox: Mailbox, at: At, zone: str, seven: str) -> None:
    today = seven[:10]
    at(seven.replace("07:00:00", "06:59:59"))
    ann = People(call).signed_in("ann")
    wants(call, ann, timeZone=zone)
    has(call, ann, today)
    assert reminded(call, mailbox) == []

    at(seven)

    assert [lines(mail) for mail in reminded(call, mailbox)] == [[f"{today}: Water the plants"]]


def test_there_is_one_a_day_however_often_it_runs(call: Api, ann: Person, mailbox: Mailbox, at: At) -> None:
    wants(call, ann)
    has(call, ann)
    has(call, ann, "2030-06-04")
    for hour in range(7, 24):
        at(f"2030-06-03T{hour:02}:15:00Z")
        assert len(reminded(call, mailbox)) == 1

    at("2030-06-04T06:45:00Z")
    assert len(reminded(call, mailbox)) == 1
    at("2030-06-04T07:00:00Z")
    assert len(reminded(call, mailbox)) == 2


def test_runs_at_the_same_time_send_one(call: Api, ann: Person, people: People, mailbox: Mailbox) -> None:
    for person in (ann, people.signed_in("bob"), people.signed_in("cem")):
        wants(call, person)
        has(call, person)
    run_now: Callable[[int], None] = lambda _: run(call)  # noqa: E731 -- a function for each thread

    run_concurrently(run_now, range(4))

    assert sorted(mail.to for mail in reminded(call, mailbox)) == [
        f"{name}@example.com" for name in ("ann", "bob", "cem")
    ]


def test_a_run_in_the_middle_of_another_sends_nothing_twice(
    call: Api, ann: Person, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes between looking up what is due and ordering the mail, which is sent before the first one goes on."""
    wants(call, ann)
    has(call, ann)

    def other() -> None:
        assert len(reminded(call, mailbox)) == 1

    meanwhile(monkeypatch, "reminders.flows", "_order", other)

    assert len(reminded(call, mailbox)) == 1


def test_who_asks_after_the_round_gets_the_first_one_tomorrow(
    call: Api, ann: Person, people: People, mailbox: Mailbox, at: At
) -> None:
    wants(call, ann)
    run(call)
    bob = people.signed_in("bob")
    wants(call, bob)
    has(call, bob)
    has(call, bob, "2030-06-04")
    assert reminded(call, mailbox) == []

    at("2030-06-04T07:00:00Z")

    assert [mail.to for mail in reminded(call, mailbox)] == ["bob@example.com"]


def test_who_moves_is_reminded_by_the_new_clock_and_not_twice_for_one_day(
    call: Api, ann: Person, mailbox: Mailbox, at: At, cloud: Cloud
) -> None:
    wants(call, ann, timeZone=BERLIN)
    for day in (TODAY, "2030-06-04"):
        has(call, ann, day)
    assert len(reminded(call, mailbox)) == 1
    wants(call, ann, timeZone=HONOLULU)
    assert members(cloud) == [ann.id]

    at("2030-06-03T17:00:00Z")
    assert len(reminded(call, mailbox)) == 1
    at("2030-06-04T05:00:00Z")
    assert len(reminded(call, mailbox)) == 1
    at("2030-06-04T17:00:00Z")
    assert len(reminded(call, mailbox)) == 2


def test_one_zone_waits_for_no_other(call: Api, ann: Person, people: People, mailbox: Mailbox, at: At) -> None:
    bob = people.signed_in("bob")
    wants(call, ann, timeZone=TOKYO)
    wants(call, bob, timeZone=BERLIN)
    for person in (ann, bob):
        has(call, person)
    at("2030-06-03T01:00:00Z")
    assert [mail.to for mail in reminded(call, mailbox)] == [ann.email]

    at("2030-06-03T05:00:00Z")

    assert [mail.to for mail in reminded(call, mailbox)] == [ann.email, bob.email]


# -- Many of them, and accidents ------------------------------------------------


@pytest.fixture
def crowd(call: Api, at: At, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """So many people who want to be reminded, each of one task; their addresses. They are rows, and quickly made."""
    assert None not in (call, at)
    reminders, profiles = layer("accounts.reminder_rows"), layer("accounts.table").ProfileRow
    task = layer("tasks.summary").DueTask(title="Water the plants", due=TODAY)
    monkeypatch.setattr(layer("reminders.flows"), "due_within", lambda *_, **__: [task])

    def gather(count: int) -> list[str]:
        now = layer("clock").now()
        emails = [f"p{number:03}@example.com" for number in range(count)]
        with profiles.batch_write() as batch:
            for email in emails:
                facts = {"user_id": email, "email": email, "email_verified": True, "created_at": now, "updated_at": now}
                batch.save(profiles(f"USER#{email}", task_reminders=True, **facts))
                batch.save(reminders.ReminderRow.of(email, "UTC", "https://api.example.com"))
        reminders.register_zone("UTC")
        return emails

    return gather


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is three people."""
    monkeypatch.setattr(layer("reminders.table"), "_PAGE_SIZE", 3)


def time_for(pages: int) -> Any:
    """Let every invocation have time for so many pages."""
    left: dict[str, Iterator[int]] = {}

    def remaining(context: LambdaContext) -> int:
        times = left.setdefault(context.aws_request_id, iter([20_000] * pages))
        return next(times, 19_999)

    return patch.object(LambdaContext, "get_remaining_time_in_millis", remaining)


def test_more_people_than_a_page_are_all_served_though_each_run_has_time_for_one_page(
    call: Api, crowd: Callable[[int], list[str]], cloud: Cloud
) -> None:
    emails = crowd(120)

    ordered: list[list[str]] = []
    with time_for(1):
        for _ in range(3):
            run(call)
            ordered.append(sorted(row["email"] for row in rows(cloud, "TokensTable")))

    assert ordered == [emails[:100], emails, emails]


@pytest.mark.usefixtures("pages")
def test_without_time_nothing_is_begun(call: Api, crowd: Callable[[int], list[str]], mailbox: Mailbox) -> None:
    crowd(1)

    with time_for(0):
        assert reminded(call, mailbox) == []
    assert len(reminded(call, mailbox)) == 1


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize("count", [2, 3, 4, 6, 7])
def test_pages_end_where_they_end(call: Api, crowd: Callable[[int], list[str]], mailbox: Mailbox, count: int) -> None:
    emails = crowd(count)

    assert sorted(mail.to for mail in reminded(call, mailbox)) == emails
    run(call)
    assert call.calls == ["BatchGetItem", "BatchGetItem"]


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    "crash", [*(("_order", good) for good in (0, 2, 3, 4)), ("save_progress", 0), ("save_progress", 1)]
)
def test_a_run_that_crashes_is_gone_on_with_and_nobody_hears_twice(
    call: Api, crowd: Callable[[int], list[str]], mailbox: Mailbox, crash: tuple[str, int]
) -> None:
    emails = crowd(5)
    name, good = crash
    real, left = getattr(layer("reminders.flows"), name), iter(range(good))

    def crashes(*given: Any) -> Any:
        next(left)  # StopIteration is the crash
        return real(*given)

    with patch.object(layer("reminders.flows"), name, crashes), pytest.raises(FunctionFailed):
        run(call)
    assert len(mailbox.all) == (good if name == "_order" else min(3 * good + 3, 5))

    assert sorted(mail.to for mail in reminded(call, mailbox)) == emails


def test_no_table_is_ever_scanned(call: Api, ann: Person, people: People) -> None:
    for person in (ann, *map(people.signed_in, ("bob", "cem"))):
        wants(call, person)
        has(call, person)

    run(call)

    assert set(call.calls) == {"BatchGetItem", "Query", "PutItem"}


def test_nobody_to_remind_is_one_read_and_a_zone_where_it_is_night_is_not_looked_into(
    call: Api, ann: Person, at: At
) -> None:
    run(call)
    assert call.calls == ["BatchGetItem"]
    wants(call, ann)
    at("2030-06-03T06:00:00Z")

    run(call)

    assert call.calls == ["BatchGetItem", "BatchGetItem"]
