"""record_mail_feedback in trouble: whatever SES told is noted in the end, or lies where an alarm sees it."""

import json
from contextlib import suppress
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.mail.test_record_mail_feedback import ANN, COMPLAINT, NOTED, bounce, marked
from tests.support.aws_failures import UNREACHABLE, failing_calls
from tests.support.calls import Api
from tests.support.faults import THROTTLED, FunctionKilled, failing_at
from tests.support.transformed import source

BOB, CEM = "bob@example.com", "cem@example.com"
THREE = {ANN: "bounce", BOB: "bounce", CEM: "bounce"}


class Queue:
    """`MailFeedback`, and the queue behind it for what was received too often."""

    def __init__(self, call: Api, *events: Any) -> None:
        """`events` wait."""
        self._call = call
        self.waiting = {f"m{number}": json.dumps(event) for number, event in enumerate(events)}
        self.given_up: dict[str, str] = {}

    def bring(self) -> Any:
        """Hand over what waits, in one batch; what was not refused by name is done."""
        records = [{"messageId": name, "body": body} for name, body in self.waiting.items()]
        answer = self._call.invoke("RecordMailFeedback", {"Records": records})
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        self.waiting = {name: body for name, body in self.waiting.items() if name in failed}
        return answer

    def bring_as_often_as_it_takes(self) -> None:
        """What fails five times is moved."""
        for _ in range(source()["Resources"]["MailFeedback"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]):
            self.bring()
        self.given_up, self.waiting = self.waiting, {}

    def redrive(self) -> None:
        """What an operator does in SQS's console."""
        self.waiting, self.given_up = self.given_up, {}


@pytest.fixture
def queue(call: Api) -> Queue:
    """Three mails came back."""
    return Queue(call, *(bounce("Permanent", email) for email in THREE))


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("error", [FunctionKilled(), THROTTLED], ids=["out of time", "throttled"])
def test_wherever_it_happens_all_is_noted(queue: Queue, cloud: Cloud, error: BaseException, at: int) -> None:
    """A call for each; after the last there is only the answer."""
    with failing_at(error, at=at), suppress(FunctionKilled):
        queue.bring()
    queue.bring()

    assert marked(cloud) == THREE
    assert queue.waiting == {}


def test_the_answer_names_exactly_the_one_that_failed(queue: Queue, cloud: Cloud) -> None:
    with failing_at(THROTTLED, at=1):
        assert queue.bring() == {"batchItemFailures": [{"itemIdentifier": "m1"}]}

    assert set(marked(cloud)) == {ANN, CEM}


def test_what_cannot_be_noted_is_kept_told_and_noted_by_redrive(queue: Queue, cloud: Cloud) -> None:
    with failing_calls(UNREACHABLE, "PutItem"):
        queue.bring_as_often_as_it_takes()
    assert (marked(cloud), len(queue.given_up)) == ({}, 3)

    queue.redrive()
    queue.bring()

    assert marked(cloud) == THREE


def test_what_is_kept_is_kept_for_long_and_an_alarm_sees_it() -> None:
    """And while the function is at it, the queue gives it to nobody else."""
    resources = source()["Resources"]
    kept, queue = (resources[name]["Properties"] for name in ("MailFeedbackFailures", "MailFeedback"))
    (metric,) = [one["MetricStat"] for one in resources["UnreadMailFeedback"]["Properties"]["Metrics"]]

    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["MailFeedbackFailures", "Arn"]}
    assert kept["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
    assert metric["Metric"]["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert metric["Metric"]["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["MailFeedbackFailures", "QueueName"]}
    assert queue["VisibilityTimeout"] >= 6 * resources["RecordMailFeedback"]["Properties"]["Timeout"]


@pytest.mark.parametrize("address", ["", "nobody", "@", "ann@example.com, bob@example.com", "<>"])
def test_an_address_that_cannot_be_read_is_kept_and_holds_up_nobody(call: Api, cloud: Cloud, address: str) -> None:
    """Else nobody would ever learn that it was written to in vain."""
    queue = Queue(call, bounce("Permanent", address), bounce("Permanent", BOB))
    queue.bring_as_often_as_it_takes()

    assert marked(cloud) == {BOB: "bounce"}
    assert list(queue.given_up) == ["m0"]


@pytest.mark.parametrize("turn", [1, -1])
def test_in_any_order_and_twice_it_comes_to_one_mark(call: Api, cloud: Cloud, turn: int) -> None:
    told = [bounce(), COMPLAINT][::turn]

    assert Queue(call, *told, *told).bring() == NOTED

    assert marked(cloud) == {ANN: ["bounce", "complaint"][::turn][0]}
