"""Create a table of the template through DynamoDB's API."""

from typing import Any

from gatehouse_dev.template_file import Properties

COPIED_PROPERTIES = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
)
INDEX_PROPERTIES = ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput")


def create(dynamodb: Any, name: str, properties: Properties) -> None:  # botocore makes its clients at run time
    """Create a table, its indexes, stream and time to live, and wait for it."""
    wanted = {key: _plain(properties[key]) for key in COPIED_PROPERTIES if key in properties}
    stream = properties.get("StreamSpecification")
    if stream is not None:
        wanted["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    dynamodb.create_table(TableName=name, **wanted)
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    lifetime = properties.get("TimeToLiveSpecification")
    if lifetime is not None and str(lifetime["Enabled"]).lower() == "true":
        specification = {"AttributeName": lifetime["AttributeName"], "Enabled": True}
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)


def _plain(value: Any) -> Any:  # any part of a table's properties
    match value:
        case {"IndexName": _}:
            return {key: _plain(value[key]) for key in INDEX_PROPERTIES if key in value}
        case {"ReadCapacityUnits": read, "WriteCapacityUnits": write}:
            return {"ReadCapacityUnits": int(read), "WriteCapacityUnits": int(write)}
        case list():
            return [_plain(item) for item in value]
    return value
