"""Read a table's stream, with a new iterator each time.

moto's iterators stop returning records when a cancelled transaction replaces tables with copies. So every read starts
after the last record handled.
"""

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template_file import Node, Properties


class StreamRecord(NamedTuple):
    """A record in Lambda's format, and its shard."""

    shard: str
    record: Properties


class StreamReader:
    """One function's position in the stream of one table. Only `advance` moves it, so no record is lost unhandled."""

    def __init__(self, cloud: Cloud, table: str) -> None:
        self.table = table
        self._cloud = cloud
        self._stream = ""
        self._last_handled: dict[str, str] = {}

    def read_new(self) -> list[StreamRecord]:
        """Return the records after the position, oldest first."""
        description = self._cloud.client("dynamodb").describe_table(TableName=self._cloud.table_name(self.table))
        stream = description["Table"].get("LatestStreamArn", "")
        if stream != self._stream:
            self._stream, self._last_handled = stream, {}
        return list(self._unhandled()) if stream else []

    def advance(self, handled: list[StreamRecord]) -> None:
        """Move the position behind these records."""
        self._last_handled |= {one.shard: one.record["dynamodb"]["SequenceNumber"] for one in handled}

    def _unhandled(self) -> Iterator[StreamRecord]:
        streams = self._cloud.client("dynamodbstreams")
        for shard in streams.describe_stream(StreamArn=self._stream)["StreamDescription"]["Shards"]:
            iterator: str | None = self._iterator(streams, shard["ShardId"])
            while iterator:
                answer = streams.get_records(ShardIterator=iterator)
                for record in answer["Records"]:
                    yield StreamRecord(shard["ShardId"], _json(record) | {"eventSourceARN": self._stream})
                iterator = answer.get("NextShardIterator") if answer["Records"] else None

    def _iterator(self, streams: Any, shard: str) -> str:  # botocore makes its clients at run time
        place = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard in self._last_handled:
            place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._last_handled[shard]}
        answer: Properties = streams.get_shard_iterator(StreamArn=self._stream, ShardId=shard, **place)
        return str(answer["ShardIterator"])


def _json(value: Node) -> Node:
    match value:
        case dict():
            return {key: _json(item) for key, item in value.items()}
        case list() | tuple() | set():
            return [_json(item) for item in value]
        case bytes():
            return base64.b64encode(value).decode()
        case datetime():
            return value.timestamp()
    return value
