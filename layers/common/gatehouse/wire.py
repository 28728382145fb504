"""How values look on the wire: three fractional digits and a Z, because the JavaScript client misreads more."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer


def timestamp(moment: datetime) -> str:
    """`2026-11-21T05:01:18.289Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(timestamp)]


def camel_case(name: str) -> str:
    """`callback_url` as better-auth spells it: `callbackURL`."""
    first, *rest = name.split("_")
    return first + "".join("URL" if word == "url" else word.capitalize() for word in rest)


class Wire(BaseModel):
    """A body of the better-auth protocol: camelCase outside, snake_case inside, unknown fields ignored."""

    model_config = ConfigDict(alias_generator=camel_case, populate_by_name=True)
