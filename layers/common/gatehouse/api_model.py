"""The base classes and value formats of the JSON API. Times have three fractional digits and a Z: the JavaScript client
cannot read more digits.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, StringConstraints, WithJsonSchema


def format_timestamp(moment: datetime) -> str:
    """Format a time as `2026-11-21T05:01:18.289Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_DATE_TIME = WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization")
Timestamp = Annotated[datetime, PlainSerializer(format_timestamp), _DATE_TIME]


def _check_time_zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 -- few requests name one

    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("This is not a time zone: use a name such as Europe/Berlin") from None


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_check_time_zone)]


def camel_case(name: str) -> str:
    """Return a field name in better-auth's spelling: `callback_url` is `callbackURL`."""
    first, *rest = name.split("_")
    return first + "".join(word.upper() if word in {"url", "uri"} else word.capitalize() for word in rest)


class ApiModel(BaseModel):
    """A body of the better-auth protocol: camelCase in JSON, snake_case in Python, unknown fields ignored.

    Input is accepted by its JSON names only, because the middleware checks these.
    """

    model_config = ConfigDict(alias_generator=camel_case)


class ResponseModel(ApiModel):
    """A response body, constructed by its Python names."""

    model_config = ConfigDict(populate_by_name=True)

    @classmethod
    def of(cls, source: object, **given: Any) -> Self:
        """Return the body of an object: its attributes of the fields' names, but for the values `given`."""
        return cls(**{name: getattr(source, name) for name in cls.model_fields if name not in given}, **given)


class StrictModel(BaseModel):
    """Input in which unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")


StatusBody = dict[str, bool]  # such as {"status": true}
