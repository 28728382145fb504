"""Faults of record_mail_feedback: every event of SES is recorded in the end, or stays where an alarm sees it."""

import json
from contextlib import suppress
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.mail.test_record_mail_feedback import ALL_RECORDED, ANN, COMPLAINT, bounce, undeliverable
from tests.support.aws_failures import UNREACHABLE, failing_calls
from tests.support.calls import Api
from tests.support.faults import THROTTLED, FunctionKilled, failing_at
from tests.support.transformed import source

BOB, CEM = "bob@example.com", "cem@example.com"
THREE = {ANN: "bounce", BOB: "bounce", CEM: "bounce"}


class Queue:
    """`MailFeedback`, and its dead-letter queue."""

    def __init__(self, call: Api, *events: Any) -> None:
        """Create the queue with `events`."""
        self._call = call
        self.messages = {f"m{number}": json.dumps(event) for number, event in enumerate(events)}
        self.dead_letters: dict[str, str] = {}

    def deliver(self) -> Any:
        """Deliver all messages in one batch; those not reported as failed are deleted."""
        records = [{"messageId": name, "body": body} for name, body in self.messages.items()]
        response = self._call.invoke("RecordMailFeedback", {"Records": records})
        failed = {failure["itemIdentifier"] for failure in response["batchItemFailures"]}
        self.messages = {name: body for name, body in self.messages.items() if name in failed}
        return response

    def deliver_until_empty(self) -> None:
        """Messages that fail five times become dead letters."""
        for _ in range(source()["Resources"]["MailFeedback"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]):
            self.deliver()
        self.dead_letters, self.messages = self.messages, {}

    def redrive(self) -> None:
        """Redrive, as an operator does in SQS's console."""
        self.messages, self.dead_letters = self.dead_letters, {}


@pytest.fixture
def queue(call: Api) -> Queue:
    """A queue with three bounces."""
    return Queue(call, *(bounce("Permanent", email) for email in THREE))


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("error", [FunctionKilled(), THROTTLED], ids=["timeout", "throttled"])
def test_after_a_fault_at_any_call_a_retry_records_everything(
    queue: Queue, cloud: Cloud, error: BaseException, at: int
) -> None:
    """One call for each event; after the last there is only the response."""
    with failing_at(error, at=at), suppress(FunctionKilled):
        queue.deliver()
    queue.deliver()

    assert undeliverable(cloud) == THREE
    assert queue.messages == {}


def test_the_response_names_exactly_the_failed_message(queue: Queue, cloud: Cloud) -> None:
    with failing_at(THROTTLED, at=1):
        assert queue.deliver() == {"batchItemFailures": [{"itemIdentifier": "m1"}]}

    assert set(undeliverable(cloud)) == {ANN, CEM}


def test_an_event_that_cannot_be_recorded_becomes_a_dead_letter_and_is_recorded_by_redrive(
    queue: Queue, cloud: Cloud
) -> None:
    with failing_calls(UNREACHABLE, "PutItem"):
        queue.deliver_until_empty()
    assert (undeliverable(cloud), len(queue.dead_letters)) == ({}, 3)

    queue.redrive()
    queue.deliver()

    assert undeliverable(cloud) == THREE


def test_dead_letters_are_retained_and_monitored() -> None:
    """And the visibility timeout covers the function's retries."""
    resources = source()["Resources"]
    dead_letters, queue = (resources[name]["Properties"] for name in ("MailFeedbackFailures", "MailFeedback"))
    (metric,) = [one["MetricStat"] for one in resources["UnreadMailFeedback"]["Properties"]["Metrics"]]

    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["MailFeedbackFailures", "Arn"]}
    assert dead_letters["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
    assert metric["Metric"]["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert metric["Metric"]["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["MailFeedbackFailures", "QueueName"]}
    assert queue["VisibilityTimeout"] >= 6 * resources["RecordMailFeedback"]["Properties"]["Timeout"]


@pytest.mark.parametrize("address", ["", "nobody", "@", "ann@example.com, bob@example.com", "<>"])
def test_an_invalid_address_becomes_a_dead_letter_and_does_not_block_others(
    call: Api, cloud: Cloud, address: str
) -> None:
    """Otherwise the bounce would be lost."""
    queue = Queue(call, bounce("Permanent", address), bounce("Permanent", BOB))
    queue.deliver_until_empty()

    assert undeliverable(cloud) == {BOB: "bounce"}
    assert list(queue.dead_letters) == ["m0"]


@pytest.mark.parametrize("step", [1, -1])
def test_repeated_and_reordered_events_mark_an_address_once(call: Api, cloud: Cloud, step: int) -> None:
    events = [bounce(), COMPLAINT][::step]

    assert Queue(call, *events, *events).deliver() == ALL_RECORDED

    assert undeliverable(cloud) == {ANN: "bounce"}
