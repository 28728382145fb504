"""Alarms, and the rotation of the secret."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.devtools.doctor.conftest import Examine, healthy_answers
from tests.support import deployed_stack
from tests.support.deployed_stack import REGION, STACK, StandIn, client, output

CONFIRMED = "arn:aws:sns:eu-central-1:123456789012:alarms:1"


def subscription(arn: str) -> dict[str, Any]:
    """Return the subscriptions of the topic of alarms."""
    one = {"SubscriptionArn": arn, "Protocol": "email", "Endpoint": "ops@example.com", "TopicArn": "t", "Owner": "o"}
    return {"Subscriptions": [one]}


def test_alarms_need_a_confirmed_address(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)

    ((level, message, remedy),) = examine(ListSubscriptionsByTopic=subscription("PendingConfirmation")).of(
        "alarm email"
    )

    assert (level, message) == ("problem", "ops@example.com has not confirmed the subscription of alarms.")
    assert remedy[1].startswith(f"aws sns subscribe --topic-arn {output('AlarmTopic')} --protocol email ")
    assert examine(ListSubscriptionsByTopic=subscription(CONFIRMED)).of("alarm email")[0][0] == "ok"
    assert examine(ListSubscriptionsByTopic={"Subscriptions": []}).of("alarm email")[0][:2] == (
        "warning",
        "Nobody gets alarms.",
    )


def test_an_alarm_that_is_on_leads_to_the_runbook(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)
    for stack in (STACK, "other", f"{STACK}-eu"):
        name = f"{stack}-FailedMails-1A2B"
        client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            AlarmDescription="A mail failed after all attempts. See docs/runbook.md",
            MetricName="m",
            Namespace="n",
            Period=60,
            EvaluationPeriods=1,
            Statistic="Sum",
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")

    assert examine().of("alarms") == [
        (
            "problem",
            "The alarm FailedMails went off. A mail failed after all attempts.",
            ["docs/runbook.md, under FailedMails"],
        )
    ]


@pytest.mark.parametrize(
    ("secret", "level"),
    [
        ({"RotationEnabled": False}, "warning"),
        ({"VersionIdsToStages": {"a" * 32: ["AWSCURRENT"], "b" * 32: ["AWSPENDING"]}}, "problem"),
        ({"NextRotationDate": datetime(2026, 1, 1, tzinfo=UTC)}, "warning"),
    ],
)
def test_a_rotation_that_does_not_work_is_found(
    examine: Examine, api: StandIn, secret: dict[str, Any], level: str
) -> None:
    deployed_stack.create(api.url)

    found = examine(DescribeSecret=healthy_answers()["DescribeSecret"] | secret).of("rotation")[0]

    assert found[0] == level
    assert level == "warning" or found[2] == [f"gatehouse keys rotate --stack {STACK} --region {REGION}"]
