"""The tables' keys and indexes, from the template."""

from collections.abc import Mapping
from typing import Any

from gatehouse_dev.cloud import Cloud
from tests.costs.sizes import Index


class Schema:
    """The key names and the indexes of each table."""

    def __init__(self, cloud: Cloud) -> None:
        """Read all tables of a cloud."""
        tables = {cloud.table_name(logical): properties for logical, properties in cloud.template.tables.items()}
        self.keys = {name: _names(properties["KeySchema"]) for name, properties in tables.items()}
        self.indexes = {name: _indexes(properties) for name, properties in tables.items()}

    def key(self, table: str, named: Mapping[str, Any]) -> dict[str, Any]:
        """Return the key attributes among others."""
        return {name: named[name] for name in self.keys[table]}

    def index(self, table: str, name: str | None) -> Index | None:
        """Return an index by name; None for the table itself."""
        return next((index for index in self.indexes[table] if index.name == name), None)


def _names(schema: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in schema)


def _indexes(properties: Mapping[str, Any]) -> tuple[Index, ...]:
    assert "GlobalSecondaryIndexes" not in properties, "no price for global indexes"
    keys = _names(properties["KeySchema"])
    return tuple(
        Index(
            name=index["IndexName"], key=key, attributes=_projected(index["Projection"]["ProjectionType"], {*keys, key})
        )
        for index in properties.get("LocalSecondaryIndexes", ())
        for key in _names(index["KeySchema"])[1:]
    )


def _projected(projection: str, keys: set[str]) -> frozenset[str] | None:
    return {"ALL": None, "KEYS_ONLY": frozenset(keys)}[projection]
