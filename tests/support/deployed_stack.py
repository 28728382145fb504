"""A stack of Gatehouse in moto, and the API behind it as a server of its own, for `gatehouse doctor`."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlencode, urlsplit

import boto3
from botocore.client import BaseClient
from botocore.exceptions import ParamValidationError
from botocore.validate import validate_parameters

REGION = "eu-central-1"
PREFIXES = {"monitoring": "cloudwatch"}  # of actions in IAM
STACK = "gatehouse-dev"
PARAMETERS = {
    "Stage": "dev",
    "MailFrom": "no-reply@example.com",
    "MailRate": "10",
    "AlarmEmail": "ops@example.com",
    "CookieSameSite": "lax",
}

type Reply = tuple[int, Mapping[str, str], str]


@dataclass
class StandIn:
    """An API, and a provider at `/authorize`.

    `answers` replace its own: status, headers and body, by method and path. `origins` are those that preflights allow;
    `redirect_base` is the URL to which the provider sends users back.
    """

    url: str = ""
    origins: tuple[str, ...] = ()
    redirect_base: str = ""
    answers: dict[str, Reply] = field(default_factory=dict)
    received: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, request: BaseHTTPRequestHandler) -> Reply:
        """Return the answer to a request."""
        self.received.append((request.command, request.path))
        key = f"{request.command} {urlsplit(request.path).path}"
        own: dict[str, Callable[[], Reply]] = {
            "GET /health": lambda: (200, {}, json.dumps({"status": "ok"})),
            "GET /api/auth/ok": lambda: (200, {}, json.dumps({"ok": True})),
            "OPTIONS /api/auth/get-session": lambda: (204, self._preflight(request.headers["origin"]), ""),
            "POST /api/auth/sign-in/social": lambda: self._redirect(request),
            "GET /authorize": lambda: (302, {"location": "https://accounts.example/signin?continue=1"}, ""),
        }
        if key in self.answers:
            return self.answers[key]
        return own[key]() if key in own else (404, {}, json.dumps({"code": "NOT_FOUND"}))

    def _redirect(self, request: BaseHTTPRequestHandler) -> Reply:
        name = json.loads(request.rfile.read(int(request.headers["content-length"])))["provider"]
        query = {"redirect_uri": f"{self.redirect_base or self.url}/api/auth/callback/{name}", "state": "s"}
        return 200, {}, json.dumps({"url": f"{self.url}/authorize?{urlencode(query)}", "redirect": False})

    def _preflight(self, origin: str) -> dict[str, str]:
        if origin not in self.origins:
            return {}
        return {
            "access-control-allow-origin": origin,
            "access-control-allow-credentials": "true",
            "access-control-allow-methods": "GET,POST,OPTIONS",
            "access-control-allow-headers": "authorization,content-type",
        }

    def asked_redirects(self) -> list[str]:
        """Return the redirect URIs that the provider was asked about."""
        asked = [parse_qs(urlsplit(path).query) for method, path in self.received if path.startswith("/authorize")]
        return [query["redirect_uri"][0] for query in asked]


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Run a stand-in on a free port."""
    state = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            status, headers, body = state.answer(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_OPTIONS = _handle  # noqa: N815 -- names of http.server

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield state
        server.shutdown()


def client(service: str) -> Any:
    """Return a client in the stack's region."""
    make: Any = boto3.client
    return make(service, region_name=REGION)


def create(api_url: str, **parameters: str) -> None:
    """Create the stack with these parameters besides the usual, and the resources that the doctor asks for."""
    values = PARAMETERS | parameters
    body: dict[str, Any] = {
        "Parameters": {name: {"Type": "String"} for name in values},
        "Resources": {
            "TokensTable": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": [{"AttributeName": "subject", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "subject", "AttributeType": "S"}],
                },
            },
            "Secret": {"Type": "AWS::Logs::LogGroup"},  # moto creates no secret
            "Logs": {"Type": "AWS::Logs::LogGroup"},
            "Alarms": {"Type": "AWS::SNS::Topic"},
        },
        "Outputs": {"ApiUrl": {"Value": api_url}, "AlarmTopic": {"Value": {"Ref": "Alarms"}}},
    }
    client("cloudformation").create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(body),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
    )
    client("sns").subscribe(TopicArn=output("AlarmTopic"), Protocol="email", Endpoint=values["AlarmEmail"])


def output(name: str) -> str:
    """Return an output of the stack."""
    (stack,) = client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return str(next(one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == name))


def physical(logical: str) -> str:
    """Return the name of a resource of the stack."""
    found = client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=logical)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


@dataclass
class Answers:
    """What AWS answers to operations that moto lacks, or otherwise; an exception is raised.

    `called` are all calls, as IAM names them.
    """

    of: dict[str, Any]
    called: list[str] = field(default_factory=list)


@contextmanager
def answering(answers: Answers) -> Iterator[Answers]:
    """Answer operations of botocore, with responses that are valid for them; moto answers all others."""
    real: Any = vars(BaseClient)["_make_api_call"]

    def call(made: Any, operation: str, parameters: dict[str, Any]) -> Any:
        service = made.meta.service_model.signing_name
        answers.called.append(f"{PREFIXES.get(service, service)}:{operation}")
        if operation not in answers.of:
            return real(made, operation, parameters)
        answer = answers.of[operation]
        if callable(answer):
            answer = answer(**parameters)
        if isinstance(answer, Exception):
            raise answer
        try:
            validate_parameters(answer, made.meta.service_model.operation_model(operation).output_shape)
        except ParamValidationError as error:
            raise AssertionError(f"AWS does not answer {operation} so: {error}") from None
        return answer

    with patch.object(BaseClient, "_make_api_call", call):
        yield answers
