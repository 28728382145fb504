"""A session with everything that stands for it."""

from dataclasses import dataclass
from typing import Any

from tests.layer.every_route import OURS
from tests.support.calls import Api
from tests.support.people import PASSWORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where somebody signed in, and all that they were given there."""

    user_id: str
    token: str
    signed: str
    cookie: str
    jwt: str
    refresh: str

    @property
    def id(self) -> str:
        """What lists call the session."""
        return self.token[36:58]

    @property
    def credentials(self) -> dict[str, dict[str, Any]]:
        """Each way to be let in; the refresh token is none."""
        return {
            "token": {"bearer": self.token},
            "signed token": {"bearer": self.signed},
            "cookie": {"cookies": [self.cookie], "headers": OURS},
            "JWT": {"bearer": self.jwt},
        }


def arrives(call: Api, email: str) -> Device:
    """Somebody signs in on one more device."""
    answer = call("POST /api/auth/login", json={"email": email, "password": PASSWORD})
    signed, body = answer.headers["set-auth-token"], answer.json
    return Device(
        user_id=body["user"]["id"],
        token=signed.partition(".")[0],
        signed=signed,
        cookie=answer.cookies[0].partition(";")[0],
        jwt=body["access_token"],
        refresh=body["refresh_token"],
    )
