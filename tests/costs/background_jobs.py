"""The jobs of functions that HTTP does not call: streams, queues, schedules and the rotation."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from tests.costs.call_users import CallUsers
from tests.costs.task_requests import TASK
from tests.support.erasures import Erasures
from tests.support.layer import layer
from tests.support.mailbox import record
from tests.support.people import PASSWORD, Person
from tests.support.sample_events import sample
from tests.support.tasks import create_task

MORNING = datetime(2030, 6, 3, 8, tzinfo=UTC)
TASKS = 20  # of a user who is erased
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")

type Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundJob:
    """A job of a function: its events, and the time at which it gets them."""

    function: str
    work: str
    events: Callable[[CallUsers], list[Event]]
    during: Callable[[], AbstractContextManager[None]] = nullcontext

    @property
    def title(self) -> str:
        """The name on the page."""
        return f"{self.function}, {self.work}"


@contextmanager
def morning() -> Iterator[None]:
    """Set the clock to the time of reminders in UTC."""
    with patch.object(layer("clock"), "now", lambda: MORNING):
        yield


def mail(users: CallUsers) -> list[Event]:
    """Return the event for the mail of a sign-up."""
    users.waiting()
    return [{"Records": users.mailbox.pending()}]


def delivered(address: str) -> Event:
    """Return the queue's event for a delivered mail."""
    event = sample("mail/record_mail_feedback")
    (queued,) = event["Records"]
    body = (
        '{"eventType": "Delivery", "mail": {"timestamp": "2026-11-21T05:01:15.000Z", "destination": ["%s"]}, '
        '"delivery": {"timestamp": "2026-11-21T05:01:18.289Z", "recipients": ["%s"], "smtpResponse": "250 ok"}}'
    )
    return event | {"Records": [queued | {"body": body % (address, address)}]}


def bounced(users: CallUsers) -> list[Event]:
    """Return the queue's event for a bounced mail."""
    event = sample("mail/record_mail_feedback")
    (queued,) = event["Records"]
    return [event | {"Records": [queued | {"body": queued["body"].replace("ann@example.com", users.address())}]}]


def erasures(users: CallUsers) -> list[Event]:
    """Return the events for pending erasures."""
    orders = Erasures(users.call, users.cloud).orders()
    return [{"Records": [record(row)]} for row in orders if row["erasure"] == {"S": "pending"}]


def deleted_user(users: CallUsers) -> list[Event]:
    """Return the event for the erasure of a user with a session and some tasks."""
    person = users.person()
    for _ in range(TASKS):
        create_task(users.call, person, **TASK)
    users.call("POST /api/auth/delete-user", bearer=person.token, json={"password": PASSWORD})
    return erasures(users)


def no_reminder_due(users: CallUsers) -> list[Event]:
    """Return the event when the only subscriber already got today's reminder."""
    _subscriber(users)
    users.call.invoke("Remind", sample("mail/remind"))
    return [sample("mail/remind")]


def one_reminder_due(users: CallUsers) -> list[Event]:
    """Return the event when one subscriber has a task that is due."""
    create_task(users.call, _subscriber(users), **TASK | {"due_date": f"{MORNING:%Y-%m-%d}"})
    return [sample("mail/remind")]


def rotation(_: CallUsers) -> list[Event]:
    """Return the events of a complete rotation."""
    event = sample("keys/rotate_secret") | {"SecretId": layer("config").config().secret}
    return [event | {"ClientRequestToken": version, "Step": step} for version in [str(uuid4())] for step in STEPS]


def _subscriber(users: CallUsers) -> Person:
    users.reset_cloud()  # so there are no other subscribers
    person = users.person()
    users.call("POST /api/auth/update-user", bearer=person.token, json={"taskReminders": True})
    return person


JOBS = (
    BackgroundJob(function="SendMail", work="a mail", events=mail),
    BackgroundJob(function="RecordMailFeedback", work="it arrived", events=lambda users: [delivered(users.address())]),
    BackgroundJob(function="RecordMailFeedback", work="it came back", events=bounced),
    BackgroundJob(function="EraseUser", work=f"with {TASKS} tasks", events=deleted_user),
    BackgroundJob(function="RotateSecret", work="all four steps", events=rotation),
    BackgroundJob(function="Remind", work="nobody's turn", events=no_reminder_due, during=morning),
    BackgroundJob(function="Remind", work="one person's turn", events=one_reminder_due, during=morning),
)
