"""Attribute types of our rows."""

from datetime import UTC, datetime

from pynamodb.attributes import Attribute
from pynamodb.constants import NUMBER


class IntegerAttribute(Attribute[int]):
    """An integer attribute."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        """Return the integer as DynamoDB's text."""
        return str(value)

    def deserialize(self, value: str) -> int:
        """Return DynamoDB's text as an integer."""
        return int(value)


class TimestampAttribute(Attribute[datetime]):
    """A UTC time, stored as whole milliseconds since 1970."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        """Return the time as milliseconds, in DynamoDB's text."""
        return str(round(value.timestamp() * 1000))

    def deserialize(self, value: str) -> datetime:
        """Return DynamoDB's milliseconds as a UTC time."""
        return datetime.fromtimestamp(int(value) / 1000, tz=UTC)
