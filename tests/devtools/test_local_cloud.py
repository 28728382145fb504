"""The local cloud has the template's resources, is safe for threads, and restores the environment."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gatehouse_dev import passwords
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template, load
from tests.devtools.conftest import Project


def row(pk: str, sk: str = "1", **attributes: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}} | {name: {"S": value} for name, value in attributes.items()}


def put(pk: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": "NotesTable", "Item": row(pk)} | more}


def rows(cloud: Cloud) -> list[Any]:
    found = cloud.client("dynamodb").scan(TableName="NotesTable")["Items"]
    return sorted((item["pk"]["S"], item.get("text", {}).get("S")) for item in found)


def send(cloud: Cloud, to: str = "ann@a.test", **body: Any) -> None:
    parts = {kind.title(): {"Data": text} for kind, text in body.items()}
    cloud.client("sesv2").send_email(
        FromEmailAddress="Gatehouse <no-reply@gatehouse.test>",
        Destination={"ToAddresses": [to]},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": parts}},
    )


def test_a_table_has_the_properties_of_the_template(cloud: Cloud) -> None:
    dynamodb = cloud.client("dynamodb")
    table = dynamodb.describe_table(TableName=os.environ["NOTES"])["Table"]

    assert [index["IndexName"] for index in table["LocalSecondaryIndexes"]] == ["by_due"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by_sk"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    lifetime = dynamodb.describe_time_to_live(TableName="NotesTable")["TimeToLiveDescription"]
    assert lifetime == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_the_secret_is_found_by_the_functions_variable(small: Template) -> None:
    def secret() -> str:
        with Cloud(small) as cloud:
            found = cloud.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])
            return str(found["SecretString"])

    first, second = secret(), secret()

    assert len(first) == 64
    assert first.isalnum()
    assert first != second


def test_a_secret_can_be_a_json_document() -> None:
    rules = {"SecretStringTemplate": '{"user": "ann"}', "GenerateStringKey": "word", "PasswordLength": 20}

    assert '{"user": "ann", "word": "' in passwords.secret_string({"GenerateSecretString": rules})


def test_both_parts_of_a_mail_are_stored(cloud: Cloud) -> None:
    send(cloud, text="plain", html="<p>rich</p>")
    send(cloud, to="Bob <bob@b.test>", text="only plain")

    first, second = cloud.mails()
    assert (first.to, first.subject, first.text, first.html) == ("ann@a.test", "Hello", "plain", "<p>rich</p>")
    assert (second.to, second.text, second.html) == ("bob@b.test", "only plain", "")


def test_only_the_declared_sender_may_send(cloud: Cloud) -> None:
    with pytest.raises(cloud.client("sesv2").exceptions.MessageRejected):
        cloud.client("sesv2").send_email(
            FromEmailAddress="somebody@else.test",
            Destination={"ToAddresses": ["ann@a.test"]},
            Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
        )
    assert cloud.mails() == []


def test_reset_empties_tables_and_mailbox_and_keeps_the_secret(cloud: Cloud) -> None:
    secret = cloud.client("secretsmanager").get_secret_value(SecretId="Secret")["SecretString"]
    cloud.client("dynamodb").put_item(TableName="NotesTable", Item=row("a"))
    send(cloud, text="x")

    cloud.reset()

    assert (rows(cloud), cloud.mails()) == ([], [])
    assert cloud.client("secretsmanager").get_secret_value(SecretId="Secret")["SecretString"] == secret
    assert cloud.client("dynamodb").describe_table(TableName="NotesTable")["Table"]["StreamSpecification"]


def test_the_developers_environment_is_hidden_and_restored(small: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere.test")
    monkeypatch.setenv("NOTES", "before")

    with Cloud(small):
        assert os.environ["AWS_ACCESS_KEY_ID"] == "local"
        assert os.environ["AWS_REGION"] == os.environ["AWS_DEFAULT_REGION"] == "us-east-1"
        assert "AWS_PROFILE" not in os.environ
        assert "AWS_ENDPOINT_URL" not in os.environ
        assert os.environ["NOTES"] == "NotesTable"

    assert os.environ["AWS_ACCESS_KEY_ID"] == "real"
    assert os.environ["AWS_PROFILE"] == "production"
    assert os.environ["NOTES"] == "before"
    assert "SECRET" not in os.environ


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Make threads switch as often as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("frequent_switches")
def test_concurrent_writes_and_transactions_lose_nothing(cloud: Cloud) -> None:
    dynamodb = cloud.client("dynamodb")
    dynamodb.put_item(TableName="NotesTable", Item=row("there"))
    rejected = put("there", ConditionExpression="attribute_not_exists(pk)")
    cancelled = dynamodb.exceptions.TransactionCanceledException  # two threads may create the class twice

    def write(writer: int) -> None:
        for turn in range(10):
            dynamodb.put_item(TableName="NotesTable", Item=row(f"{writer}-{turn}"))
            with pytest.raises(cancelled):
                dynamodb.transact_write_items(
                    TransactItems=[*(put(f"{writer}-never-{item}") for item in range(10)), rejected]
                )
            dynamodb.transact_write_items(TransactItems=[put(f"{writer}-{turn}-{item}") for item in range(3)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))

    assert not [pk for pk, _ in rows(cloud) if "never" in pk]
    assert len(rows(cloud)) == 1 + 8 * 10 * 4


def test_a_cancelled_transaction_changes_nothing(cloud: Cloud) -> None:
    dynamodb = cloud.client("dynamodb")
    for pk in "abc":
        dynamodb.put_item(TableName="NotesTable", Item=row(pk, text="old"))
    where = {"TableName": "NotesTable"}
    change = {"UpdateExpression": "SET #t = :t", "ExpressionAttributeNames": {"#t": "text"}}

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(
            TransactItems=[
                {"Update": where | {"Key": row("a"), "ExpressionAttributeValues": {":t": {"S": "new"}}} | change},
                {"Delete": where | {"Key": row("b")}},
                put("d"),
                {
                    "ConditionCheck": where
                    | {"Key": row("c"), "ConditionExpression": "attribute_not_exists(pk)"}
                    | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
                },
            ]
        )

    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "None", "None", "ConditionalCheckFailed"]
    assert reasons[3]["Item"] == row("c", text="old")
    assert rows(cloud) == [("a", "old"), ("b", "old"), ("c", "old")]


def test_a_failed_condition_can_return_the_existing_row(cloud: Cloud) -> None:
    dynamodb = cloud.client("dynamodb")
    dynamodb.put_item(TableName="NotesTable", Item=row("a", text="old"))

    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as caught:
        dynamodb.update_item(
            TableName="NotesTable",
            Key=row("a"),
            UpdateExpression="SET due = :d",
            ConditionExpression="attribute_not_exists(pk)",
            ExpressionAttributeValues={":d": {"S": "x"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert caught.value.response["Item"] == row("a", text="old")


def test_an_edited_template_adds_tables_and_keeps_rows(cloud: Cloud, project: Project, small_text: str) -> None:
    cloud.client("dynamodb").put_item(TableName="NotesTable", Item=row("kept"))
    more = """
      MoreTable:
        Type: AWS::DynamoDB::Table
        Properties:
          BillingMode: PAY_PER_REQUEST
          KeySchema: [{ AttributeName: pk, KeyType: HASH }]
          AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
"""

    cloud.adopt(load(project(small_text + more)))

    assert rows(cloud) == [("kept", None)]
    assert cloud.client("dynamodb").describe_table(TableName="MoreTable")


def test_with_an_endpoint_only_the_tables_are_external(small: Template, external_dynamodb: str) -> None:
    with Cloud(small, endpoint=external_dynamodb) as cloud:
        assert cloud.client("dynamodb").meta.endpoint_url == external_dynamodb
        cloud.client("dynamodb").put_item(TableName="NotesTable", Item=row("there"))
        assert cloud.client("dynamodbstreams").list_streams(TableName="NotesTable")["Streams"]
        assert cloud.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])
        send(cloud, text="x")

    with Cloud(small, endpoint=external_dynamodb) as cloud:
        assert rows(cloud) == [("there", None)]
        assert cloud.mails() == []
        cloud.reset()
        assert rows(cloud) == []
