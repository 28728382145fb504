"""What is asked of sign-in by a provider: to be sent to its page, or to be let in at once with an ID token."""

from http import HTTPStatus
from typing import Annotated, Self

from fastapi import Request, Response
from pydantic import Field, StrictBool, StringConstraints, model_validator

from gatehouse.accounts import User
from gatehouse.errors import InvalidIdToken, InvalidToken
from gatehouse.http.cookies import set_state
from gatehouse.http.origin import base_url, location
from gatehouse.oauth import flows, id_tokens, state
from gatehouse.oauth.model import Granted, Identity
from gatehouse.oauth.providers import provider
from gatehouse.sessions import Client, Opened, Session
from gatehouse.wire import Answer, Wire

_OURS = {
    "state",
    "client_id",
    "redirect_uri",
    "response_type",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "scope",
}

Scope = Annotated[str, StringConstraints(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,200}$")]
Token = Annotated[str, StringConstraints(min_length=1, max_length=16_384)]
Place = Annotated[str, StringConstraints(max_length=2048)]
Parameter = Annotated[str, StringConstraints(max_length=500)]


class GivenIdToken(Wire):
    """What a client got from the provider by itself."""

    token: Token
    nonce: str | None = None
    access_token: Token | None = None
    refresh_token: Token | None = None


class Asked(Wire):
    """What a client asks for; without `idToken`, the address of the provider's page."""

    provider: str
    callback_url: Place | None = None
    error_callback_url: Place | None = None
    new_user_callback_url: Place | None = None
    disable_redirect: StrictBool = False
    id_token: GivenIdToken | None = None
    scopes: Annotated[list[Scope], Field(max_length=50, default_factory=list)]
    login_hint: Parameter | None = None
    additional_params: Annotated[dict[Parameter, Parameter], Field(max_length=20, default_factory=dict)]

    @model_validator(mode="after")
    def _leaves_ours_alone(self) -> Self:
        if taken := _OURS & self.additional_params.keys():
            raise ValueError(f"additionalParams must not set {', '.join(sorted(taken))}")
        return self


class SentOn(Answer):
    """Where the browser is to go, and whether the client should take it there."""

    url: str
    redirect: bool


class Linked(Answer):
    """An account that is linked already."""

    url: str = ""
    status: bool = True
    redirect: bool = False


def send_on(request: Request, response: Response, asked: Asked, member: Session | None = None) -> SentOn:
    """Begin a sign-in at the provider's page; with a `member`, to link the account there."""
    wanted = state.Wanted(
        callback_url=asked.callback_url or None,
        error_callback_url=asked.error_callback_url or None,
        new_user_callback_url=asked.new_user_callback_url or None,
        scopes=tuple(asked.scopes),
        login_hint=asked.login_hint,
        parameters=asked.additional_params,
    )
    begun = state.begin(
        provider(asked.provider), wanted, f"{base_url(request)}/api/auth/callback/{asked.provider}", member
    )
    set_state(request, response, begun.state)
    if not asked.disable_redirect:
        response.headers["location"] = location(begun.url)
    return SentOn(url=begun.url, redirect=not asked.disable_redirect)


def lead_on(request: Request, name: str, callback_url: str) -> Response:
    """The same for a browser that comes by itself, and is to come back under the alias."""
    wanted = state.Wanted(callback_url=callback_url or None)
    begun = state.begin(provider(name), wanted, f"{base_url(request)}/api/auth/oauth/{name}/callback")
    answer = Response(status_code=HTTPStatus.FOUND, headers={"location": location(begun.url)})
    set_state(request, answer, begun.state)
    return answer


def let_in(name: str, given: GivenIdToken, client: Client) -> tuple[User, Opened]:
    """A session for whom an ID token is about."""
    identity, granted = _identified(name, given)
    arrival = flows.come_in(identity, granted, client)
    return arrival.user, arrival.opened


def link_at_once(name: str, given: GivenIdToken, member: Session) -> Linked:
    """One more way in, by an ID token."""
    identity, granted = _identified(name, given)
    flows.link(member.user_id, member.id, identity, granted)
    return Linked()


def _identified(name: str, given: GivenIdToken) -> tuple[Identity, Granted]:
    try:
        identity = id_tokens.identity(provider(name), given.token, given.nonce)
    except InvalidIdToken as refusal:
        raise InvalidToken(status=HTTPStatus.UNAUTHORIZED, cause=refusal.cause) from None
    tokens = Granted(access_token=given.access_token, refresh_token=given.refresh_token, id_token=given.token)
    return identity, tokens
