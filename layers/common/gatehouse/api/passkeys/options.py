"""The options of a ceremony, with a challenge that the browser also keeps in a cookie."""

from typing import Annotated

from fastapi import Query, Request, Response

from gatehouse import base64url
from gatehouse.accounts import AuthenticatedUser
from gatehouse.api.passkeys.option_bodies import (
    Algorithm,
    CreationOptions,
    Descriptor,
    Owner,
    Party,
    RequestOptions,
    Selection,
)
from gatehouse.api_model import ApiModel
from gatehouse.config import config
from gatehouse.http.authentication import find_session_user
from gatehouse.http.challenge_cookie import add_challenge
from gatehouse.http.origin import base_url
from gatehouse.passkeys.challenges import new_challenge
from gatehouse.passkeys.model import ALGORITHMS, Attachment, Ceremony, PasskeyName
from gatehouse.passkeys.own_passkeys import check_may_register, passkeys_of
from gatehouse.passkeys.relying_party import relying_party
from gatehouse.passkeys.user_handles import user_handle


class RegistrationQuery(ApiModel):
    """The parameters of creation options."""

    name: PasskeyName | None = None
    authenticator_attachment: Attachment | None = None


RegistrationParameters = Annotated[RegistrationQuery, Query()]


def creation_options(
    account: AuthenticatedUser, query: RegistrationQuery, request: Request, response: Response
) -> CreationOptions:
    """Return the options for a new passkey of a user; raises AccountNotProven, PasskeyLimitReached."""
    profile = account.profile
    check_may_register(profile, account.session)
    challenge = base64url.encode(new_challenge(Ceremony.REGISTRATION, profile.user_id))
    add_challenge(request, response, challenge, profile.user_id)
    return CreationOptions(
        challenge=challenge,
        rp=Party(name=config().product_name, id=relying_party(base_url(request)).id),
        user=Owner(
            id=base64url.encode(user_handle(profile.user_id)),
            name=query.name or profile.email,
            display_name=profile.email,
        ),
        pub_key_cred_params=[Algorithm(alg=number) for number in ALGORITHMS],
        exclude_credentials=[Descriptor.of_row(row) for row in passkeys_of(profile)],
        authenticator_selection=Selection(authenticator_attachment=query.authenticator_attachment),
        extensions={"credProps": True},
        hints=[],
    )


def request_options(request: Request, response: Response) -> RequestOptions:
    """Return the options for a sign-in: with any passkey of ours, or of a signed-in caller with one of theirs."""
    current = find_session_user(request)
    challenge = base64url.encode(new_challenge(Ceremony.AUTHENTICATION))
    add_challenge(request, response, challenge)
    return RequestOptions(
        rp_id=relying_party(base_url(request)).id,
        challenge=challenge,
        allow_credentials=[Descriptor.of_row(row) for row in passkeys_of(current.profile)] if current else None,
    )
