"""What py_webauthn, another implementation, says of a ceremony."""

import json
from typing import Any

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers.cose import COSEAlgorithmIdentifier

from tests.support.authenticator import EDDSA, ES256, ORIGIN, RP_ID, RS256, Json
from tests.support.base64url import decode

ALGORITHMS = [COSEAlgorithmIdentifier(number) for number in (EDDSA, ES256, RS256)]


def accepts_registration(response: Json, options: Json) -> bool:
    """Whether it accepts the response to creation options."""
    return _accepts(
        verify_registration_response,
        credential=json.dumps(response),
        expected_challenge=decode(options["challenge"]),
        supported_pub_key_algs=ALGORITHMS,
    )


def accepts_authentication(response: Json, options: Json, public_key: bytes, counter: int) -> bool:
    """Whether it accepts the response to request options, by a key in COSE's form with this counter."""
    return _accepts(
        verify_authentication_response,
        credential=json.dumps(response),
        expected_challenge=decode(options["challenge"]),
        credential_public_key=public_key,
        credential_current_sign_count=counter,
    )


def _accepts(verify: Any, **given: Any) -> bool:
    try:
        verify(**given, expected_rp_id=RP_ID, expected_origin=[ORIGIN], require_user_verification=True)
    except Exception:  # noqa: BLE001 -- it also fails with KeyError, TypeError and others
        return False
    return True
