"""Chromium's virtual authenticator, which makes passkeys and uses them without asking anybody."""

from playwright.sync_api import CDPSession, Page


class Authenticator:
    """An authenticator that is built into a page's browser. `verifies` says whether it knows its user at once."""

    def __init__(self, page: Page, *, verifies: bool = True) -> None:
        self._devtools: CDPSession = page.context.new_cdp_session(page)
        self._devtools.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        added = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id: str = added["authenticatorId"]

    def credentials(self) -> list[dict[str, object]]:
        """Return the passkeys that it has."""
        found: list[dict[str, object]] = self._devtools.send("WebAuthn.getCredentials", {"authenticatorId": self._id})[
            "credentials"
        ]
        return found

    def give(self, credential: dict[str, object]) -> None:
        """Add a passkey of another authenticator."""
        self._devtools.send("WebAuthn.addCredential", {"authenticatorId": self._id, "credential": credential})

    def verify(self, *, verifies: bool) -> None:
        """Know the user at once from now on, or never."""
        self._devtools.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": verifies})
