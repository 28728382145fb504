"""Sign-in with a provider: by redirect to its page, or directly with an ID token."""

from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Self

from fastapi import Request, Response
from pydantic import Field, StrictBool, StringConstraints, model_validator

from gatehouse.accounts import User
from gatehouse.accounts.challenges import Challenge
from gatehouse.api_model import ApiModel, ResponseModel
from gatehouse.errors import InvalidInput, InvalidToken
from gatehouse.errors.providers import InvalidIdToken
from gatehouse.http.cookies import add_state
from gatehouse.http.origin import asking_site, base_url, encode_location, is_app_link, is_from_app
from gatehouse.oauth import flows, id_tokens, state
from gatehouse.oauth.model import Identity, TokenSet
from gatehouse.oauth.providers import get_provider
from gatehouse.sessions import ClientInfo, IssuedSession, Session
from gatehouse.site import resolve_target

_RESERVED_PARAMETERS = {
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
RedirectTarget = Annotated[str, StringConstraints(max_length=2048)]
Parameter = Annotated[str, StringConstraints(max_length=500)]


class IdTokenInput(ApiModel):
    """An ID token, and perhaps other tokens, that a client got from the provider itself."""

    token: Token
    nonce: str | None = None
    access_token: Token | None = None
    refresh_token: Token | None = None


class SocialSignInRequest(ApiModel):
    """A request to sign in or link; without `idToken` the response is the URL of the provider's page."""

    provider: str
    callback_url: RedirectTarget | None = None
    error_callback_url: RedirectTarget | None = None
    new_user_callback_url: RedirectTarget | None = None
    disable_redirect: StrictBool = False
    id_token: IdTokenInput | None = None
    scopes: Annotated[list[Scope], Field(max_length=50, default_factory=list)]
    login_hint: Parameter | None = None
    additional_params: Annotated[dict[Parameter, Parameter], Field(max_length=20, default_factory=dict)]

    @model_validator(mode="after")
    def _check_reserved_parameters(self) -> Self:
        if taken := _RESERVED_PARAMETERS & self.additional_params.keys():
            raise ValueError(f"additionalParams must not set {', '.join(sorted(taken))}")
        return self


class ProviderRedirect(ResponseModel):
    """The URL of the provider's page, and whether the client should open it."""

    url: str
    redirect: bool


class LinkedBody(ResponseModel):
    """The response when the account was linked at once."""

    url: str = ""
    status: bool = True
    redirect: bool = False


def start_authorization(
    request: Request, response: Response, sign_in_request: SocialSignInRequest, session: Session | None = None
) -> ProviderRedirect:
    """Start an authorization at the provider; with a `session`, to link the account to its user. It is for the app that
    sent the request, if all its targets are in apps: a session must not get into the URL of a page.
    """
    targets = [sign_in_request.callback_url, sign_in_request.error_callback_url, sign_in_request.new_user_callback_url]
    site = asking_site(request)
    options = state.AuthorizationOptions(
        callback_url=resolve_target(sign_in_request.callback_url, site),
        error_callback_url=resolve_target(sign_in_request.error_callback_url, site),
        new_user_callback_url=resolve_target(sign_in_request.new_user_callback_url, site),
        scopes=tuple(sign_in_request.scopes),
        login_hint=sign_in_request.login_hint,
        parameters=sign_in_request.additional_params,
        for_app=is_from_app(request) and bool(targets[0]) and all(is_app_link(target) for target in targets if target),
    )
    authorization = state.create_authorization(
        get_provider(sign_in_request.provider),
        options,
        f"{base_url(request)}/api/auth/callback/{sign_in_request.provider}",
        session,
    )
    add_state(request, response, authorization.state)
    if not sign_in_request.disable_redirect:
        with suppress(InvalidInput):  # too long for a header: the body has it in any case
            response.headers["location"] = encode_location(authorization.url)
    return ProviderRedirect(url=authorization.url, redirect=not sign_in_request.disable_redirect)


def redirect_to_provider(request: Request, name: str, callback_url: str) -> Response:
    """Redirect a browser to the provider; it returns to the alias of the callback."""
    options = state.AuthorizationOptions(callback_url=resolve_target(callback_url, asking_site(request)))
    authorization = state.create_authorization(
        get_provider(name), options, f"{base_url(request)}/api/auth/oauth/{name}/callback"
    )
    response = Response(status_code=HTTPStatus.FOUND, headers={"location": encode_location(authorization.url)})
    add_state(request, response, authorization.state)
    return response


def sign_in_with_id_token(
    name: str, id_token: IdTokenInput, client: ClientInfo
) -> tuple[User, IssuedSession | Challenge]:
    """Open a session for the user of an ID token, or a challenge."""
    identity, tokens = _verify_identity(name, id_token)
    result = flows.sign_in_with_identity(identity, tokens, client)
    return result.user, result.opened


def link_with_id_token(name: str, id_token: IdTokenInput, session: Session, client: ClientInfo) -> LinkedBody:
    """Link the account of an ID token to the signed-in user."""
    identity, tokens = _verify_identity(name, id_token)
    flows.link_identity(session.user_id, session.id, identity, tokens, client)
    return LinkedBody()


def _verify_identity(name: str, id_token: IdTokenInput) -> tuple[Identity, TokenSet]:
    try:
        identity = id_tokens.verify_id_token(get_provider(name), id_token.token, id_token.nonce)
    except InvalidIdToken as refusal:
        raise InvalidToken(status=HTTPStatus.UNAUTHORIZED, cause=refusal.cause) from None
    tokens = TokenSet(access_token=id_token.access_token, refresh_token=id_token.refresh_token, id_token=id_token.token)
    return identity, tokens
