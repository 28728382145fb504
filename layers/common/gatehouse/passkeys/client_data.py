"""The client data: what a browser says about a ceremony. Its hash is signed."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gatehouse.passkeys.model import Ceremony, InvalidResponse, RelyingParty, decode


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientData:
    """Client data: its members, and the hash that is signed."""

    members: dict[str, Any]
    digest: bytes

    @classmethod
    def parse(cls, text: str) -> "ClientData":
        """Parse client data in base64url; raises InvalidResponse."""
        data = decode(text)
        try:
            members = json.loads(data.decode())
        except (ValueError, RecursionError):
            raise InvalidResponse("client data") from None
        if not isinstance(members, dict):
            raise InvalidResponse("client data")
        return cls(members=members, digest=sha256(data).digest())

    @property
    def challenge(self) -> str:
        """The challenge; empty when there is none."""
        challenge = self.members.get("challenge")
        return challenge if isinstance(challenge, str) else ""

    def check(self, ceremony: Ceremony, rp: RelyingParty) -> None:
        """Raise InvalidResponse unless one of our own pages began this ceremony, in no frame of another site."""
        if self.members.get("type") != ceremony:
            raise InvalidResponse("type")
        if self.members.get("origin") not in rp.origins:
            raise InvalidResponse("origin")
        if self.members.get("crossOrigin", False) is not False or "topOrigin" in self.members:
            raise InvalidResponse("in a frame of another origin")
        if "tokenBinding" in self.members and self.members["tokenBinding"] != {"status": "supported"}:
            raise InvalidResponse("token binding")  # nobody can have bound one to our connections
