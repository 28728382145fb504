# ruff: noqa: T201 -- as in the manuals
"""Create a task with FastAPI, Mangum and boto3, without optimization."""

import json
import os
import uuid
from datetime import UTC, date, datetime
from typing import Any, Literal

import boto3
from fastapi import FastAPI, status
from mangum import Mangum
from pydantic import BaseModel, Field

app = FastAPI()
table = boto3.resource("dynamodb").Table(os.environ["GATEHOUSE_TASKS_TABLE"])


class NewTask(BaseModel):
    """The request body."""

    title: str = Field(min_length=1, max_length=200)
    description: str = ""
    priority: Literal["low", "medium", "high", "urgent"] = "medium"
    due_date: date | None = None


class Task(NewTask):
    """The stored task."""

    user_id: str
    task_id: str
    created_at: datetime


@app.post("/api/tasks", status_code=status.HTTP_201_CREATED)
def create_task(new: NewTask) -> Task:
    """Handle one request."""
    task = Task(
        **new.model_dump(),
        user_id="0199c1de-7f00-7c3a-8b1e-4f2a9d6c7e55",
        task_id=str(uuid.uuid4()),
        created_at=datetime.now(UTC),
    )
    table.put_item(Item=task.model_dump(mode="json"), ConditionExpression="attribute_not_exists(task_id)")
    print(json.dumps({"level": "INFO", "message": "create_task"}))
    _metric("Outcomes")
    return task


def _metric(name: str) -> None:
    metrics = [
        {"Namespace": "Yardstick", "Dimensions": [["function"]], "Metrics": [{"Name": name, "Unit": "Count"}]},
    ]
    about: dict[str, Any] = {"Timestamp": int(datetime.now(UTC).timestamp() * 1000), "CloudWatchMetrics": metrics}
    print(json.dumps({"_aws": about, "function": "create_task", name: [1.0]}))


handler = Mangum(app, lifespan="off")
