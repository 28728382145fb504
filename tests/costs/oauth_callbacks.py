"""Requests on the way to a provider and back."""

from typing import Any

from tests.costs.call_users import CallUsers, settings
from tests.support.oauth_flow import SOCIAL, Authorization


def opened_by_app(users: CallUsers) -> dict[str, Any]:
    """Return the request of a browser that an app opens."""
    link = "myapp://"
    with settings(trusted_origins=link):
        begun = users.call(SOCIAL, json={"provider": "google", "callbackURL": link}, headers={"expo-origin": link})
    return {"query": {"authorizationURL": begun.json["url"]}}


def repeated_callback(users: CallUsers) -> dict[str, Any]:
    """Return the callback of a user who signed in with Google before."""
    person = users.google_claims()
    users.oauth_flow.sign_in(**person)
    return _callback_request(users.oauth_flow.begin(), users, person) | {"provider": "google"}


def repeated_callback_by_alias(users: CallUsers) -> dict[str, Any]:
    """Return the same callback for the alias route."""
    person = users.google_claims()
    users.oauth_flow.sign_in(**person)
    found = users.call("GET /api/auth/oauth/google")
    sent = Authorization(url=found.headers["location"], cookie=found.cookies[0].partition(";")[0])
    return _callback_request(sent, users, person)


def first_callback(users: CallUsers) -> dict[str, Any]:
    """Return the callback of a new user."""
    return _callback_request(users.oauth_flow.begin(), users, users.google_claims()) | {"provider": "google"}


def _callback_request(sent: Authorization, users: CallUsers, person: dict[str, Any]) -> dict[str, Any]:
    code = users.oauth_flow.provider.authorize(sent.url, **person)
    return {"query": {"state": sent.query["state"], "code": code}, "cookies": [sent.cookie]}


def posted_callback(users: CallUsers) -> dict[str, Any]:
    """Return the callback of a provider that sends it by POST."""
    request = first_callback(users)
    return {"provider": "google", "json": request["query"]}
