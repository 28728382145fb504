"""The windows of consecutive reminder mails leave no gap, however the clocks of a zone change between them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise, product
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers, one_of, sampled_from

from tests.support.layer import layer

ZONES = sorted(available_timezones())
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)  # the rules of 2037 go on
STEP = timedelta(minutes=15)  # of the schedule
DELAY = timedelta(minutes=25)  # of a mail: a quarter of an hour, and ten minutes of the run
ODD = ("Europe/Berlin", "Pacific/Apia", "Pacific/Kwajalein", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Cairo")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail sent at a moment, and what it covers."""

    day: str
    at: datetime
    window: Any


def mail(zone: str, moment: datetime) -> SentMail | None:
    """Return the mail that a run at `moment` sends; None when it is not morning yet."""
    model = layer("reminders.model")
    day = model.reminder_day(zone, moment)
    return SentMail(day=day, at=moment, window=model.ReminderRun(zone=zone, day=day).window(moment)) if day else None


def first_mail_of_the_next_day(zone: str, after: SentMail) -> SentMail:
    """Return the next day's mail, sent by the first run that can."""
    runs = (mail(zone, after.at + number * STEP) for number in range(1, 4 * 24 * 5))
    return next(later for later in runs if later and later.day > after.day)


@cache
def changes(zone: str) -> list[datetime]:
    """Return a moment within a day after each change of the clocks in a zone; any moment where they never change."""
    clock = ZoneInfo(zone)
    moments = [FIRST + timedelta(days=day) for day in range((LAST - FIRST).days)]
    offsets = [moment.astimezone(clock).utcoffset() for moment in moments]
    return [moments[place + 1] for place, (a, b) in enumerate(pairwise(offsets)) if a != b] or [LAST]


def is_as_early(zone: str, later: SentMail, earlier: SentMail) -> bool:
    """Whether a mail came at the same time of day as another or earlier, and not in an hour that was repeated."""
    local, before = (sent.at.astimezone(ZoneInfo(zone)) for sent in (later, earlier))
    return local.time() <= before.time() and not local.fold


def check_no_gap(zone: str, first: SentMail, delay: timedelta) -> None:
    """Check the mail `first` and the next day's, sent by the first run that can, or later by `delay`."""
    earliest = first_mail_of_the_next_day(zone, first)
    second = mail(zone, earliest.at + delay)
    assert second
    assert first.window.start <= first.at < first.at + timedelta(days=1) <= first.window.end
    assert first.window.end >= second.window.start
    assert first.window.days == (first.day, earliest.day)
    if second.day == earliest.day:
        assert second.window.days[0] == first.window.days[1]
    if is_as_early(zone, second, first):  # its tasks were listed before they were due
        assert first.window.end >= second.at
    assert first.window.end >= earliest.at + DELAY


def check_day(zone: str, change: datetime, days: int, minute: int, delay: int) -> None:
    """Check the mail that is sent `minute` minutes after the first run of a day near a change of the clocks."""
    start = change - timedelta(days=days)
    runs = (mail(zone, start + number * STEP) for number in range(4 * 24 * 2))
    begin = next(sent for sent in runs if sent)
    first = mail(zone, begin.at + timedelta(minutes=minute))
    if first and first.day == begin.day:
        check_no_gap(zone, first, timedelta(minutes=delay))


DAYS, DELAYS = integers(0, 3), one_of(integers(0, 40), integers(0, 900))


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(zone=sampled_from(ODD), change=integers(0, 200), days=DAYS, minute=DELAYS, delay=DELAYS)
def test_consecutive_mails_leave_no_gap(zone: str, change: int, days: int, minute: int, delay: int) -> None:
    check_day(zone, changes(zone)[change % len(changes(zone))], days, minute, delay)


@pytest.mark.slow
@settings(max_examples=5000, database=None, deadline=None)
@given(zone=sampled_from(ZONES), change=integers(0, 500), days=DAYS, minute=DELAYS, delay=DELAYS)
def test_consecutive_mails_leave_no_gap_in_any_zone(zone: str, change: int, days: int, minute: int, delay: int) -> None:
    check_day(zone, changes(zone)[change % len(changes(zone))], days, minute, delay)


@pytest.mark.slow
def test_no_change_of_clocks_in_any_zone_leaves_a_gap() -> None:
    for zone in ZONES:
        for change in changes(zone):
            for days, minute in product(range(4), (0, 500)):
                check_day(zone, change, days, minute, 0)
