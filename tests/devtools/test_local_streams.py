"""Stream events: filtered, batched, retried, and not disturbed by cancelled transactions."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any, Self

import pytest
from botocore.exceptions import EndpointConnectionError

from gatehouse_dev import engine
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.delivery import Delivery
from gatehouse_dev.filters import matches
from gatehouse_dev.functions import FunctionFailed, FunctionPools
from gatehouse_dev.model import StreamSource
from gatehouse_dev.stream_records import StreamReader
from gatehouse_dev.streams import Streams
from gatehouse_dev.template import load
from tests.devtools.conftest import Project
from tests.support.concurrency import run_concurrently, wait_until

LISTENER = """
      Listen:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: functions/listen
          Handler: handler.handler
          Events:
            Notes:
              Type: DynamoDB
              Properties:
                Stream: !GetAtt NotesTable.StreamArn
                FilterCriteria: { Filters: [{ Pattern: '{"dynamodb": {"NewImage": {"sk": {"S": ["wanted"]}}}}' }] }
"""
HANDLER = """
    import builtins
    def handler(event, context):
        builtins.received.extend(event["Records"])
"""


def put(cloud: Cloud, pk: str, sk: str = "wanted", **more: Any) -> None:
    cloud.client("dynamodb").put_item(TableName="NotesTable", Item={"pk": {"S": pk}, "sk": {"S": sk}} | more)


def keys(records: list[Any]) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in records]


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    records: list[Any] = []
    monkeypatch.setattr("builtins.received", records, raising=False)
    return records


@pytest.fixture
def streams(project: Project, small_text: str, received: list[Any]) -> Iterator[Streams]:
    template = load(project(small_text + LISTENER, listen=HANDLER, read="handler = None"))
    received.clear()
    with Cloud(template) as cloud:
        yield Streams(cloud, FunctionPools(template))


@pytest.fixture
def cloud(streams: Streams) -> Cloud:
    return streams._cloud  # the fixture's own


def cancel(cloud: Cloud) -> None:
    dynamodb = cloud.client("dynamodb")
    wrong = {"TableName": "NotesTable", "Key": {"pk": {"S": "x"}, "sk": {"S": "x"}}}
    never = {"TableName": "NotesTable", "Item": {"pk": {"S": "never"}, "sk": {"S": "wanted"}}}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(
            TransactItems=[{"Put": never}, {"ConditionCheck": wrong | {"ConditionExpression": "attribute_exists(pk)"}}]
        )


def test_a_write_is_delivered_immediately(streams: Streams, cloud: Cloud, received: list[Any]) -> None:
    """Not at the next poll, which here is after an hour."""
    for pump in streams._pumps.values():
        pump._poll = 3600
    with streams:
        put(cloud, "a")
        wait_until(lambda: received)

    assert keys(received) == ["a"]


def test_a_record_has_lambdas_format(streams: Streams, cloud: Cloud, received: list[Any]) -> None:
    put(cloud, "a", blob={"B": b"\x00\xff"}, blobs={"L": [{"BS": [b"x"]}]})
    streams.deliver()
    (record,) = received

    assert (record["eventName"], record["eventSource"], record["awsRegion"]) == ("INSERT", "aws:dynamodb", "us-east-1")
    assert record["eventID"]
    assert record["eventVersion"]
    assert ":table/NotesTable/stream/" in record["eventSourceARN"]
    body = record["dynamodb"]
    assert body["NewImage"]["blob"] == {"B": "AP8="}
    assert body["NewImage"]["blobs"] == {"L": [{"BS": ["eA=="]}]}
    assert body["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert isinstance(body["ApproximateCreationDateTime"], float)
    assert body["SequenceNumber"].isdecimal()
    assert isinstance(body["SizeBytes"], int)
    json.dumps(record)


def test_only_matching_records_are_delivered(streams: Streams, cloud: Cloud, received: list[Any]) -> None:
    put(cloud, "a", "other")
    put(cloud, "b")
    streams.deliver()

    assert keys(received) == ["b"]


def test_a_cancelled_transaction_is_not_delivered_and_does_not_stop_the_stream(
    streams: Streams, cloud: Cloud, received: list[Any]
) -> None:
    for turn in range(3):
        put(cloud, f"before-{turn}")
        streams.deliver()
        cancel(cloud)
        put(cloud, f"after-{turn}")
        streams.deliver()

    assert keys(received) == [f"{when}-{turn}" for turn in range(3) for when in ("before", "after")]


def test_a_reset_stream_is_read_from_its_beginning(streams: Streams, cloud: Cloud, received: list[Any]) -> None:
    put(cloud, "before")
    streams.deliver()
    cloud.reset()
    put(cloud, "after")
    streams.deliver()

    assert keys(received) == ["before", "after"]


def test_records_of_many_writers_arrive_once_and_in_order(streams: Streams, cloud: Cloud, received: list[Any]) -> None:
    def write(writer: int) -> None:
        for turn in range(10):
            put(cloud, f"{writer}", "wanted", turn={"N": str(turn)})
            cancel(cloud)

    with streams:
        run_concurrently(write, range(5))
    streams.deliver()

    turns = [
        (record["dynamodb"]["Keys"]["pk"]["S"], record["dynamodb"]["NewImage"]["turn"]["N"]) for record in received
    ]
    assert sorted(turns) == [(str(writer), str(turn)) for writer in range(5) for turn in range(10)]
    assert [turn for writer, turn in turns if writer == "3"] == [str(turn) for turn in range(10)]


@pytest.mark.slow
@pytest.mark.parametrize("run", range(200))
def test_records_of_many_writers_arrive_each_time(
    streams: Streams, cloud: Cloud, received: list[Any], run: int
) -> None:
    """Run several of these at once for a busy machine."""
    assert run >= 0
    test_records_of_many_writers_arrive_once_and_in_order(streams, cloud, received)


def test_records_read_before_a_failure_are_read_again(
    streams: Streams, cloud: Cloud, received: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cloud, "a")
    client = cloud.client("dynamodbstreams")
    real, calls = client.get_records, count()

    def get_records(**request: Any) -> Any:
        if next(calls) == 1:
            raise EndpointConnectionError(endpoint_url="https://aws.example")
        return real(**request)

    monkeypatch.setattr(client, "get_records", get_records)
    with pytest.raises(EndpointConnectionError):
        streams.deliver()
    streams.deliver()

    assert keys(received) == ["a"]


def test_records_whose_delivery_was_stopped_are_delivered_later(
    streams: Streams, cloud: Cloud, received: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        put(cloud, name)
    (pump,) = streams._pumps.values()
    with streams, monkeypatch.context() as during:
        during.delattr("builtins.received")  # so the function fails
        wait_until(pump._one_delivery.locked)
        pump.stop()
    streams.deliver()

    assert keys(received) == ["a", "b", "c"]


def test_an_unexpected_error_does_not_end_the_stream(
    streams: Streams, cloud: Cloud, received: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (pump,) = streams._pumps.values()
    real, calls = pump._reader.read_new, count()

    def read_new() -> Any:
        if next(calls) == 0:
            raise KeyError("an iterator that is gone")
        return real()

    monkeypatch.setattr(pump._reader, "read_new", read_new)
    monkeypatch.setattr(pump._stopped, "wait", lambda _: pump._bell.set())
    with streams:
        put(cloud, "a")
        wait_until(lambda: received)

    assert keys(received) == ["a"]


def test_an_endpoint_has_streams_too(
    project: Project, small_text: str, external_dynamodb: str, received: list[Any]
) -> None:
    template = load(project(small_text + LISTENER, listen=HANDLER))
    with Cloud(template, endpoint=external_dynamodb) as cloud, Streams(cloud, FunctionPools(template)):
        put(cloud, "a")
        put(cloud, "b")
        wait_until(lambda: len(received) == 2)

    assert keys(received) == ["a", "b"]


def test_an_edited_template_keeps_the_position_in_the_stream(
    streams: Streams, cloud: Cloud, received: list[Any]
) -> None:
    put(cloud, "before")
    streams.deliver()
    streams.update(cloud.template)
    put(cloud, "after")
    streams.deliver()

    assert keys(received) == ["before", "after"]


def test_a_reader_holds_no_iterator(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_ITERATORS", 5)
    reader = StreamReader(cloud, "NotesTable")
    for turn in range(20):
        put(cloud, str(turn))
        new = reader.read_new()
        assert keys([one.record for one in new]) == [str(turn)]
        reader.advance(new)


# -- Retries --------------------------------------------------------------------

RECORDS = [
    {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(number), "Keys": {"pk": {"S": str(number)}}}}
    for number in range(5)
]


class Call:
    """Remember the batches; fail those that hold a poisoned record."""

    def __init__(self, *, poison: str | None = None, heals_after: int = 99, partial: bool = False) -> None:
        self.batches: list[str] = []
        self.pauses: list[float] = []
        self.poison, self.heals_after, self.partial = poison, heals_after, partial

    def invoke(self, _: str, event: Any) -> Any:
        """Be the function."""
        numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        self.batches.append("".join(numbers))
        if self.poison not in numbers or sum(str(self.poison) in batch for batch in self.batches) > self.heals_after:
            return None
        if self.partial:
            return {"batchItemFailures": [{"itemIdentifier": self.poison}]}
        raise FunctionFailed

    def pause(self, seconds: float) -> bool:
        """Record the pause without waiting."""
        self.pauses.append(seconds)
        return False

    def deliver(self, **source: Any) -> Self:
        """Deliver all records."""
        stream = StreamSource(table="T", report_batch_item_failures=self.partial, **source)
        Delivery(function="F", source=stream, invoke=self.invoke, pause=self.pause).deliver(RECORDS)
        return self


def test_records_come_in_batches() -> None:
    assert Call().deliver(batch_size=2).batches == ["01", "23", "4"]


def test_a_failure_is_retried_with_growing_pauses() -> None:
    call = Call(poison="0", heals_after=7).deliver(maximum_retry_attempts=8)

    assert call.batches == ["01234"] * 8
    assert call.pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_a_poison_record_is_dropped_with_a_message_and_does_not_block_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = Call(poison="2").deliver(maximum_retry_attempts=2, bisect=True)

    assert call.batches == ["01234", "01", "234", "2", "2", "2", "34"]
    assert "F GAVE UP on a stream record of T: INSERT {'pk': {'S': '2'}}" in capsys.readouterr().err


def test_a_partial_failure_is_retried_from_the_first_failed_record() -> None:
    assert Call(poison="3", heals_after=2, partial=True).deliver(maximum_retry_attempts=2).batches == [
        "01234",
        "34",
        "34",
    ]


# -- Filters --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "value", "expected"),
    [
        (["a", "b"], "b", True),
        (["a"], "A", False),
        ([{"prefix": "USER#"}], "USER#1", True),
        ([{"suffix": "#1"}], "USER#2", False),
        ([{"exists": True}], "x", True),
        ([{"exists": False}], "x", False),
        ([{"anything-but": ["a", "b"]}], "c", True),
        ([{"anything-but": ["a", "b"]}], "a", False),
        ([{"anything-but": {"prefix": "a"}}], "abc", False),
        ([{"numeric": [">", 1, "<=", 5]}], 5, True),
        ([{"numeric": [">", 1, "<=", 5]}], 1, False),
        ([{"numeric": ["=", 5]}], "5", False),
        ([{"equals-ignore-case": "Ann"}], "aNN", True),
        ([True], 1, False),
        ([None], None, True),
        (["a"], ["x", "a"], True),
    ],
)
def test_filter_rules(rules: Any, value: Any, expected: object) -> None:
    assert matches({"key": rules}, {"key": value}) is expected


def test_filters_match_nested_and_absent_values() -> None:
    pattern = {"dynamodb": {"NewImage": {"mail": {"S": ["pending"]}}}, "eventName": [{"anything-but": "REMOVE"}]}

    assert matches(pattern, {"eventName": "INSERT", "dynamodb": {"NewImage": {"mail": {"S": "pending"}}}})
    assert not matches(pattern, {"eventName": "REMOVE", "dynamodb": {"NewImage": {"mail": {"S": "pending"}}}})
    assert not matches(pattern, {"eventName": "INSERT", "dynamodb": {}})
    assert matches({"gone": [{"exists": False}]}, {})
    assert matches({"$or": [{"a": ["1"]}, {"b": ["2"]}]}, {"b": "2"})
    assert not matches({"$or": [{"a": ["1"]}, {"b": ["2"]}]}, {"b": "1"})
