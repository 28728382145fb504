"""The challenge of a response: it is used up first, whatever follows."""

from fastapi import Request

from gatehouse.errors.passkeys import ChallengeNotFound, RegistrationOfAnotherUser
from gatehouse.http.challenge_cookie import known_challenges
from gatehouse.passkeys.challenges import use_challenge
from gatehouse.passkeys.client_data import ClientData
from gatehouse.passkeys.model import Ceremony, InvalidResponse


def use_for_registration(request: Request, client_data: str, user_id: str) -> None:
    """Use up the challenge in the client data of a registration.

    Raises ChallengeNotFound, and RegistrationOfAnotherUser where the browser got it for another user.
    """
    challenge = _challenge_in(client_data)
    owner = _owner_in_cookie(request, challenge)
    use_challenge(challenge, Ceremony.REGISTRATION, owner or user_id)
    if owner not in {None, user_id}:
        raise RegistrationOfAnotherUser


def use_for_authentication(request: Request, client_data: str) -> None:
    """Use up the challenge in the client data of a sign-in; raises ChallengeNotFound."""
    challenge = _challenge_in(client_data)
    _owner_in_cookie(request, challenge)
    use_challenge(challenge, Ceremony.AUTHENTICATION)


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
