"""Model-based test: whatever users and devices do, the service returns what dicts in memory would.

`GATEHOUSE_MODEL_EXAMPLES=1000` runs more examples, different ones each time.
"""
# ruff: noqa: D102 -- a rule's name says what it does

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from unittest.mock import patch

import pytest
from botocore.client import BaseClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, precondition, rule, run_state_machine_as_test

from gatehouse_dev.cloud import Cloud
from tests.support import tasks as routes
from tests.support.aws_failures import UNREACHABLE, failing_calls
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.people import People
from tests.support.task_model import PRIORITIES, Model, Request, SyncClient, result_of

EXAMPLES = int(os.environ.get("GATEHOUSE_MODEL_EXAMPLES", "0"))
PROFILE = settings(
    max_examples=EXAMPLES or 2,
    stateful_step_count=30,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
START = datetime(2026, 3, 10, 12, 0, 0, 123_000, tzinfo=UTC)
MONTH = timedelta(days=30)

WHO, CLIENT = st.sampled_from(["ann", "bob"]), st.sampled_from(["browser", "phone"])
WAY = st.sampled_from(["plain", "keyed", "plain twice", "keyed twice", "keyed, lost before", "keyed, lost after"])
ETAG = st.sampled_from([None, None, "seen", "current", "any", "wrong"])
TITLE, TAGS = st.sampled_from(["Plants", "plants", "Ärger", "🌵", "=1"]), st.sampled_from([[], ["x"], ["x", "y"]])
DAYS, MOMENTS = ("2026-03-09", "2026-03-10", "2026-03-11"), ("2026-03-10T11:00:00.000Z", "2026-03-10T20:00:00.000Z")
DUE = st.sampled_from([*DAYS, *MOMENTS])
OTHERS = {"description": TITLE, "priority": st.sampled_from(PRIORITIES), "due_date": st.none() | DUE, "tags": TAGS}
NEW = st.fixed_dictionaries({"title": TITLE}, optional=OTHERS)
CHANGES = st.fixed_dictionaries({}, optional=OTHERS | {"title": TITLE, "completed": st.booleans()})
COMPLETED = st.sampled_from([{}, {"completed": True}, {"completed": False}])
ITEM = st.one_of(
    st.fixed_dictionaries({"op": st.just("create"), "task": st.one_of(NEW, st.just({"title": ""}))}),
    st.fixed_dictionaries({"op": st.just("update"), "changes": CHANGES}, optional={"version": st.integers(1, 3)}),
    st.builds(lambda completed: {"op": "complete"} | completed, COMPLETED),
    st.fixed_dictionaries({"op": st.just("delete")}, optional={"version": st.integers(1, 3)}),
)
WRITE = st.one_of(
    st.tuples(st.sampled_from([routes.PUT, routes.PATCH]), CHANGES),
    st.tuples(st.just(routes.COMPLETE), COMPLETED | st.none()),
    st.tuples(st.just(routes.DELETE), st.none()),
)
QUERY = st.fixed_dictionaries(
    {"limit": st.integers(3, 9)},
    optional={
        "status": st.sampled_from(["active", "completed"]),
        "priority": st.sampled_from(PRIORITIES),
        "tag": st.sampled_from(["x", "y"]),
        "due_before": DUE,
        "due_after": DUE,
        "sort": st.sampled_from(["created_at", "due_date", "priority", "title"]),
        "order": st.sampled_from(["asc", "desc"]),
    },
)
ZONE = st.sampled_from(["UTC", "Pacific/Auckland", "America/Los_Angeles"])
STEP = st.sampled_from([timedelta(minutes=-1), timedelta(hours=3), timedelta(hours=25), timedelta(days=29)])


@contextmanager
def response_lost() -> Iterator[None]:
    """The first transaction is committed, but its response is lost."""
    real: Any = vars(BaseClient)["_make_api_call"]
    lost: list[str] = []

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        response = real(client, operation, parameters)
        if operation == "TransactWriteItems" and not lost:
            lost.append(operation)
            raise UNREACHABLE
        return response

    with patch.object(BaseClient, "_make_api_call", call):
        yield


def fault(how: str) -> AbstractContextManager[Any]:
    """Return the fault for a way of sending a request."""
    if "lost" not in how:
        return nullcontext()
    return response_lost() if "after" in how else failing_calls(UNREACHABLE, "TransactWriteItems", times=1)


class TaskMachine(RuleBasedStateMachine):
    """Two users with a browser and a phone each, and a model of each user's data."""

    ids = Bundle("ids")

    def __init__(self, call: Api, cloud: Cloud, clock: pytest.MonkeyPatch) -> None:
        """Start with empty tables."""
        super().__init__()
        self.call, self.cloud, self.clock = call, cloud, clock
        self.set_clock(START)
        cloud.reset()
        layer("keys.keyring").clear_cache()
        layer("keys.access_tokens").ensure_published()
        layer("keys.macs")._last_refresh = layer("clock").monotonic()
        self.people = People(call)
        self.phones = {name: SyncClient(call, self.people.signed_in(name)) for name in ("ann", "bob")}
        self.models = {name: Model() for name in self.phones}
        self.up_to_date = dict.fromkeys(self.phones, START)  # when a phone last had all changes
        self.seen: dict[tuple[str, ...], str] = {}
        self.sent: list[Request] = []
        self.known: set[str] = set()

    @rule(target=ids, who=WHO, client=CLIENT, new=NEW, how=WAY)
    def create(self, who: str, client: str, new: Any, how: str) -> Any:
        return self.send(who, client, how, route=routes.CREATE, body=new)

    @rule(target=ids, who=WHO, client=CLIENT, count=st.sampled_from([1, 2, 3, 4, 26]), how=WAY)
    def create_many(self, who: str, client: str, count: int, how: str) -> Any:
        operations = [{"op": "create", "task": {"title": f"{number}"}} for number in range(count)]
        return self.send(who, client, how, route=routes.BULK, body={"operations": operations})

    @rule(who=WHO, client=CLIENT, task=ids, write=WRITE, etag=ETAG, how=WAY)
    def write(self, *, who: str, client: str, task: str, write: Any, etag: str | None, how: str) -> None:
        now = self.models[who].tasks.get(task, {}).get("version", 1)
        etags = {"seen": self.seen.get((who, client, task), '"1"'), "current": f'"{now}"', "any": "*", "wrong": '"99"'}
        route, body = write
        self.send(who, client, how, route=route, task=task, body=body, etag=etags[etag] if etag else None)

    @rule(target=ids, who=WHO, client=CLIENT, task=ids, more=st.lists(st.tuples(ids, ITEM), max_size=4), how=WAY)
    def do_many(self, who: str, client: str, task: str, more: Any, how: str) -> Any:
        named = [item if item["op"] == "create" else item | {"id": name} for name, item in more]
        operations = [{"op": "complete", "id": task}, *named]
        return self.send(who, client, how, route=routes.BULK, body={"operations": operations})

    @rule(who=WHO, client=CLIENT, task=ids, more=st.lists(ids, max_size=3), how=WAY)
    def delete_many(self, who: str, client: str, task: str, more: list[str], how: str) -> None:
        self.send(who, client, how, route=routes.BULK_DELETE, body={"task_ids": [task, *more]})

    @precondition(lambda self: self.sent)
    @rule(target=ids, who=WHO, client=CLIENT, number=st.integers(0, 9), other=st.none() | NEW)
    def use_a_key_again(self, who: str, client: str, number: int, other: Any) -> Any:
        old = self.sent[-1 - number % len(self.sent)]
        new = Request(route=routes.CREATE, body=other, key=old.key) if other else old
        return multiple(*self.compare(who, client, new, self.perform(who, new)))

    @rule(who=WHO, query=QUERY, zone=ZONE)
    def look(self, who: str, query: dict[str, Any], zone: str) -> None:
        person, model = self.phones[who].person, self.models[who]
        pages = [routes.list_tasks(self.call, person, **query)]
        while cursor := pages[-1]["cursor"]:
            pages.append(routes.list_tasks(self.call, person, **query, cursor=cursor))
        assert [task for page in pages for task in page["tasks"]] == model.listed(query)
        summary = self.call(routes.SUMMARY, bearer=person.token, query={"zone": zone}).json
        assert summary == model.summary(self.now, zone)

    @rule(who=WHO, limit=st.integers(1, 10), pages=st.integers(1, 5))
    def sync(self, who: str, limit: int, pages: int) -> None:
        phone = self.phones[who]
        for _ in range(pages):
            if phone.token is None:
                self.up_to_date[who] = self.now
            elif self.now - self.up_to_date[who] > MONTH:
                since = {"since": phone.token}
                assert self.call(routes.CHANGES, bearer=phone.person.token, query=since).code == "SYNC_TOKEN_EXPIRED"
                phone.tasks, phone.token = {}, None
                return
            if not phone.page(limit=limit)["has_more"]:
                self.up_to_date[who] = self.now
                assert phone.tasks == self.models[who].tasks
                return

    @rule(step=STEP)
    def pass_time(self, step: timedelta) -> None:
        """Sessions expire, and DynamoDB deletes what has expired."""
        self.set_clock(self.now + step)
        table, client = {"TableName": self.cloud.table_name("TasksTable")}, self.cloud.client("dynamodb")
        for row in client.scan(**table)["Items"]:
            if float(row.get("expires_at", {"N": "inf"})["N"]) < self.now.timestamp():
                client.delete_item(**table, Key={name: row[name] for name in ("user_id", "task_id")})
        for phone in self.phones.values():
            phone.person = self.people.sign_in(phone.person.email)

    def teardown(self) -> None:
        """In the end, service and model agree in everything."""
        if sys.exception():
            return
        for who, phone in self.phones.items():
            self.look(who, {"limit": 100}, "UTC")
            self.sync(who, 500, 9)
            for task in sorted(self.known)[-5:]:
                response = self.call(routes.READ, bearer=phone.person.token, task_id=task)
                assert result_of(response) == self.models[who].read(task)

    def send(self, who: str, client: str, how: str, **fields: Any) -> Any:
        """Send a new request in some way, and return the ids of new tasks."""
        self.set_clock(self.now + timedelta(seconds=1))
        key = f"key-{len(self.sent)}" if "keyed" in how else None
        request = Request(key=key, **fields)
        self.sent += [request] if key else []
        with fault(how):
            response = self.perform(who, request)
        if response.status == HTTPStatus.SERVICE_UNAVAILABLE and "lost" in how:
            response = self.perform(who, request)
        new = self.compare(who, client, request, response)
        if "twice" in how:
            new += self.compare(who, client, request, self.perform(who, request))
        return multiple(*new)

    def perform(self, who: str, request: Request) -> Response:
        """Send a request as a user."""
        return request.send(self.call, self.phones[who].person)

    def compare(self, who: str, client: str, request: Request, response: Response) -> list[str]:
        """Compare a response with the model's, and return the ids of new tasks."""
        body = response.json if response.text else {}
        candidates = [body, *(item["task"] or {} for item in body.get("results", []))]
        tasks = [task for task in candidates if "version" in task]
        new = [task["id"] for task in tasks if task["id"] not in self.known]
        self.known.update(new)
        assert result_of(response) == self.models[who].respond(request, self.now, iter(new))
        self.seen |= {(who, client, task["id"]): f'"{task["version"]}"' for task in tasks}
        if "version" in body:
            assert response.headers["etag"] == f'"{body["version"]}"'
        return new

    def set_clock(self, now: datetime) -> None:
        """Set the time."""
        self.now = now
        self.clock.setattr(layer("clock"), "now", lambda: now)


def test_the_service_behaves_like_dicts_in_memory(
    call: Api, running_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine: Any = partial(TaskMachine, call, running_cloud, monkeypatch)
    run_state_machine_as_test(machine, settings=PROFILE)
