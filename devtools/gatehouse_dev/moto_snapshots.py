"""Cheap rollback of moto's cancelled transactions.

moto deep-copies each named table, rows and stream included, for every operation. Only the rows that a transaction names
can change, so only those are copied here, and once. The stream is truncated instead of copied, else an open iterator
would go on reading the discarded table.
"""

import copy
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import StreamShard, Table

type Operations = list[dict[str, Any]]
type Transact = Callable[[DynamoDBBackend, Operations], None]


def cheap_snapshots(transact: Transact) -> Transact:
    """Wrap moto's transactions."""

    def transact_write_items(backend: DynamoDBBackend, transact_items: Operations) -> None:
        operations = [operation for item in transact_items for operation in item.values()]

        @cache
        def snapshot(table: Table) -> Table:
            return _snapshot(table, [op for op in operations if op.get("TableName") in (table.name, table.table_arn)])

        with ExitStack() as undo, patch.object(Table, "__deepcopy__", lambda table, _: snapshot(table), create=True):
            for table in backend.tables.values():
                if table.stream_shard is not None:
                    undo.callback(_truncate, table.stream_shard, len(table.stream_shard.items))
            transact(backend, transact_items)
            undo.pop_all()

    return transact_write_items


def _truncate(shard: StreamShard, length: int) -> None:
    del shard.items[length:]


def _snapshot(table: Table, operations: Operations) -> Table:
    twin = copy.copy(table)
    twin.items = copy.copy(table.items)
    for operation in operations:
        _copy_row(twin, operation.get("Key") or operation.get("Item") or {})
    return twin


def _copy_row(table: Table, key: dict[str, Any]) -> None:
    names = [name for name in (table.hash_key_attr, table.range_key_attr) if name is not None]
    if not all(name in key for name in names):
        return
    *partition, last = (DynamoType(key[name]) for name in names)
    rows: dict[DynamoType, Any] = table.items
    if partition and partition[0] in table.items:
        rows = table.items[partition[0]] = dict(table.items[partition[0]])
    if last in rows:
        rows[last] = copy.deepcopy(rows[last])
