"""What functions do that nobody calls by HTTP: for a stream, a queue, the clock, or Secrets Manager."""

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
TASKS = 20  # of somebody who is erased
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")

type Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundJob:
    """A function's work: the events that it gets for it, and the time at which it gets them."""

    function: str
    work: str
    events: Callable[[CallUsers], list[Event]]
    during: Callable[[], AbstractContextManager[None]] = nullcontext

    @property
    def called(self) -> str:
        """What the page calls it."""
        return f"{self.function}, {self.work}"


@contextmanager
def morning() -> Iterator[None]:
    """It is time for reminders, in UTC."""
    with patch.object(layer("clock"), "now", lambda: MORNING):
        yield


def mail(guests: CallUsers) -> list[Event]:
    """The mail of a sign-up."""
    guests.waiting()
    return [{"Records": guests.mailbox.pending()}]


def delivered(address: str) -> Event:
    """What SES tells of a mail that arrived, in the queue."""
    event = sample("mail/record_mail_feedback")
    (told,) = event["Records"]
    body = (
        '{"eventType": "Delivery", "mail": {"timestamp": "2026-11-21T05:01:15.000Z", "destination": ["%s"]}, '
        '"delivery": {"timestamp": "2026-11-21T05:01:18.289Z", "recipients": ["%s"], "smtpResponse": "250 ok"}}'
    )
    return event | {"Records": [told | {"body": body % (address, address)}]}


def bounced(guests: CallUsers) -> list[Event]:
    """The same of a mail that came back."""
    event = sample("mail/record_mail_feedback")
    (told,) = event["Records"]
    return [event | {"Records": [told | {"body": told["body"].replace("ann@example.com", guests.address())}]}]


def erasures(guests: CallUsers) -> list[Event]:
    """Orders to erase deleted users."""
    orders = Erasures(guests.call, guests.cloud).orders()
    return [{"Records": [record(row)]} for row in orders if row["erasure"] == {"S": "pending"}]


def leaver(guests: CallUsers) -> list[Event]:
    """The order to erase somebody who had a session and some tasks."""
    person = guests.person()
    for _ in range(TASKS):
        create_task(guests.call, person, **TASK)
    guests.call("POST /api/auth/delete-user", bearer=person.token, json={"password": PASSWORD})
    return erasures(guests)


def nobodys_turn(guests: CallUsers) -> list[Event]:
    """Somebody wants reminders, and has been served today."""
    _wants_reminders(guests)
    guests.call.invoke("Remind", sample("mail/remind"))
    return [sample("mail/remind")]


def someones_turn(guests: CallUsers) -> list[Event]:
    """Somebody wants reminders, and has a task that is due."""
    create_task(guests.call, _wants_reminders(guests), **TASK | {"due_date": f"{MORNING:%Y-%m-%d}"})
    return [sample("mail/remind")]


def rotation(_: CallUsers) -> list[Event]:
    """A rotation from beginning to end."""
    event = sample("keys/rotate_secret") | {"SecretId": layer("config").config().secret}
    return [event | {"ClientRequestToken": version, "Step": step} for version in [str(uuid4())] for step in STEPS]


def _wants_reminders(guests: CallUsers) -> Person:
    guests.begin_anew()  # nobody else does
    person = guests.person()
    guests.call("POST /api/auth/update-user", bearer=person.token, json={"taskReminders": True})
    return person


JOBS = (
    BackgroundJob(function="SendMail", work="a mail", events=mail),
    BackgroundJob(
        function="RecordMailFeedback", work="it arrived", events=lambda guests: [delivered(guests.address())]
    ),
    BackgroundJob(function="RecordMailFeedback", work="it came back", events=bounced),
    BackgroundJob(function="EraseUser", work=f"with {TASKS} tasks", events=leaver),
    BackgroundJob(function="RotateSecret", work="all four steps", events=rotation),
    BackgroundJob(function="Remind", work="nobody's turn", events=nobodys_turn, during=morning),
    BackgroundJob(function="Remind", work="one person's turn", events=someones_turn, during=morning),
)
