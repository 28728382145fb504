# ruff: noqa: T201 -- minimal on purpose
"""Create a task with one handler, json and botocore: the yardstick for all ratios."""

import json
import os
import time
import uuid
from datetime import date
from typing import Any

import botocore.session

TABLE = os.environ["GATEHOUSE_TASKS_TABLE"]
PRIORITIES = {"low", "medium", "high", "urgent"}
dynamodb: Any = botocore.session.get_session().create_client("dynamodb")
cold = True


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle one request."""
    global cold  # noqa: PLW0603 -- one for the process
    if cold:
        _metric("ColdStart")
        cold = False
    try:
        task = _task(json.loads(event["body"]))
    except (KeyError, TypeError, ValueError) as error:
        return _answer(422, {"code": "VALIDATION_ERROR", "message": str(error)})
    item = {name: {"S": str(value)} for name, value in task.items() if value is not None}
    dynamodb.put_item(TableName=TABLE, Item=item, ConditionExpression="attribute_not_exists(task_id)")
    print(json.dumps({"level": "INFO", "message": "create_task", "request": context.aws_request_id}))
    _metric("Outcomes")
    return _answer(201, task)


def _task(given: dict[str, Any]) -> dict[str, Any]:
    title, priority, due = given["title"].strip(), given.get("priority", "medium"), given.get("due_date")
    if not 1 <= len(title) <= 200:
        raise ValueError("title must have 1 to 200 characters")
    if priority not in PRIORITIES:
        raise ValueError("priority must be low, medium, high or urgent")
    return {
        "user_id": "0199c1de-7f00-7c3a-8b1e-4f2a9d6c7e55",
        "task_id": str(uuid.uuid4()),
        "title": title,
        "description": given.get("description", ""),
        "priority": priority,
        "due_date": date.fromisoformat(due).isoformat() if due else None,
        "created_at": time.time(),
    }


def _metric(name: str) -> None:
    metrics = [
        {"Namespace": "Yardstick", "Dimensions": [["function"]], "Metrics": [{"Name": name, "Unit": "Count"}]},
    ]
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": metrics}
    print(json.dumps({"_aws": about, "function": "create_task", name: [1.0]}))


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
