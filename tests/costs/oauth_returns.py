"""People at a provider's, on their way back."""

from typing import Any

from tests.costs.call_users import CallUsers
from tests.support.oauth_flow import Authorization


def returns(guests: CallUsers) -> dict[str, Any]:
    """Somebody who came by Google before."""
    person = guests.at_google()
    guests.journeys.sign_in(**person)
    return _back(guests.journeys.begin(), guests, person) | {"provider": "google"}


def returns_by_alias(guests: CallUsers) -> dict[str, Any]:
    """The same, by the route that says so."""
    person = guests.at_google()
    guests.journeys.sign_in(**person)
    found = guests.call("GET /api/auth/oauth/google")
    sent = Authorization(url=found.headers["location"], cookie=found.cookies[0].partition(";")[0])
    return _back(sent, guests, person)


def arrives(guests: CallUsers) -> dict[str, Any]:
    """Somebody whom nobody here knows."""
    return _back(guests.journeys.begin(), guests, guests.at_google()) | {"provider": "google"}


def _back(sent: Authorization, guests: CallUsers, person: dict[str, Any]) -> dict[str, Any]:
    code = guests.journeys.provider.authorize(sent.url, **person)
    return {"query": {"state": sent.query["state"], "code": code}, "cookies": [sent.cookie]}


def is_posted_back(guests: CallUsers) -> dict[str, Any]:
    """Somebody whom the provider sends by POST."""
    back = arrives(guests)
    return {"provider": "google", "json": back["query"]}
