"""The data that an authenticator signs: https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from gatehouse.passkeys.cbor import decode_first_map, decode_map
from gatehouse.passkeys.model import InvalidResponse, RelyingParty, check_credential_id

_PRESENT, _VERIFIED, _ELIGIBLE, _BACKED_UP, _CREDENTIAL, _EXTENSIONS = (1 << bit for bit in (0, 2, 3, 4, 6, 7))
_FIXED = 37  # bytes: the hash of the relying party's id, flags, counter
_BEFORE_CREDENTIAL_ID = 18  # bytes: the AAGUID, and the length of the credential id


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """A credential that an authenticator made; `aaguid` names its model, `cose_key` is as it was sent."""

    aaguid: str
    credential_id: bytes
    cose_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatorData:
    """What an authenticator says. `counter` counts its signatures, and is 0 always where it does not count."""

    rp_id_hash: bytes
    flags: int
    counter: int
    credential: NewCredential | None

    @classmethod
    def parse(cls, data: bytes) -> "AuthenticatorData":
        """Parse all of `data`; raises InvalidResponse."""
        if len(data) < _FIXED:
            raise InvalidResponse("length of the authenticator data")
        flags, rest, credential = data[32], data[_FIXED:], None
        if flags & _CREDENTIAL:
            credential, rest = _parse_credential(rest)
        if flags & _EXTENSIONS:
            decode_map(rest)
        elif rest:
            raise InvalidResponse("bytes after the authenticator data")
        counter = int.from_bytes(data[33:_FIXED])
        return cls(rp_id_hash=data[:32], flags=flags, counter=counter, credential=credential)

    @property
    def backup_eligible(self) -> bool:
        """Whether the passkey may be copied to other devices."""
        return bool(self.flags & _ELIGIBLE)

    @property
    def backed_up(self) -> bool:
        """Whether the passkey is stored in more than one place now."""
        return bool(self.flags & _BACKED_UP)

    def check(self, rp: RelyingParty) -> None:
        """Raise InvalidResponse unless it is for us, the user was there and was verified, and the flags agree."""
        if self.rp_id_hash != sha256(rp.id.encode()).digest():
            raise InvalidResponse("relying party")
        if not self.flags & _PRESENT or not self.flags & _VERIFIED:
            raise InvalidResponse("user not present or not verified")
        if self.backed_up and not self.backup_eligible:
            raise InvalidResponse("backed up, but not eligible")


def _parse_credential(data: bytes) -> tuple[NewCredential, bytes]:
    """Return the credential at the beginning of `data`, and the rest."""
    start, end = _BEFORE_CREDENTIAL_ID, _BEFORE_CREDENTIAL_ID + int.from_bytes(data[16:18])
    if len(data) <= end:
        raise InvalidResponse("length of the credential")
    _, size = decode_first_map(data[end:])
    credential = NewCredential(
        aaguid=str(UUID(bytes=data[:16])),
        credential_id=check_credential_id(data[start:end]),
        cose_key=data[end : end + size],
    )
    return credential, data[end + size :]
