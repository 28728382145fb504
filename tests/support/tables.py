"""What the tables hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gatehouse_dev.cloud import Cloud

TABLES = ("UsersTable", "SessionsTable", "TokensTable", "TasksTable", "LimitsTable")


def rows(cloud: Cloud, table: str) -> list[dict[str, Any]]:
    """All rows of a table but the keyring, as plain values."""
    items = cloud.client("dynamodb").scan(TableName=table)["Items"]
    plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in items]
    return [row for row in plain if row.get("session_id") != "KEYRING"]


def all_rows(cloud: Cloud) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, in an order that compares."""
    return {table: sorted(rows(cloud, table), key=repr) for table in TABLES}


@contextmanager
def tables_unchanged(cloud: Cloud) -> Iterator[None]:
    """All rows of all tables are afterwards what they were before."""
    before = all_rows(cloud)
    yield
    assert all_rows(cloud) == before
