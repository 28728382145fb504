"""The tables' keys and indexes, as the template has them."""

from collections.abc import Mapping
from typing import Any

from gatehouse_dev.cloud import Cloud
from tests.costs.sizes import Index


class Schema:
    """The names of each table's keys, and its indexes."""

    def __init__(self, cloud: Cloud) -> None:
        """Of all tables of a cloud."""
        tables = {cloud.table_name(logical): properties for logical, properties in cloud.template.tables.items()}
        self.keys = {name: _names(properties["KeySchema"]) for name, properties in tables.items()}
        self.indexes = {name: _indexes(properties) for name, properties in tables.items()}

    def key(self, table: str, named: Mapping[str, Any]) -> dict[str, Any]:
        """The key of an item, or of what has its key among others."""
        return {name: named[name] for name in self.keys[table]}

    def index(self, table: str, name: str | None) -> Index | None:
        """An index by its name; None for the table itself."""
        return next((index for index in self.indexes[table] if index.name == name), None)


def _names(schema: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in schema)


def _indexes(properties: Mapping[str, Any]) -> tuple[Index, ...]:
    assert "GlobalSecondaryIndexes" not in properties, "no price for global indexes"
    keys = _names(properties["KeySchema"])
    return tuple(
        Index(name=index["IndexName"], key=key, holds=_held(index["Projection"]["ProjectionType"], {*keys, key}))
        for index in properties.get("LocalSecondaryIndexes", ())
        for key in _names(index["KeySchema"])[1:]
    )


def _held(projection: str, keys: set[str]) -> frozenset[str] | None:
    return {"ALL": None, "KEYS_ONLY": frozenset(keys)}[projection]
