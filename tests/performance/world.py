"""A local cloud with users, for functions in other processes."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from datetime import timedelta
from threading import Lock
from typing import Any
from unittest.mock import patch
from zlib import crc32

from moto.dynamodb.models import dynamodb_backends
from werkzeug.test import Client

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.endpoint import SingleRegionApp
from gatehouse_dev.resource_names import ACCOUNT, REGION
from gatehouse_dev.template import load
from tests.conftest import ROOT
from tests.costs.call_users import CallUsers
from tests.costs.log_output import quiet
from tests.costs.oauth_callbacks import opened_by_app, repeated_callback
from tests.performance.lambda_process import Responder
from tests.performance.requests import TASK, BenchRequest
from tests.support.calls import Api
from tests.support.events import event_for
from tests.support.layer import layer
from tests.support.placeholders import filled
from tests.support.provider import CLIENT_SECRET, GOOGLE_SECRET, running_provider
from tests.support.scripted_service import Request, http_message
from tests.support.tasks import create_task

TASKS = 20
_LONG = "86400"  # seconds; a run takes long
_PARAMETERS = {
    "BaseUrl": "https://api.example.com",
    "CorsOrigins": "https://app.example.com",
    "MailFrom": "no-reply@example.com",
    "TrustedOrigins": "myapp://",  # of opened_by_app
    **dict.fromkeys(("AccessTokenLifetime", "VerificationLifetime", "ResetLifetime"), _LONG),
}
_LIFETIMES = [
    ("oauth.state", "_LIFETIME"),
    ("passkeys.challenges", "LIFETIME"),
    ("accounts.challenges", "LIFETIME"),
    ("second_factor.mailed_codes", "LIFETIME"),
]
_FROM_THE_GATEWAY = {
    "x-amzn-trace-id": "Root=1-6b01259e-0123456789abcdef01234567",
    "x-forwarded-for": "203.0.113.7",
    "x-forwarded-port": "443",
    "x-forwarded-proto": "https",
}


class World:
    """A cloud with users. `parameters` are the template's; `names` are placeholders of requests and their values."""

    def __init__(self, parameters: Mapping[str, str], names: Mapping[str, Any]) -> None:
        """Take the current rows of the cloud as the original ones."""
        self.parameters, self._names = parameters, names
        self._rows = {name: deepcopy(table.items) for name, table in _tables().items()}
        self._aws, self._lock = Client(SingleRegionApp()), Lock()

    def cloud(self) -> Responder:
        """Return AWS with the original rows; what is written there is seen nowhere else."""
        rows = deepcopy(self._rows)

        def respond(request: Request) -> bytes:
            with self._lock:
                for name, table in _tables().items():
                    table.items = rows[name]
                answer = self._aws.post(request.start.split()[1], data=request.body, headers=request.headers.items())
            received = {
                "content-type": str(answer.content_type),
                "x-amzn-requestid": "0" * 52,
                "x-amz-crc32": str(crc32(answer.data)),  # clients verify it
            }
            return http_message(answer.status_code, received, answer.data)

        return respond

    def event(self, route: str, request: BenchRequest, **names: str) -> bytes:
        """Return the event of a request; `names` adds placeholders."""
        fields: dict[str, Any] = filled({"bearer": request.bearer, **request.request}, {**self._names, **names})
        event = event_for(route, headers=_FROM_THE_GATEWAY, **fields)
        if "body" in event:
            event["headers"]["content-length"] = str(len(event["body"]))
        return json.dumps(event).encode()


@contextmanager
def populated_world(add: Callable[[CallUsers], object] = lambda _: None) -> Iterator[World]:
    """Run a cloud where Ann has tasks and Carol has a linked Google account, and `add` adds more."""
    with running_provider() as provider:
        provider._codes = ReusableCodes()
        google = {name.title().replace("_", ""): value for name, value in provider.google_settings().items()}
        parameters = _PARAMETERS | google
        template = load(ROOT / "template.yaml", parameters | {"RateLimits": "off", "Transport": "botocore"})
        with Cloud(template, secrets={GOOGLE_SECRET: CLIENT_SECRET}) as cloud:
            with quiet():
                users = CallUsers(Api(template), cloud, provider, {})
                names = _names(users)
                add(users)
            yield World(parameters, names)


class ReusableCodes(dict[str, Any]):
    """Authorization codes that can be redeemed repeatedly, other than at a real provider."""

    pop = dict.get


def _tables() -> dict[str, Any]:
    return dict(dynamodb_backends[ACCOUNT][REGION].tables)


def _names(users: CallUsers) -> dict[str, Any]:
    """Create the users, and return the values of placeholders."""
    layer("keys.access_tokens").ensure_published()
    ann, (carol, account) = users.person(), users.linked()
    tasks = [create_task(users.call, ann, **TASK)["id"] for _ in range(TASKS)]
    with ExitStack() as lifetimes:
        for module, name in _LIFETIMES:
            lifetimes.enter_context(patch.object(layer(module), name, timedelta(days=1)))
        passkeys, second_factor = users.passkeys(ann), users.second_factor()
        callback, app_url = repeated_callback(users), opened_by_app(users)["query"]["authorizationURL"]
    return {
        "BEARER": ann.token,
        "EMAIL": ann.email,
        "WAITING": users.waiting(),
        "VERIFICATION": users.verification(),
        "RESET": users.reset_token(),
        "REFRESH": users.refresh(),
        "UNSUBSCRIBE": users.unsubscribing(),
        "TASK": tasks[0],
        **passkeys,
        **second_factor,
        "LINKED": carol.token,
        "ACCOUNT": account,
        "STATE": callback["query"]["state"],
        "STATE_COOKIE": callback["cookies"][0],
        "CODE": callback["query"]["code"],
        "APP_URL": app_url,
    }
