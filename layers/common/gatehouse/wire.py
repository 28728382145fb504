"""How values look on the wire: three fractional digits and a Z, because the JavaScript client misreads more."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, StringConstraints, WithJsonSchema


def timestamp(moment: datetime) -> str:
    """`2026-11-21T05:01:18.289Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_DATE_TIME = WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization")
Moment = Annotated[datetime, PlainSerializer(timestamp), _DATE_TIME]


def _known_zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 -- for the few who name one

    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("This is no time zone: write it as Europe/Berlin") from None


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]


def camel_case(name: str) -> str:
    """`callback_url` as better-auth spells it: `callbackURL`."""
    first, *rest = name.split("_")
    return first + "".join("URL" if word == "url" else word.capitalize() for word in rest)


class Wire(BaseModel):
    """A body of the better-auth protocol: camelCase outside, snake_case inside, unknown fields ignored.

    What is received goes by its names outside alone: they are the ones that the door checks.
    """

    model_config = ConfigDict(alias_generator=camel_case)


class Answer(Wire):
    """A body that we answer with, made by the names inside."""

    model_config = ConfigDict(populate_by_name=True)
