"""Deliveries of the tokens table's stream to erase_user, which moto does not make."""

from typing import Any

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.mailbox import record


class Erasures:
    """The orders to erase deleted users."""

    def __init__(self, call: Api, cloud: Cloud) -> None:
        """Read the orders of this cloud's table."""
        self._call = call
        self._cloud = cloud

    def orders(self) -> list[dict[str, Any]]:
        """Return the rows that order an erasure."""
        items = self._cloud.client("dynamodb").scan(TableName="TokensTable")["Items"]
        return [row for row in items if "erasure" in row]

    def deliver(self, *rows: dict[str, Any]) -> Any:
        """Deliver rows, by default all pending ones, to the function, and return its result."""
        pending = list(rows) or [row for row in self.orders() if row["erasure"] == {"S": "pending"}]
        return self._call.invoke("EraseUser", {"Records": [record(row) for row in pending]})
