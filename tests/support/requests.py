"""Requests of the `requests` library, answered by the local gateway in this process: no socket, real events."""

from io import BytesIO
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from gatehouse_dev import event_payload, gateway, messages
from tests.support.calls import Api

URL = "https://api.example.com"


class Gateway(HTTPAdapter):
    """Hands requests to the functions of an `Api` as the local service does."""

    def __init__(self, api: Api) -> None:
        """Nothing is opened."""
        super().__init__()
        self._api = api
        self._gateway = gateway.Api(routes=api.template.routes, cors=api.template.cors)

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        """Answer a request."""
        asked = _asked(request)
        match = self._gateway.match(asked)
        if match is None:
            answer = gateway.NOT_FOUND
        else:
            name, event = match.route.function, event_payload.make_event(asked, match)
            answer = gateway.run_integration(name, lambda: self._api.fleet.invoke(name, event))
        return self.build_response(request, _raw(self._gateway.finalize(asked, answer)))


def session(api: Api) -> Session:
    """A client of `URL` that knows nobody else."""
    client = Session()
    client.trust_env = False
    client.adapters.clear()
    client.mount(URL, Gateway(api))
    return client


def _asked(request: PreparedRequest) -> messages.Request:
    body = request.body
    path, _, query = request.path_url.partition("?")
    return messages.Request(
        method=request.method or "",
        raw_path=path,
        raw_query=query,
        headers=tuple((_text(name), _text(value)) for name, value in request.headers.items()),
        body=body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b"",
        authority="api.example.com",
    )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _raw(answer: messages.Response) -> HTTPResponse:
    headers = HTTPHeaderDict()
    for name, value in answer.headers:
        headers.add(name, value)
    return HTTPResponse(
        body=BytesIO(answer.body), headers=headers, status=answer.status, version=11, preload_content=False
    )
