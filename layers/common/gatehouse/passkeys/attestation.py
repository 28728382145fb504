"""A new credential, out of the response of an authenticator."""

from typing import Any

from gatehouse.passkeys.authenticator_data import AuthenticatorData, NewCredential
from gatehouse.passkeys.cbor import decode_map
from gatehouse.passkeys.client_data import ClientData
from gatehouse.passkeys.model import Ceremony, InvalidResponse, RelyingParty, decode
from gatehouse.passkeys.public_keys import PublicKey
from gatehouse.passkeys.responses import RegistrationResponse, credential_id_of


def verify(
    response: RegistrationResponse, client_data: ClientData, rp: RelyingParty
) -> tuple[NewCredential, AuthenticatorData]:
    """Return the new credential of a response, and what its authenticator said; raises InvalidResponse."""
    client_data.check(Ceremony.REGISTRATION, rp)
    attestation = decode_map(decode(response.response.attestation_object))
    signed = attestation.get("authData")
    if not isinstance(signed, bytes):
        raise InvalidResponse("attestation")
    data = AuthenticatorData.parse(signed)
    data.check(rp)
    credential = data.credential
    if not credential or credential.credential_id != credential_id_of(response):
        raise InvalidResponse("credential id")
    key = PublicKey.parse(credential.cose_key)
    _check_statement(attestation.get("fmt"), attestation.get("attStmt"), key, signed + client_data.digest)
    return credential, data


def _check_statement(form: Any, statement: Any, key: PublicKey, signed: bytes) -> None:
    """Raise InvalidResponse unless there is no attestation, as we ask for, or one by the new key itself.

    Browsers remove every other one, and leave that: https://www.w3.org/TR/webauthn-3/#sctn-createCredential.
    """
    match form, statement:
        case "none", dict() if not statement:
            return
        case "packed", {"alg": int(algorithm), "sig": bytes(signature)} if len(statement) == 2:  # noqa: PLR2004 -- both
            if algorithm == key.algorithm and key.signed(signed, signature):
                return
    raise InvalidResponse("attestation statement")
