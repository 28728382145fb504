"""DynamoDB as all tables use it: tried again when others are in the way, all or nothing, told from our own mistakes."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import AttributeDeserializationError, GetError, TransactWriteError

from gatehouse_dev.cloud import Cloud
from tests.support.layer import layer
from tests.support.tables import rows
from tests.support.trouble import UNREACHABLE, failing, refused

OUTAGES = [
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer("dynamodb").time, "sleep", lambda _: None)


def epoch(user_id: str, number: int = 1) -> Any:
    """A row to write."""
    return layer("sessions.table").EpochRow(user_id, epoch=number, cursor_key=b"key")


def cancelled(*codes: str) -> ClientError:
    """What a transaction raises, with a reason for each of its items."""
    error = refused("TransactionCanceledException")
    error.response["CancellationReasons"] = [{"Code": code} for code in codes]
    return error


TASK = {
    "user_id": {"S": "ann"},
    "task_id": {"S": "1"},
    "title": {"S": "Water the plants"},
    "completed": {"BOOL": True},
    "completed_at": {"N": "1795300000000"},
    "due_date": {"NULL": True},
    "tags": {"L": [{"S": "home"}]},
    "version": {"N": "3"},
    "from_a_later_version": {"S": "?"},
}


@pytest.mark.parametrize("item", [TASK, TASK | {"v": {"N": "2"}}, {}])
def test_a_row_is_read_as_pynamodb_reads_it(item: dict[str, Any]) -> None:
    """With the defaults of what is not there."""
    row = layer("tasks.table").TaskRow
    theirs = super(layer("dynamodb").Row, row)._instantiate(item)

    assert theirs.attribute_values == row.from_raw_data(item).attribute_values


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(AttributeDeserializationError, match="version"):
        layer("tasks.table").TaskRow.from_raw_data(TASK | {"version": {"S": "3"}})


def test_a_transaction_writes_all(cloud: Cloud) -> None:
    layer("dynamodb").transact(layer("dynamodb").put(epoch("a")), layer("dynamodb").put(epoch("b")))

    assert {row["user_id"] for row in rows(cloud, "SessionsTable")} == {"a", "b"}


def test_a_transaction_whose_condition_fails_writes_nothing(cloud: Cloud) -> None:
    dynamodb, row = layer("dynamodb"), layer("sessions.table").EpochRow
    dynamodb.transact(dynamodb.put(epoch("a")))

    with pytest.raises(dynamodb.ConditionFailed):
        dynamodb.transact(dynamodb.put(epoch("b")), dynamodb.put(epoch("a", 2), row.user_id.does_not_exist()))

    assert [row["epoch"] for row in rows(cloud, "SessionsTable")] == ["1"]


def test_a_transaction_in_conflict_is_tried_again(cloud: Cloud) -> None:
    with failing(cancelled("None", "TransactionConflict"), "TransactWriteItems", times=7) as asked:
        layer("dynamodb").transact(layer("dynamodb").put(epoch("a")))

    assert len(asked) == 8
    assert len(rows(cloud, "SessionsTable")) == 1


def test_a_transaction_in_conflict_for_too_long_is_an_outage(cloud: Cloud) -> None:
    dynamodb = layer("dynamodb")

    with (
        failing(cancelled("TransactionConflict"), "TransactWriteItems") as asked,
        pytest.raises(dynamodb.Contended) as e,
    ):
        dynamodb.transact(dynamodb.put(epoch("a")))

    assert len(asked) == 8
    assert layer("outages").is_outage(e.value)
    assert rows(cloud, "SessionsTable") == []


def test_a_condition_that_failed_beside_a_conflict_is_final(cloud: Cloud) -> None:
    dynamodb, error = layer("dynamodb"), cancelled("TransactionConflict", "ConditionalCheckFailed")
    assert cloud

    with failing(error, "TransactWriteItems") as asked, pytest.raises(dynamodb.ConditionFailed):
        dynamodb.transact(dynamodb.put(epoch("a")))

    assert len(asked) == 1


@pytest.mark.parametrize("reason", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_was_throttled_is_an_outage(cloud: Cloud, reason: str) -> None:
    dynamodb = layer("dynamodb")
    assert cloud

    with failing(cancelled("None", reason), "TransactWriteItems"), pytest.raises(Exception) as raised:  # noqa: PT011 -- which, is asked below
        dynamodb.transact(dynamodb.put(epoch("a")))

    assert layer("outages").is_outage(raised.value)


def test_a_mistake_of_ours_in_a_transaction_is_not_tried_again(cloud: Cloud) -> None:
    dynamodb = layer("dynamodb")
    assert cloud

    with failing(cancelled("ValidationError"), "TransactWriteItems") as asked, pytest.raises(TransactWriteError) as e:
        dynamodb.transact(dynamodb.put(epoch("a")))

    assert len(asked) == 1
    assert not layer("outages").is_outage(e.value)


@pytest.mark.parametrize("error", [*map(refused, OUTAGES), UNREACHABLE], ids=[*OUTAGES, "unreachable"])
def test_a_table_that_is_away_is_an_outage(cloud: Cloud, error: Exception) -> None:
    assert cloud

    with failing(error, "GetItem"), pytest.raises(Exception) as raised:  # noqa: PT011 -- which, is asked below
        layer("throttle").LimitRow.get("x")

    assert layer("outages").is_outage(raised.value)


@pytest.mark.parametrize("code", ["ValidationException", "ResourceNotFoundException", "AccessDeniedException"])
def test_a_mistake_of_ours_is_none(cloud: Cloud, code: str) -> None:
    assert cloud

    with failing(refused(code), "GetItem"), pytest.raises(GetError) as raised:
        layer("throttle").LimitRow.get("x")

    assert not layer("outages").is_outage(raised.value)


def test_rows_are_read_together_in_the_order_they_were_asked_for(cloud: Cloud) -> None:
    dynamodb, row = layer("dynamodb"), layer("sessions.table").EpochRow
    assert cloud
    dynamodb.transact(dynamodb.put(epoch("a", 1)), dynamodb.put(epoch("b", 2)))

    found = dynamodb.get_together((row, "b", "EPOCH"), (row, "none", "EPOCH"), (row, "a", "EPOCH"))

    assert [one and one.epoch for one in found] == [2, None, 1]


def test_what_a_batch_left_out_is_asked_for_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    dynamodb, row = layer("dynamodb"), layer("sessions.table").EpochRow
    assert cloud
    dynamodb.transact(dynamodb.put(epoch("a", 1)))
    real, asked = dynamodb.connection().dispatch, []

    def dispatch(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        asked.append(operation)
        if len(asked) < 3:
            return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
        answer: dict[str, Any] = real(operation, request)
        return answer

    monkeypatch.setattr(dynamodb.connection(), "dispatch", dispatch)
    (found,) = dynamodb.get_together((row, "a", "EPOCH"))

    assert found.epoch == 1
    assert len(asked) == 3


def test_a_batch_that_never_completes_is_an_outage_and_not_an_absence(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    dynamodb, row = layer("dynamodb"), layer("sessions.table").EpochRow
    assert cloud
    left: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {"SessionsTable": {"Keys": []}}}
    monkeypatch.setattr(dynamodb.connection(), "dispatch", lambda *_: left)

    with pytest.raises(dynamodb.Contended):
        dynamodb.get_together((row, "a", "EPOCH"))
