"""A sign-in at a provider: the redirect there and the callback, as a browser does them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.calls import Api, Response
from tests.support.provider import Provider

SOCIAL = "POST /api/auth/sign-in/social"
LINK = "POST /api/auth/link-social"
CALLBACK = "GET /api/auth/callback/{provider}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """An authorization request under way: its URL, and the state cookie that the browser received."""

    url: str
    cookie: str

    @property
    def query(self) -> dict[str, str]:
        """Return the query parameters of the URL."""
        return dict(parse_qsl(urlsplit(self.url).query))


class OAuthFlow:
    """Sign-ins of users at a provider."""

    def __init__(self, call: Api, provider: Provider, name: str = "google") -> None:
        """`name` is the provider's id in the service's routes."""
        self._call = call
        self.provider = provider
        self.name = name

    def begin(
        self, route: str = SOCIAL, *, bearer: str | None = None, cookie: str | None = None, **body: Any
    ) -> Authorization:
        """Request the provider's authorization URL; in a browser that has the `cookie` of another request for one."""
        sent = {"cookies": [cookie], "headers": {"origin": "https://app.example.com"}} if cookie else {}
        response = self._call(route, json={"provider": self.name} | body, bearer=bearer, **sent)
        assert response.status == 200, response.text
        return Authorization(url=response.json["url"], cookie=response.cookies[0].partition(";")[0])

    def callback(self, authorization: Authorization, *, cookie: str | None = None, **query: str) -> Response:
        """Call the callback with the state and `query`. `cookie=""` stands for another browser."""
        cookies = [authorization.cookie if cookie is None else cookie]
        return self._call(
            CALLBACK,
            provider=self.name,
            query={"state": authorization.query["state"]} | query,
            cookies=cookies if any(cookies) else None,
        )

    def complete(self, authorization: Authorization, **person: Any) -> Response:
        """Consent at the provider, then call the callback."""
        return self.callback(authorization, code=self.provider.authorize(authorization.url, **person))

    def sign_in(self, **person: Any) -> Response:
        """Sign in: begin, consent, callback."""
        return self.complete(self.begin(), **person)

    def link(self, bearer: str, **person: Any) -> Response:
        """Link an account: begin, consent, callback."""
        return self.complete(self.begin(LINK, bearer=bearer), **person)


def error_of(response: Response) -> str | None:
    """Return the error code of a redirect, if it has one."""
    assert response.status == 302, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query)).get("error")


def token_of(response: Response) -> str:
    """Return the session token of a response."""
    return response.headers["set-auth-token"].partition(".")[0]
