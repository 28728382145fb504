"""A session with all its credentials."""

from dataclasses import dataclass
from typing import Any

from tests.layer.every_route import OURS
from tests.support.calls import Api
from tests.support.people import PASSWORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A session, and the credentials that its sign-in returned."""

    user_id: str
    token: str
    signed: str
    cookie: str
    jwt: str
    refresh: str

    @property
    def id(self) -> str:
        """Return the session's id."""
        return self.token[36:58]

    @property
    def credentials(self) -> dict[str, dict[str, Any]]:
        """Return each way to authenticate; the refresh token is none."""
        return {
            "token": {"bearer": self.token},
            "signed token": {"bearer": self.signed},
            "cookie": {"cookies": [self.cookie], "headers": OURS},
            "JWT": {"bearer": self.jwt},
        }


def sign_in_device(call: Api, email: str) -> Device:
    """Open another session."""
    response = call("POST /api/auth/login", json={"email": email, "password": PASSWORD})
    signed, body = response.headers["set-auth-token"], response.json
    return Device(
        user_id=body["user"]["id"],
        token=signed.partition(".")[0],
        signed=signed,
        cookie=response.cookies[0].partition(";")[0],
        jwt=body["access_token"],
        refresh=body["refresh_token"],
    )
