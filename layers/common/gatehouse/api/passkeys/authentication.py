"""Authentication: the body, and the session that is new or fresh again."""

from fastapi import Request, Response

from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.passkeys.challenges import use_for_authentication
from gatehouse.api.sessions.schemas import SessionBody
from gatehouse.api.sessions.starting import start_session
from gatehouse.api_model import ApiModel, ResponseModel
from gatehouse.http.authentication import account_of, find_caller
from gatehouse.http.cookies import resend_session
from gatehouse.http.known_device import remember_device
from gatehouse.http.origin import base_url
from gatehouse.passkeys.authentication import authenticate
from gatehouse.passkeys.relying_party import relying_party
from gatehouse.passkeys.responses import AuthenticationResponse
from gatehouse.sessions import ClientInfo
from gatehouse.telemetry import add_log_context


class AuthenticationRequest(ApiModel):
    """The body of an authentication."""

    response: AuthenticationResponse


class SignedInBody(ResponseModel):
    """The session and the user of a passkey."""

    session: SessionBody
    user: UserBody


def sign_in_with_passkey(
    sent: AuthenticationResponse, client: ClientInfo, request: Request, response: Response
) -> SignedInBody:
    """Sign in with a passkey. A session of the same user that the request has is made fresh, and there is no new one.

    Raises ChallengeNotFound, and as `authenticate`.
    """
    use_for_authentication(request, sent.response.client_data_json)
    caller = find_caller(request)
    user, issued = authenticate(sent, relying_party(base_url(request)), client, account_of(caller) if caller else None)
    add_log_context(user_id=user.id)
    if issued:
        start_session(request, response, user, issued)
        remember_device(request, response, user.email, is_proven=user.is_proven)
        session = SessionBody.of(issued.session, token=str(issued.token))
        return SignedInBody(session=session, user=UserBody.of(user))
    assert caller  # noqa: S101 -- else there would be a new session
    request.state.caller = caller
    resend_session(request, response, caller.session)
    session = SessionBody.of(caller.session, token=str(caller.credential))
    return SignedInBody(session=session, user=UserBody.of(user))
