"""The scheduled reminders: in the morning of their zone, users with reminders are mailed what is due, once a day."""

import re
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
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mail, Mailbox
from tests.support.people import PASSWORD, People, Person
from tests.support.sample_events import sample
from tests.support.tables import rows

UPDATE = "POST /api/auth/update-user"
BERLIN, HONOLULU, TOKYO = "Europe/Berlin", "Pacific/Honolulu", "Asia/Tokyo"
MORNING = "2030-06-03T07:00:00Z"  # in UTC; 09:00 in Berlin, 21:00 of the previous day in Honolulu
TODAY = "2030-06-03"

type At = Callable[[str], None]


@pytest.fixture
def at(call: Api, monkeypatch: pytest.MonkeyPatch) -> At:
    """Set the time: `at("2030-06-03T07:00:00Z")`."""
    assert call is not None

    def move(text: str) -> None:
        moment = datetime.fromisoformat(text)
        monkeypatch.setattr(layer("clock"), "now", lambda: moment)

    move(MORNING)
    return move


@pytest.fixture
def ann(at: At, people: People) -> Person:
    """A signed-in user."""
    assert at is not None
    return people.signed_in("ann")


def enable_reminders(call: Api, person: Person, **settings: Any) -> None:
    """Enable reminders, with a zone if given."""
    response = call(UPDATE, bearer=person.token, json={"taskReminders": True} | settings)
    assert response.status == 200, response.text


def add_task(call: Api, person: Person, due: str | None = TODAY, title: str = "Water the plants") -> str:
    """Create a task, and return its id."""
    response = call("POST /api/tasks", bearer=person.token, json={"title": title, "due_date": due})
    assert response.status == 201, response.text
    return str(response.json["id"])


def task_row(person: Person, number: int) -> Any:
    """Return a task's row, which is faster than a request."""
    now = layer("clock").now()
    rest = {"description": "", "completed": False, "completed_at": None, "priority": "medium", "tags": [], "version": 1}
    times = {"created_at": now, "updated_at": now}
    task = layer("tasks.model").Task(id=f"{number:036}", title=f"Task {number}", due_date=TODAY, **rest, **times)
    return layer("tasks.table").TaskRow.of(person.id, task, number)


def run(call: Api) -> None:
    """Invoke the schedule."""
    assert call.invoke("Remind", sample("mail/remind")) is None


def digests(call: Api, mailbox: Mailbox) -> list[Mail]:
    """Run, and return all digests sent so far."""
    run(call)
    return [mail for mail in mailbox.all if "next 24 hours" in mail.subject]


def lines(mail: Mail) -> list[str]:
    """Return the list in the mail."""
    return [line.removeprefix("- ") for line in mail.text.splitlines() if line.startswith("- ")]


def reminded_users(cloud: Cloud) -> list[str]:
    """Return the users in the reminder rows."""
    return [
        row["user_id"] for row in rows(cloud, "UsersTable") if row["pk"].startswith("REMINDERS#") and "user_id" in row
    ]


# -- Contents -------------------------------------------------------------------


def test_a_digest_lists_the_tasks_due_in_the_next_24_hours(call: Api, ann: Person, mailbox: Mailbox) -> None:
    enable_reminders(call, ann)
    add_task(call, ann, TODAY, "Today")
    add_task(call, ann, "2030-06-03T18:30:00+02:00", "This evening")
    add_task(call, ann, "2030-06-04T06:59:00Z", "Tomorrow before seven")
    add_task(call, ann, "2030-06-04T07:29:00Z", "Before tomorrow's mail, if it is late")
    add_task(call, ann, "2030-06-04T07:31:00Z", "After tomorrow's mail")
    add_task(call, ann, "2030-06-04", "Tomorrow")
    add_task(call, ann, "2030-06-02", "Yesterday")
    add_task(call, ann, "2030-06-03T06:59:00Z", "A minute ago")
    add_task(call, ann, None, "Whenever")

    (mail,) = digests(call, mailbox)

    assert (mail.to, mail.subject) == (ann.email, "Your tasks for the next 24 hours in Gatehouse")
    assert mail.text.startswith("Hello ann,\n")
    assert lines(mail) == [
        "2030-06-03: Today",
        "2030-06-03 16:30: This evening",
        "2030-06-04 06:59: Tomorrow before seven",
        "2030-06-04 07:29: Before tomorrow's mail, if it is late",
    ]
    assert "turn them off" in mail.text
    assert mail.link == "https://api.example.com/"
    assert f'<a href="{mail.link}">' in mail.html


def test_times_are_in_the_users_zone(call: Api, ann: Person, mailbox: Mailbox) -> None:
    enable_reminders(call, ann, timeZone=BERLIN)
    add_task(call, ann, "2030-06-03T21:30:00Z", "Late")
    add_task(call, ann, "2030-06-03T22:30:00Z", "Too late")

    assert [lines(mail) for mail in digests(call, mailbox)] == [
        ["2030-06-03 23:30: Late", "2030-06-04 00:30: Too late"]
    ]


def test_a_task_is_listed_before_it_is_due_where_a_day_has_25_hours(call: Api, mailbox: Mailbox, at: At) -> None:
    """The clocks in Berlin go back on 2030-10-27: from seven to seven it takes 25 hours."""
    at("2030-10-26T07:00:00+02:00")
    ann = People(call).signed_in("ann")
    enable_reminders(call, ann, timeZone=BERLIN)
    add_task(call, ann, "2030-10-27T06:30:00+01:00", "Early")

    assert [lines(mail) for mail in digests(call, mailbox)] == [["2030-10-27 06:30: Early"]]


def test_a_run_that_is_late_lists_what_was_due_since_seven(call: Api, ann: Person, mailbox: Mailbox, at: At) -> None:
    """Yesterday's mail, sent at seven, covered no more."""
    enable_reminders(call, ann)
    add_task(call, ann, "2030-06-04T08:15:00Z", "While no mail was sent")
    assert digests(call, mailbox) == []

    at("2030-06-04T09:00:00Z")

    assert [lines(mail) for mail in digests(call, mailbox)] == [["2030-06-04 08:15: While no mail was sent"]]


def test_a_run_that_passes_midnight_lists_its_own_day(
    call: Api, ann: Person, mailbox: Mailbox, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    enable_reminders(call, ann)
    add_task(call, ann)
    at("2030-06-03T23:59:00Z")
    interleave(monkeypatch, "reminders.flows", "_remind", lambda: at("2030-06-04T00:01:00Z"))

    assert [lines(mail) for mail in digests(call, mailbox)] == [["2030-06-03: Water the plants"]]


def test_a_day_that_a_zone_skips_is_listed_the_day_before(call: Api, mailbox: Mailbox, at: At) -> None:
    """After 2011-12-29 Samoa had the 31st."""
    at("2011-12-29T07:00:00-10:00")
    ann = People(call).signed_in("ann")
    enable_reminders(call, ann, timeZone="Pacific/Apia")
    for day in ("2011-12-29", "2011-12-30", "2011-12-31"):
        add_task(call, ann, day, day)

    assert [lines(mail) for mail in digests(call, mailbox)] == [["2011-12-29: 2011-12-29", "2011-12-30: 2011-12-30"]]


@pytest.fixture
def limit_of_25(call: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Count up to 25 tasks instead of a hundred."""
    assert call is not None
    for part in ("flows", "outbox"):
        monkeypatch.setattr(layer(f"reminders.{part}"), "MAX_COUNTED", 25)


@pytest.mark.usefixtures("limit_of_25")
@pytest.mark.parametrize(
    ("count", "last"),
    [(20, None), (21, "and 1 more"), (24, "and 4 more"), (25, "and at least 5 more")],
)
def test_a_long_list_ends_with_the_number_of_further_tasks(
    call: Api, ann: Person, mailbox: Mailbox, count: int, last: str | None
) -> None:
    enable_reminders(call, ann)
    with layer("tasks.table").TaskRow.batch_write() as batch:
        for number in range(count):
            batch.save(task_row(ann, number))

    listed = lines(digests(call, mailbox)[0])

    assert [line for line in listed if line.startswith("2030-06-03: Task ")] == listed[:20]
    assert listed[20:] == ([last] if last else [])


def test_titles_are_escaped(call: Api, ann: Person, mailbox: Mailbox) -> None:
    enable_reminders(call, ann)
    titles = {
        "<img src=x onerror=1>": "<img src=x onerror=1>",
        "</li><script>x</script>": "</li><script>x</script>",
        "${7*7} $link $$": "${7*7} $link $$",
        "a\r\nBcc: x@y.example\n\n- 2030-06-03: Forged": "a Bcc: x@y.example - 2030-06-03: Forged",
        "a\u2028b\x0bc": "a b c",
    }
    for title in titles:
        add_task(call, ann, TODAY, title)

    (mail,) = digests(call, mailbox)

    assert sorted(lines(mail)) == sorted(f"2030-06-03: {plain}" for plain in titles.values())
    assert mail.subject == "Your tasks for the next 24 hours in Gatehouse"
    assert mail.html.count("<li>") == mail.html.count("</li>") == len(titles)
    text = re.sub(r'href="[^"]*"', "", mail.html)  # without the tokens in links
    assert not any(mark in text for mark in ("<img", "<script", "49"))


def test_the_link_goes_to_the_frontend_or_to_the_url_at_which_reminders_were_enabled(
    call: Api, ann: Person, bob: Person, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    """A scheduled run has no request from which to take the base URL."""
    settings(base_url="")
    enable_reminders(call, ann)
    add_task(call, ann)
    assert digests(call, mailbox)[0].link == "https://local.execute-api.us-east-1.amazonaws.com/"
    settings(frontend_url="https://app.example.com/")
    enable_reminders(call, bob, timeZone=BERLIN)
    add_task(call, bob)

    assert digests(call, mailbox)[-1].link == "https://app.example.com/"


# -- Recipients -----------------------------------------------------------------


def test_users_without_reminders_and_deleted_users_get_none(
    call: Api, ann: Person, bob: Person, people: People, mailbox: Mailbox
) -> None:
    carol = people.signed_in("carol")
    for person in (ann, bob, carol):
        add_task(call, person)
    for person in (bob, carol):
        enable_reminders(call, person)
    enable_reminders(call, bob, taskReminders=False)
    call("POST /api/auth/delete-user", bearer=carol.token, json={"password": PASSWORD})

    assert digests(call, mailbox) == []


def test_without_due_tasks_no_mail_is_ordered(call: Api, ann: Person, mailbox: Mailbox, cloud: Cloud) -> None:
    enable_reminders(call, ann)
    add_task(call, ann, "2030-06-05")

    assert digests(call, mailbox) == []
    assert rows(cloud, "TokensTable") == []


def test_the_mails_row_expires(call: Api, ann: Person, cloud: Cloud) -> None:
    enable_reminders(call, ann)
    add_task(call, ann)

    run(call)

    (row,) = rows(cloud, "TokensTable")
    left = datetime.fromtimestamp(int(row["delete_at"])).astimezone() - datetime.fromisoformat(MORNING)
    assert left == timedelta(days=2)


def test_completed_tasks_are_not_listed(call: Api, ann: Person, mailbox: Mailbox) -> None:
    enable_reminders(call, ann)
    add_task(call, ann, title="Open")
    for due in (TODAY, "2030-06-03T12:00:00Z"):
        task = add_task(call, ann, due, title="Done")
        response = call("PATCH /api/tasks/{task_id}/complete", bearer=ann.token, task_id=task, json={"completed": True})
        assert response.status == 200

    assert [lines(mail) for mail in digests(call, mailbox)] == [["2030-06-03: Open"]]


def test_a_digest_lists_only_the_recipients_tasks(call: Api, ann: Person, people: People, mailbox: Mailbox) -> None:
    bob = people.signed_in("bob")
    for person in (ann, bob):
        enable_reminders(call, person)
        add_task(call, person, title=f"For {person.email}")

    assert sorted((mail.to, *lines(mail)) for mail in digests(call, mailbox)) == [
        (person.email, f"2030-06-03: For {person.email}") for person in (ann, bob)
    ]


def test_a_disabled_user_gets_none_until_enabled_again(call: Api, ann: Person, mailbox: Mailbox, at: At) -> None:
    enable_reminders(call, ann)
    add_task(call, ann)
    add_task(call, ann, "2030-06-04")
    layer("accounts.changes").set_disabled(ann.id, disabled=True)
    assert digests(call, mailbox) == []

    layer("accounts.changes").set_disabled(ann.id, disabled=False)
    at("2030-06-04T07:00:00Z")

    assert len(digests(call, mailbox)) == 1


def test_an_unverified_address_gets_none(call: Api, ann: Person, mailbox: Mailbox, cloud: Cloud) -> None:
    enable_reminders(call, ann)
    add_task(call, ann)
    cloud.client("dynamodb").update_item(
        TableName="UsersTable",
        Key={"pk": {"S": f"USER#{ann.id}"}, "sk": {"S": "PROFILE"}},
        UpdateExpression="SET email_verified = :no",
        ExpressionAttributeValues={":no": {"BOOL": False}},
    )

    assert digests(call, mailbox) == []


def test_while_a_password_is_unproven_dates_are_mailed_without_titles(call: Api, ann: Person, mailbox: Mailbox) -> None:
    """A stranger may have written them."""
    enable_reminders(call, ann)
    add_task(call, ann, title="Call this number")
    table = layer("accounts.table")
    table.ProfileRow(*table.profile_key(ann.id)[1:]).update([table.ProfileRow.password_unproven.set(True)])

    (digest,) = digests(call, mailbox)

    assert f"\n- {TODAY}\n" in digest.text
    assert "Call this number" not in digest.text + digest.html
    assert digest.text.startswith("Hello,\n")


def test_the_mail_goes_to_the_current_address(
    call: Api, ann: Person, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    settings(confirm_email_change="false")
    enable_reminders(call, ann)
    add_task(call, ann)
    call("POST /api/auth/change-email", bearer=ann.token, json={"newEmail": "new@example.com"})
    call("POST /api/auth/verify-email", bearer=ann.token, json={"token": mailbox.to("new@example.com")[-1].token})

    assert [mail.to for mail in digests(call, mailbox)] == ["new@example.com"]


@pytest.mark.parametrize("change", [{"task_reminders": {"BOOL": False}}, {"time_zone": {"S": TOKYO}}, None], ids=str)
def test_a_reminder_row_that_contradicts_the_profile_is_deleted(
    call: Api, ann: Person, mailbox: Mailbox, cloud: Cloud, change: dict[str, Any] | None
) -> None:
    enable_reminders(call, ann)
    add_task(call, ann)
    key = {"pk": {"S": f"USER#{ann.id}"}, "sk": {"S": "PROFILE"}}
    dynamodb = cloud.client("dynamodb")
    profile = dynamodb.get_item(TableName="UsersTable", Key=key)["Item"]
    dynamodb.delete_item(TableName="UsersTable", Key=key)
    if change:
        dynamodb.put_item(TableName="UsersTable", Item=profile | change)

    assert digests(call, mailbox) == []
    assert reminded_users(cloud) == []


def test_a_reminder_row_written_again_meanwhile_is_kept(
    call: Api, ann: Person, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Disabled when the page was read, enabled again before the row is deleted."""
    enable_reminders(call, ann)

    def disable_and_enable() -> None:
        enable_reminders(call, ann, taskReminders=False)
        interleave(monkeypatch, "accounts.reminder_rows", "delete_stale", lambda: enable_reminders(call, ann))

    interleave(monkeypatch, "reminders.flows", "batch_get", disable_and_enable)

    run(call)

    assert reminded_users(cloud) == [ann.id]


# -- Time -----------------------------------------------------------------------


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
def test_digests_are_sent_from_seven_in_the_users_zone(
    call: Api, mailbox: Mailbox, at: At, zone: str, seven: str
) -> None:
    today = seven[:10]
    at(seven.replace("07:00:00", "06:59:59"))
    ann = People(call).signed_in("ann")
    enable_reminders(call, ann, timeZone=zone)
    add_task(call, ann, today)
    assert digests(call, mailbox) == []

    at(seven)

    assert [lines(mail) for mail in digests(call, mailbox)] == [[f"{today}: Water the plants"]]


def test_there_is_one_digest_a_day_however_often_it_runs(call: Api, ann: Person, mailbox: Mailbox, at: At) -> None:
    enable_reminders(call, ann)
    add_task(call, ann)
    add_task(call, ann, "2030-06-04")
    for hour in range(7, 24):
        at(f"2030-06-03T{hour:02}:15:00Z")
        assert len(digests(call, mailbox)) == 1

    at("2030-06-04T06:45:00Z")
    assert len(digests(call, mailbox)) == 1
    at("2030-06-04T07:00:00Z")
    assert len(digests(call, mailbox)) == 2


def test_concurrent_runs_send_one_digest(call: Api, ann: Person, people: People, mailbox: Mailbox) -> None:
    for person in (ann, people.signed_in("bob"), people.signed_in("carol")):
        enable_reminders(call, person)
        add_task(call, person)
    run_now: Callable[[int], None] = lambda _: run(call)  # noqa: E731 -- a function for each thread

    run_concurrently(run_now, range(4))

    assert sorted(mail.to for mail in digests(call, mailbox)) == [
        f"{name}@example.com" for name in ("ann", "bob", "carol")
    ]


def test_a_run_during_another_sends_nothing_twice(
    call: Api, ann: Person, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs after the first has read what is due and before it orders the mail."""
    enable_reminders(call, ann)
    add_task(call, ann)

    def other() -> None:
        assert len(digests(call, mailbox)) == 1

    interleave(monkeypatch, "reminders.flows", "_order", other)

    assert len(digests(call, mailbox)) == 1


def test_reminders_enabled_after_todays_run_begin_tomorrow(
    call: Api, ann: Person, people: People, mailbox: Mailbox, at: At
) -> None:
    enable_reminders(call, ann)
    run(call)
    bob = people.signed_in("bob")
    enable_reminders(call, bob)
    add_task(call, bob)
    add_task(call, bob, "2030-06-04")
    assert digests(call, mailbox) == []

    at("2030-06-04T07:00:00Z")

    assert [mail.to for mail in digests(call, mailbox)] == ["bob@example.com"]


def test_a_change_of_zone_does_not_send_two_digests_for_one_day(
    call: Api, ann: Person, mailbox: Mailbox, at: At, cloud: Cloud
) -> None:
    enable_reminders(call, ann, timeZone=BERLIN)
    for day in (TODAY, "2030-06-04"):
        add_task(call, ann, day)
    assert len(digests(call, mailbox)) == 1
    enable_reminders(call, ann, timeZone=HONOLULU)
    assert reminded_users(cloud) == [ann.id]

    at("2030-06-03T17:00:00Z")
    assert len(digests(call, mailbox)) == 1
    at("2030-06-04T05:00:00Z")
    assert len(digests(call, mailbox)) == 1
    at("2030-06-04T17:00:00Z")
    assert len(digests(call, mailbox)) == 2


def test_zones_are_independent(call: Api, ann: Person, people: People, mailbox: Mailbox, at: At) -> None:
    bob = people.signed_in("bob")
    enable_reminders(call, ann, timeZone=TOKYO)
    enable_reminders(call, bob, timeZone=BERLIN)
    for person in (ann, bob):
        add_task(call, person)
    at("2030-06-03T01:00:00Z")
    assert [mail.to for mail in digests(call, mailbox)] == [ann.email]

    at("2030-06-03T05:00:00Z")

    assert [mail.to for mail in digests(call, mailbox)] == [ann.email, bob.email]


# -- Many users, and faults -----------------------------------------------------


@pytest.fixture
def many_users(call: Api, at: At, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """Write that many users with reminders and one due task, as rows, and return their addresses."""
    assert None not in (call, at)
    reminders, profiles = layer("accounts.reminder_rows"), layer("accounts.table").ProfileRow
    task = layer("tasks.summary").DueTask(title="Water the plants", due=TODAY)
    monkeypatch.setattr(layer("reminders.flows"), "due_between", lambda *_, **__: [task])

    def write_users(count: int) -> list[str]:
        now = layer("clock").now()
        emails = [f"p{number:03}@example.com" for number in range(count)]
        with profiles.batch_write() as batch:
            for email in emails:
                facts = {"user_id": email, "email": email, "email_verified": True, "created_at": now, "updated_at": now}
                batch.save(profiles(f"USER#{email}", task_reminders=True, **facts))
                batch.save(reminders.ReminderRow.of(email, "UTC", "https://api.example.com"))
        reminders.register_zone("UTC")
        return emails

    return write_users


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page has three users."""
    monkeypatch.setattr(layer("reminders.table"), "_PAGE_SIZE", 3)


def time_for(small_pages: int) -> Any:
    """Give each invocation time for that many pages."""
    left: dict[str, Iterator[int]] = {}

    def remaining(context: LambdaContext) -> int:
        times = left.setdefault(context.aws_request_id, iter([20_000] * small_pages))
        return next(times, 19_999)

    return patch.object(LambdaContext, "get_remaining_time_in_millis", remaining)


def test_all_users_are_reminded_although_each_run_has_time_for_one_page(
    call: Api, many_users: Callable[[int], list[str]], cloud: Cloud
) -> None:
    emails = many_users(120)

    ordered: list[list[str]] = []
    with time_for(1):
        for _ in range(3):
            run(call)
            ordered.append(sorted(row["email"] for row in rows(cloud, "TokensTable")))

    assert ordered == [emails[:100], emails, emails]


@pytest.mark.usefixtures("small_pages")
def test_without_time_left_nothing_is_started(
    call: Api, many_users: Callable[[int], list[str]], mailbox: Mailbox
) -> None:
    many_users(1)

    with time_for(0):
        assert digests(call, mailbox) == []
    assert len(digests(call, mailbox)) == 1


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("count", [2, 3, 4, 6, 7])
def test_the_last_page_may_be_full_or_partial(
    call: Api, many_users: Callable[[int], list[str]], mailbox: Mailbox, count: int
) -> None:
    emails = many_users(count)

    assert sorted(mail.to for mail in digests(call, mailbox)) == emails
    run(call)
    assert call.aws_operations == ["BatchGetItem", "BatchGetItem"]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    "crash", [*(("_order", successes) for successes in (0, 2, 3, 4)), ("save_progress", 0), ("save_progress", 1)]
)
def test_a_crashed_run_is_continued_and_nobody_is_mailed_twice(
    call: Api, many_users: Callable[[int], list[str]], mailbox: Mailbox, crash: tuple[str, int]
) -> None:
    emails = many_users(5)
    name, successes = crash
    real, left = getattr(layer("reminders.flows"), name), iter(range(successes))

    def crashes(*given: Any) -> Any:
        next(left)  # StopIteration is the crash
        return real(*given)

    with patch.object(layer("reminders.flows"), name, crashes), pytest.raises(FunctionFailed):
        run(call)
    assert len(mailbox.all) == (successes if name == "_order" else min(3 * successes + 3, 5))

    assert sorted(mail.to for mail in digests(call, mailbox)) == emails


def test_no_table_is_scanned(call: Api, ann: Person, people: People) -> None:
    for person in (ann, *map(people.signed_in, ("bob", "carol"))):
        enable_reminders(call, person)
        add_task(call, person)

    run(call)

    assert set(call.aws_operations) == {"BatchGetItem", "Query", "PutItem"}


def test_a_run_reads_only_zones_in_which_it_is_morning(call: Api, ann: Person, at: At) -> None:
    run(call)
    assert call.aws_operations == ["BatchGetItem"]
    enable_reminders(call, ann)
    at("2030-06-03T06:00:00Z")

    run(call)

    assert call.aws_operations == ["BatchGetItem", "BatchGetItem"]
