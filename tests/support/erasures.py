"""The stream's deliveries to erase_user: moto makes none by itself."""

from typing import Any

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.mailbox import record


class Erasures:
    """Orders to erase deleted users, and their deliveries."""

    def __init__(self, call: Api, cloud: Cloud) -> None:
        """None so far."""
        self._call = call
        self._cloud = cloud

    def orders(self) -> list[dict[str, Any]]:
        """The rows that order an erasure."""
        items = self._cloud.client("dynamodb").scan(TableName="TokensTable")["Items"]
        return [row for row in items if "erasure" in row]

    def deliver(self, *rows: dict[str, Any]) -> Any:
        """Hand rows, by default those that are pending, to the function; what it answers."""
        pending = list(rows) or [row for row in self.orders() if row["erasure"] == {"S": "pending"}]
        return self._call.invoke("EraseUser", {"Records": [record(row) for row in pending]})
