"""The rows of the tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gatehouse_dev.cloud import Cloud

TABLES = ("UsersTable", "SessionsTable", "TokensTable", "TasksTable", "LimitsTable")


def rows(cloud: Cloud, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table as plain values, without the keyring."""
    items = cloud.client("dynamodb").scan(TableName=table)["Items"]
    plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in items]
    return [row for row in plain if row.get("session_id") != "KEYRING"]


def all_rows(cloud: Cloud) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables, sorted so that they compare."""
    return {table: sorted(rows(cloud, table), key=repr) for table in TABLES}


@contextmanager
def tables_unchanged(cloud: Cloud) -> Iterator[None]:
    """Assert that all rows are the same after as before."""
    before = all_rows(cloud)
    yield
    assert all_rows(cloud) == before
