"""Responses to a verified address."""

from fastapi import Request, Response

from gatehouse.accounts.verification import VerificationResult
from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.sessions.starting import start_session
from gatehouse.api_model import ResponseModel
from gatehouse.http.cookies import clear_session_cache
from gatehouse.http.known_device import remember_device
from gatehouse.http.proof_cookies import forget_sign_up, remember_verification


class VerifiedUserBody(ResponseModel):
    """A user whose address is verified."""

    success: bool = True
    status: bool = True
    user: UserBody


def verified_user(request: Request, response: Response, verified: VerificationResult) -> VerifiedUserBody:
    """Return the body for the page behind a verification link. Whether it signs in is a setting."""
    apply_verification(request, response, verified)
    return VerifiedUserBody(user=UserBody.of(verified.user))


def apply_verification(request: Request, response: Response, verified: VerificationResult) -> None:
    """Set the cookies of the session that verifying opened, or clear the cached session, which has the old address.

    The browser becomes a known device: whoever has the mailbox used it. While the password is unproven, a sign-in from
    there proves it.
    """
    start_session(request, response, verified.user, verified.issued)
    if decision := verified.decision:
        remember_device(request, response, verified.user.email, signed_in=verified.issued is not None)
        if decision.completes_sign_up:
            forget_sign_up(request, response)
        if decision.is_unproven:
            remember_verification(request, response, verified.user.id)
    if not verified.issued:
        clear_session_cache(request, response)
