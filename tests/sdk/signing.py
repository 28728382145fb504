"""Tokens as Gatehouse issues them, valid and invalid, signed by keys of the tests."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.relative_times import FromNow, resolve_times

USER: dict[str, Any] = {
    "id": "user-1",
    "email": "ann@example.com",
    "name": "Ann",
    "image": None,
    "emailVerified": True,
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-01T00:00:00.000Z",
}
SESSION = {"user": USER, "session": {"id": "session-1", "expiresAt": "2099-01-01T00:00:00.000Z", "token": "x"}}


class Signer:
    """A signing key of a service."""

    def __init__(self, kid: str, issuer: str) -> None:
        self.kid = kid
        self.issuer = issuer
        self._key = Ed25519PrivateKey.generate()

    @property
    def public(self) -> dict[str, str]:
        """Return the public key as in JWKS."""
        x = urlsafe_b64encode(self._key.public_key().public_bytes_raw()).rstrip(b"=").decode()
        return {"alg": "EdDSA", "crv": "Ed25519", "kty": "OKP", "x": x, "kid": self.kid}

    def token(self, **changes: Any) -> str:
        """Return a JWT for Ann; a claim that is changed to `...` is omitted."""
        claims = USER | {
            "sub": "user-1",
            "sid": "session-1",
            "iss": self.issuer,
            "aud": self.issuer,
            "iat": FromNow(0),
            "exp": FromNow(900),
        }
        present = {name: value for name, value in resolve_times(claims | changes).items() if value is not ...}
        return jwt.encode(present, self._key, algorithm="EdDSA", headers={"kid": self.kid, "typ": None})


def jwks(*signers: Signer) -> str:
    """Return the JWKS of these keys."""
    return json.dumps({"keys": [signer.public for signer in signers]})
