"""The end of a ceremony: its challenge is used up first, whatever follows."""

from fastapi import Request, Response

from gatehouse.accounts import AuthenticatedUser
from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.passkeys.schemas import PasskeyBody, RegisteredBody, RegistrationRequest, SignedInBody
from gatehouse.api.sessions.responder import start_session
from gatehouse.api.sessions.schemas import SessionBody
from gatehouse.errors import ChallengeNotFound, RegistrationOfAnotherUser
from gatehouse.http.authentication import account_of, find_caller
from gatehouse.http.challenge_cookie import known_challenges
from gatehouse.http.cookies import resend_session
from gatehouse.http.known_device import remember_device
from gatehouse.http.origin import base_url
from gatehouse.passkeys.authentication import authenticate
from gatehouse.passkeys.challenges import use_challenge
from gatehouse.passkeys.client_data import ClientData
from gatehouse.passkeys.model import AuthenticationResponse, Ceremony, InvalidResponse
from gatehouse.passkeys.registration import Registration, register
from gatehouse.passkeys.relying_party import relying_party
from gatehouse.sessions import ClientInfo, IssuedSession
from gatehouse.telemetry import add_log_context


def add_passkey(
    account: AuthenticatedUser, body: RegistrationRequest, client: ClientInfo, request: Request, response: Response
) -> RegisteredBody:
    """Add a passkey to the user; with a session, whose cookies are set, where that is asked for.

    Raises ChallengeNotFound, RegistrationOfAnotherUser, and as `register`.
    """
    challenge = _challenge_in(body.response.response.client_data_json)
    owner = _owner_in_cookie(request, challenge)
    use_challenge(challenge, Ceremony.REGISTRATION, owner or account.id)
    if owner not in {None, account.id}:
        raise RegistrationOfAnotherUser
    registration = Registration(
        response=body.response, client=client, name=body.name, opens_session=body.create_session
    )
    row, issued = register(account, registration, relying_party(base_url(request)))
    passkey = PasskeyBody.of_row(row)
    if not issued:
        return RegisteredBody(**dict(passkey))
    start_session(request, response, account.user, issued)
    return RegisteredBody(**dict(passkey), session=_session(issued), user=UserBody.of(account.user))


def sign_in(sent: AuthenticationResponse, client: ClientInfo, request: Request, response: Response) -> SignedInBody:
    """Sign in with a passkey. A session of the same user that the request has is made fresh, and there is no new one.

    Raises ChallengeNotFound, and as `authenticate`.
    """
    challenge = _challenge_in(sent.response.client_data_json)
    if _owner_in_cookie(request, challenge):
        raise ChallengeNotFound  # it is for a registration
    use_challenge(challenge, Ceremony.AUTHENTICATION)
    caller = find_caller(request)
    user, issued = authenticate(sent, relying_party(base_url(request)), client, account_of(caller) if caller else None)
    add_log_context(user_id=user.id)
    if issued:
        start_session(request, response, user, issued)
        remember_device(request, response, user.email, is_proven=user.is_proven)
        return SignedInBody(session=_session(issued), user=UserBody.of(user))
    assert caller  # noqa: S101 -- else there would be a new session
    request.state.caller = caller
    resend_session(request, response, caller.session)
    session = SessionBody.of(caller.session, token=str(caller.credential))
    return SignedInBody(session=session, user=UserBody.of(user))


def _challenge_in(client_data: str) -> str:
    try:
        return ClientData.parse(client_data).challenge
    except InvalidResponse:
        raise ChallengeNotFound from None


def _owner_in_cookie(request: Request, challenge: str) -> str | None:
    """Return whom a challenge is for by the browser's cookie, None where there is none; raises ChallengeNotFound where
    it has others.
    """
    known = known_challenges(request)
    if known is None:
        return None
    for one in known:
        if one.challenge == challenge:
            return one.user_id
    raise ChallengeNotFound


def _session(issued: IssuedSession) -> SessionBody:
    return SessionBody.of(issued.session, token=str(issued.token))
