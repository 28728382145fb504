"""Access to DynamoDB: retries after conflicts, transactions, and the distinction of outages from bugs."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import AttributeDeserializationError

from gatehouse_dev.cloud import Cloud
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.layer import layer
from tests.support.tables import rows

OUTAGES = [
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
]
BUGS = ["ValidationException", "ResourceNotFoundException", "AccessDeniedException"]


@pytest.fixture(autouse=True)
def _no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer("retries").time, "sleep", lambda _: None)


def epoch(user_id: str, number: int = 1) -> Any:
    """Return a row to write."""
    return layer("sessions.table").EpochRow(user_id, epoch=number, cursor_key=b"key")


def cancelled(*codes: str) -> ClientError:
    """Return the error of a transaction, with a reason for each item."""
    error = client_error("TransactionCanceledException")
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
def test_a_row_is_parsed_as_pynamodb_does(item: dict[str, Any]) -> None:
    """With the defaults of missing attributes."""
    row = layer("tasks.table").TaskRow
    expected = super(layer("dynamodb").Row, row)._instantiate(item)

    assert expected.attribute_values == row.from_raw_data(item).attribute_values


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(AttributeDeserializationError, match="version"):
        layer("tasks.table").TaskRow.from_raw_data(TASK | {"version": {"S": "3"}})


def test_a_transaction_writes_all_items(cloud: Cloud) -> None:
    layer("dynamodb").transact(layer("dynamodb").put(epoch("a")), layer("dynamodb").put(epoch("b")))

    assert {row["user_id"] for row in rows(cloud, "SessionsTable")} == {"a", "b"}


def test_a_transaction_whose_condition_fails_writes_nothing(cloud: Cloud) -> None:
    dynamodb, row = layer("dynamodb"), layer("sessions.table").EpochRow
    dynamodb.transact(dynamodb.put(epoch("a")))

    with pytest.raises(dynamodb.ConditionFailed):
        dynamodb.transact(dynamodb.put(epoch("b")), dynamodb.put(epoch("a", 2), row.user_id.does_not_exist()))

    assert [row["epoch"] for row in rows(cloud, "SessionsTable")] == ["1"]


def test_a_transaction_in_conflict_is_retried(cloud: Cloud) -> None:
    with failing_calls(cancelled("None", "TransactionConflict"), "TransactWriteItems", times=7) as asked:
        layer("dynamodb").transact(layer("dynamodb").put(epoch("a")))

    assert len(asked) == 8
    assert len(rows(cloud, "SessionsTable")) == 1


@pytest.mark.parametrize(
    ("reasons", "attempts", "raises", "outage"),
    [
        (["TransactionConflict"], 8, "TransactionConflict", True),
        (["TransactionConflict", "ConditionalCheckFailed"], 1, "ConditionFailed", False),
        (["None", "ThrottlingError"], None, None, True),
        (["None", "ProvisionedThroughputExceeded"], None, None, True),
        (["ValidationError"], 1, "TransactWriteError", False),
    ],
)
def test_a_cancelled_transaction_is_an_outage_or_final(
    cloud: Cloud,
    reasons: list[str],
    attempts: int | None,
    raises: str | None,
    outage: bool,  # noqa: FBT001 -- a case
) -> None:
    """A lasting conflict and throttling are outages; a failed condition and a bug are not."""
    dynamodb = layer("dynamodb")

    with failing_calls(cancelled(*reasons), "TransactWriteItems") as asked, pytest.raises(Exception) as raised:  # noqa: PT011 -- the type is asserted below
        dynamodb.transact(dynamodb.put(epoch("a")))

    assert type(raised.value).__name__ == raises or raises is None
    assert len(asked) == attempts or attempts is None
    assert layer("outages").is_outage(raised.value) is outage
    assert rows(cloud, "SessionsTable") == []


@pytest.mark.parametrize("error", [*map(client_error, [*OUTAGES, *BUGS]), UNREACHABLE], ids=str)
def test_a_table_that_cannot_be_reached_is_an_outage_and_a_bug_is_none(cloud: Cloud, error: Exception) -> None:
    assert cloud

    with failing_calls(error, "GetItem"), pytest.raises(Exception) as raised:  # noqa: PT011 -- the type is asserted below
        layer("throttle").LimitRow.get("x")

    assert layer("outages").is_outage(raised.value) is not any(code in str(error) for code in BUGS)


def test_a_batch_is_returned_in_the_order_of_the_request(cloud: Cloud) -> None:
    dynamodb, row = layer("dynamodb"), layer("sessions.table").EpochRow
    assert cloud
    dynamodb.transact(dynamodb.put(epoch("a", 1)), dynamodb.put(epoch("b", 2)))

    found = dynamodb.batch_get((row, "b", "EPOCH"), (row, "none", "EPOCH"), (row, "a", "EPOCH"))

    assert [one and one.epoch for one in found] == [2, None, 1]


def test_unprocessed_keys_are_requested_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    dynamodb, row = layer("dynamodb"), layer("sessions.table").EpochRow
    assert cloud
    dynamodb.transact(dynamodb.put(epoch("a", 1)))
    real, asked = dynamodb.connection().dispatch, []

    def dispatch(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        asked.append(operation)
        if len(asked) < 3:
            return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
        response: dict[str, Any] = real(operation, request)
        return response

    monkeypatch.setattr(dynamodb.connection(), "dispatch", dispatch)
    (found,) = dynamodb.batch_get((row, "a", "EPOCH"))

    assert found.epoch == 1
    assert len(asked) == 3


def test_a_batch_that_never_completes_is_an_outage_and_not_a_missing_row(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    dynamodb, row = layer("dynamodb"), layer("sessions.table").EpochRow
    assert cloud
    left: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {"SessionsTable": {"Keys": []}}}
    monkeypatch.setattr(dynamodb.connection(), "dispatch", lambda *_: left)

    with pytest.raises(dynamodb.TransactionConflict):
        dynamodb.batch_get((row, "a", "EPOCH"))
