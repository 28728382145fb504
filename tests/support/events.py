"""API Gateway HTTP API events, payload version 2.0."""

import json as jsonlib
from typing import Any
from urllib.parse import urlencode


def event_for(
    route: str,
    *,
    json: Any = None,
    body: str | None = None,
    bearer: str | None = None,
    cookies: list[str] | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, Any] | str | None = None,
    ip: str = "203.0.113.7",
    **path: str,
) -> dict[str, Any]:
    """Return the event of one request. `path` fills in the route's variables; `json` also sets the content type."""
    method, _, template = route.partition(" ")
    all_headers = {"host": "api.example.com", "user-agent": "pytest", "accept": "application/json"}
    if json is not None:
        body, all_headers["content-type"] = jsonlib.dumps(json), "application/json"
    if bearer is not None:
        all_headers["authorization"] = f"Bearer {bearer}"
    raw_query = query if isinstance(query, str) else urlencode(query or {}, doseq=True)
    raw_path = template.format(**path)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw_path,
        "rawQueryString": raw_query,
        "headers": all_headers | (headers or {}),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": "local.execute-api.us-east-1.amazonaws.com",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": ip,
                "userAgent": "pytest",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route,
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if path:
        event["pathParameters"] = path
    if body is not None:
        event["body"] = body
    return event
