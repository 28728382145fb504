"""What people do more than once in these tests."""

from tests.support.calls import Answer, Api
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD


def signs_up(call: Api, email: str, password: str = PASSWORD) -> Answer:
    """Begin an account."""
    return call("POST /api/auth/sign-up/email", json={"email": email, "password": password})


def signs_in(call: Api, email: str, password: str = PASSWORD) -> Answer:
    """Try a password."""
    return call("POST /api/auth/sign-in/email", json={"email": email, "password": password})


def verifies(call: Api, token: str) -> Answer:
    """Redeem the token of a sign-up."""
    return call("POST /api/auth/verify-email", json={"token": token})


def forgets(call: Api, mailbox: Mailbox, email: str) -> str:
    """Ask for a new password; the token in the mail."""
    mailbox.deliver()  # so that this mail comes last
    call("POST /api/auth/request-password-reset", json={"email": email})
    return mailbox.to(email)[-1].token


def resets(call: Api, token: str, password: str) -> Answer:
    """Set a new password with a mailed token."""
    return call("POST /api/auth/reset-password", json={"token": token, "newPassword": password})
