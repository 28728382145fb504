"""Due dates: normalization, and the end of the day in a time zone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.support.layer import layer

SPELLINGS = {
    "2026-11-21": "2026-11-21",
    "2024-02-29": "2024-02-29",
    "0001-01-01": "0001-01-01",
    "9999-12-31": "9999-12-31",
    "2026-11-21T14:30Z": "2026-11-21T14:30:00.000Z",
    "2026-11-21T14:30:05Z": "2026-11-21T14:30:05.000Z",
    "2026-11-21t14:30:05z": "2026-11-21T14:30:05.000Z",
    "2026-11-21 14:30:05Z": "2026-11-21T14:30:05.000Z",
    "2026-11-21T14:30:05.1Z": "2026-11-21T14:30:05.100Z",
    "2026-11-21T14:30:05.1239Z": "2026-11-21T14:30:05.123Z",
    "2026-11-21T14:30:05.123999999Z": "2026-11-21T14:30:05.123Z",
    "2026-11-21T14:30:05+01:00": "2026-11-21T13:30:05.000Z",
    "2026-11-21T14:30:05-00:00": "2026-11-21T14:30:05.000Z",
    "2026-11-21T00:30:00+05:45": "2026-11-20T18:45:00.000Z",
    "2026-12-31T23:30:00-23:59": "2027-01-01T23:29:00.000Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00.000Z",
    "0001-01-01T14:00:00+14:00": "0001-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999Z",
}
INVALID_DATES: list[Any] = [
    *("", " ", "tomorrow", "2026-02-29", "2026-13-01", "2026-00-01", "2026-11-31", "0000-01-01", "10000-01-01"),
    *("-001-01-01", "26-11-21", "2026-1-2", "20261121", "2026-W47-6", "2026-325", "2026/11/21", "21.11.2026"),
    *(" 2026-11-21", "2026-11-21\n", "٢٠٢٦-١١-٢١", "2026-11-21T", "2026-11-21Z", "2026-11-21T14Z"),
    *("2026-11-21T14:30", "2026-11-21T14:30:05", "2026-11-21T14:30:05.Z", "2026-11-21T14:30:05,5Z"),
    *("2026-11-21T14:30:05.1234567890Z", "2026-11-21T24:00:00Z", "2026-11-21T14:60:00Z"),
    *("2026-11-21T14:30:60Z", "2026-11-21T14:30:05+0100", "2026-11-21T14:30:05+01"),
    *("2026-11-21T14:30:05+24:00", "2026-11-21T14:30:05 +01:00", "2026-11-21T14:30:05 01:00"),
    *("2026-11-21T14:30:05 CET", "2026-11-21T14:30:05Z[Europe/Berlin]", "2026-11-21_14:30:05Z"),
    *("2026-11-21T14:30:05Z\x00", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", 1777600000),
    *(20261121, 1.5, True, [], {}, b"2026-11-21"),
]


@pytest.mark.parametrize(
    "moment", ["2026-03-29T00:59:59Z", "2026-10-25T01:00:00Z", "2026-04-24T21:59:59Z", "2011-12-30T09:00:00Z"]
)
def test_a_day_ends_where_the_next_begins_in_every_zone(moment: str) -> None:
    """Also where clocks change at midnight, and where a day was skipped."""
    due, now = layer("tasks.due"), datetime.fromisoformat(moment)

    for zone in map(ZoneInfo, sorted(available_timezones())):
        end = datetime.fromisoformat(due.end_of_today(now, zone))
        assert due.today(now, zone) == now.astimezone(zone).date().isoformat()
        assert now < end <= now + timedelta(hours=26)
        assert (end - timedelta(milliseconds=1)).astimezone(zone).date() == now.astimezone(zone).date()
        assert end.astimezone(zone).date() > now.astimezone(zone).date()


@pytest.mark.parametrize(
    ("zone", "now", "day", "end"),
    [
        ("UTC", "2026-11-21T00:00:00Z", "2026-11-21", "2026-11-22T00:00:00.000Z"),
        ("UTC", "2026-11-21T23:59:59Z", "2026-11-21", "2026-11-22T00:00:00.000Z"),
        ("Pacific/Kiritimati", "2026-11-21T10:00:00Z", "2026-11-22", "2026-11-22T10:00:00.000Z"),
        ("Pacific/Pago_Pago", "2026-11-21T10:59:59Z", "2026-11-20", "2026-11-21T11:00:00.000Z"),
        ("Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29", "2026-03-29T22:00:00.000Z"),
        ("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25", "2026-10-25T23:00:00.000Z"),
        ("Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-23", "2026-04-23T22:00:00.000Z"),
    ],
)
def test_today_and_its_end(zone: str, now: str, day: str, end: str) -> None:
    """Days of 23 and 25 hours in Berlin; in Cairo the next day begins at one o'clock."""
    due, moment = layer("tasks.due"), datetime.fromisoformat(now)

    assert due.today(moment, ZoneInfo(zone)) == day
    assert due.end_of_today(moment, ZoneInfo(zone)) == end


def test_dates_are_normalized() -> None:
    normalize = layer("tasks.due").normalize_due

    assert {given: normalize(given) for given in SPELLINGS} == SPELLINGS
    assert [normalize(kept) for kept in SPELLINGS.values()] == list(SPELLINGS.values())


def test_normalized_dates_sort_by_time() -> None:
    """A day sorts before its times in UTC, and after those of the previous day."""
    normalize, start = layer("tasks.due").normalize_due, datetime(2026, 2, 27, tzinfo=UTC)
    moments = [normalize((start + timedelta(minutes=397 * step)).isoformat()) for step in range(20)]
    days = [normalize((start + timedelta(days=day)).date().isoformat()) for day in range(6)]

    assert moments == sorted(moments)
    for text in moments:
        assert [day for day in days if day < text] == [day for day in days if day <= text[:10]]


@pytest.mark.parametrize("value", INVALID_DATES, ids=ascii)
def test_an_invalid_date_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="Use a date such as 2026-11-21"):
        layer("tasks.due").normalize_due(value)


@pytest.mark.parametrize(
    ("due", "written"),
    [
        ("2026-11-21", "2026-11-21"),
        ("2026-11-21T14:30:00.000Z", "2026-11-21 15:30"),
        ("2026-11-21T23:30:59.999Z", "2026-11-22 00:30"),
        ("2026-07-01T23:30:00.000Z", "2026-07-02 01:30"),
    ],
)
def test_a_due_date_is_formatted_in_the_users_zone(due: str, written: str) -> None:
    assert layer("tasks.due").format_in_zone(due, ZoneInfo("Europe/Berlin")) == written
