"""A request that redeems a mailed token, with what may show whose account it is."""

from functools import partial
from typing import Annotated, Literal

from fastapi import Depends, Request
from pydantic import BaseModel

from gatehouse.accounts.redemption import Redemption
from gatehouse.http.authentication import CurrentClient, find_session_user
from gatehouse.http.proof_cookies import remembered_sign_up
from gatehouse.sessions import ClientInfo


class VerifyEmailRequest(BaseModel):
    """The body of a redemption. `proof` is what the page sends, which can ask for a password."""

    token: str
    password: str | None = None
    proof: Literal["required"] | None = None


def redemption_of(
    request: Request, client: ClientInfo, token: str, *, password: str | None = None, proof_required: bool = False
) -> Redemption:
    """Return the redemption of a token by this request. Its session and cookie are looked at only where they matter."""
    return Redemption(
        token=token,
        client=client,
        password=password,
        sign_up_id=partial(remembered_sign_up, request),
        session_user=partial(find_session_user, request),
        proof_required=proof_required,
    )


async def _current_redemption(body: VerifyEmailRequest, request: Request, client: CurrentClient) -> Redemption:
    strict = body.proof is not None
    return redemption_of(request, client, body.token, password=body.password, proof_required=strict)


CurrentRedemption = Annotated[Redemption, Depends(_current_redemption)]
