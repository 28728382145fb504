"""Lets the `requests` library call the local gateway in this process, without sockets, with real events."""

from io import BytesIO
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from gatehouse_dev import event_payload, gateway, messages
from tests.support.calls import Api

URL = "https://api.example.com"


class Gateway(HTTPAdapter):
    """Routes requests to the functions of an `Api` as the local service does."""

    def __init__(self, api: Api) -> None:
        """Open no connection."""
        super().__init__()
        self._api = api
        self._gateway = gateway.Api(routes=api.template.routes, cors=api.template.cors)

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        """Return the response to a request."""
        gateway_request = _gateway_request(request)
        match = self._gateway.match(gateway_request)
        if match is None:
            response = gateway.NOT_FOUND
        else:
            name, event = match.route.function, event_payload.make_event(gateway_request, match)
            response = gateway.run_integration(name, lambda: self._api.pools.invoke(name, event))
        return self.build_response(request, _raw(self._gateway.finalize(gateway_request, response)))


def session(api: Api) -> Session:
    """Return a client that can reach `URL` only."""
    client = Session()
    client.trust_env = False
    client.adapters.clear()
    client.mount(URL, Gateway(api))
    return client


def _gateway_request(request: PreparedRequest) -> messages.Request:
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


def _raw(response: messages.Response) -> HTTPResponse:
    headers = HTTPHeaderDict()
    for name, value in response.headers:
        headers.add(name, value)
    return HTTPResponse(
        body=BytesIO(response.body), headers=headers, status=response.status, version=11, preload_content=False
    )
