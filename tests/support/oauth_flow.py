"""Going to a provider and coming back, as a browser does."""

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
    """Somebody on the provider's page: its address, and the cookie that their browser was given."""

    url: str
    cookie: str

    @property
    def query(self) -> dict[str, str]:
        """What the address of the page says."""
        return dict(parse_qsl(urlsplit(self.url).query))


class OAuthFlow:
    """People who go to a provider and come back."""

    def __init__(self, call: Api, provider: Provider, name: str = "google") -> None:
        """`name` is what the service calls the provider."""
        self._call = call
        self.provider = provider
        self.name = name

    def begin(self, route: str = SOCIAL, *, bearer: str | None = None, **body: Any) -> Authorization:
        """Be sent to the provider's page."""
        answer = self._call(route, json={"provider": self.name} | body, bearer=bearer)
        assert answer.status == 200, answer.text
        return Authorization(url=answer.json["url"], cookie=answer.cookies[0].partition(";")[0])

    def come_back(self, sent: Authorization, *, cookie: str | None = None, **query: str) -> Response:
        """Come back with a state and whatever the provider says; `cookie=""` is another browser."""
        cookies = [sent.cookie if cookie is None else cookie]
        return self._call(
            CALLBACK,
            provider=self.name,
            query={"state": sent.query["state"]} | query,
            cookies=cookies if any(cookies) else None,
        )

    def complete(self, sent: Authorization, **person: Any) -> Response:
        """Say yes on the provider's page, and come back."""
        return self.come_back(sent, code=self.provider.visits(sent.url, **person))

    def sign_in(self, **person: Any) -> Response:
        """All of it."""
        return self.complete(self.begin(), **person)

    def link(self, bearer: str, **person: Any) -> Response:
        """The same, to link the account."""
        return self.complete(self.begin(LINK, bearer=bearer), **person)


def error_of(answer: Response) -> str | None:
    """The error that a redirect tells of."""
    assert answer.status == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query)).get("error")


def token_of(answer: Response) -> str:
    """The session token that came with an answer."""
    return answer.headers["set-auth-token"].partition(".")[0]
