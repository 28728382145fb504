"""Registration: the body, and the new passkey with the session that may come along."""

from fastapi import Request, Response
from pydantic import StrictBool

from gatehouse.accounts import AuthenticatedUser
from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.passkeys.challenges import use_for_registration
from gatehouse.api.passkeys.schemas import PasskeyBody
from gatehouse.api.sessions.schemas import SessionBody
from gatehouse.api.sessions.starting import start_session
from gatehouse.api_model import ApiModel
from gatehouse.http.origin import base_url
from gatehouse.passkeys.model import PasskeyName
from gatehouse.passkeys.registration import Registration, register
from gatehouse.passkeys.relying_party import relying_party
from gatehouse.passkeys.responses import RegistrationResponse
from gatehouse.sessions import ClientInfo


class RegistrationRequest(ApiModel):
    """The body of a registration."""

    response: RegistrationResponse
    name: PasskeyName | None = None
    create_session: StrictBool = False


class RegisteredBody(PasskeyBody):
    """A new passkey, with a session and its user where one was asked for."""

    session: SessionBody | None = None
    user: UserBody | None = None


def add_passkey(
    account: AuthenticatedUser, body: RegistrationRequest, client: ClientInfo, request: Request, response: Response
) -> RegisteredBody:
    """Add a passkey to the user; with a session, whose cookies are set, where that is asked for.

    Raises ChallengeNotFound, RegistrationOfAnotherUser, and as `register`.
    """
    use_for_registration(request, body.response.response.client_data_json, account.id)
    registration = Registration(
        response=body.response, client=client, name=body.name, opens_session=body.create_session
    )
    row, issued = register(account, registration, relying_party(base_url(request)))
    passkey = dict(PasskeyBody.of_row(row))
    if not issued:
        return RegisteredBody(**passkey)
    start_session(request, response, account.user, issued)
    session = SessionBody.of(issued.session, token=str(issued.token))
    return RegisteredBody(**passkey, session=session, user=UserBody.of(account.user))
