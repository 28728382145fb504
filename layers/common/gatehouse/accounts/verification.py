"""Verify an address by a mailed token: of a pending sign-up, of an unverified user, or a new address."""

from contextlib import suppress
from dataclasses import dataclass

from gatehouse.accounts import outbox, verification_mail
from gatehouse.accounts.counters import empty_counters, spend_mail
from gatehouse.accounts.gate import open_session
from gatehouse.accounts.lookup import AccountLookup, find_profile, look_up_account, pending_user
from gatehouse.accounts.model import User
from gatehouse.accounts.redemption import Decision, Redemption, decide
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, transact
from gatehouse.errors import InvalidToken
from gatehouse.errors.accounts import EmailAlreadyVerified, EmailMismatch
from gatehouse.sessions import ClientInfo, IssuedSession
from gatehouse.tokens import Purpose, TokenRow, find_token, mark_used, replace_token, still_works

_PURPOSES = (Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL, Purpose.CONFIRM_EMAIL_CHANGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationResult:
    """The user, the new session if verifying signs in, the token's purpose, and the decision if this request used it
    up.
    """

    user: User
    issued: IssuedSession | None
    purpose: Purpose
    decision: Decision | None = None


def verify_email(redemption: Redemption) -> VerificationResult:
    """Redeem a mailed token; a pending sign-up becomes a user.

    Redeeming it again before it expires changes nothing. Raises InvalidToken, TokenExpired, and with the token unspent
    PasswordRequired, InvalidPassword, TooManyRequests, PasswordTooShort, PasswordTooLong, WeakPassword,
    PasswordCompromised.
    """
    row = find_token(redemption.token, *_PURPOSES)
    decision = None if row.used_at else _redeem(row, redemption)
    if not decision:
        _check_repeated(row, redemption)
    profile = find_profile(row.user_id)
    if not profile or profile.disabled:
        raise InvalidToken
    if decision:
        empty_counters(row.email, profile.user_id)
    issued = None
    if decision and decision.may_sign_in and config().auto_sign_in_after_verification:
        opened = open_session(profile, redemption.client, proves_mailbox=True, notify=False)
        issued = opened if isinstance(opened, IssuedSession) else None  # with a second factor they sign in by a page
    return VerificationResult(user=profile.to_user(), issued=issued, purpose=Purpose(row.purpose), decision=decision)


def request_verification(email: str, client: ClientInfo, callback_url: str | None = None) -> None:
    """Mail the verification link again, if the address is not verified.

    Beyond the budget of the address it is mailed only when the last link does not work any more.
    """
    within_budget = spend_mail(Purpose.VERIFY_EMAIL, email)
    lookup, _ = look_up_account(email)
    needed = within_budget or not still_works(lookup.verification)
    if not (needed and resend_verification(lookup, client, callback_url)):
        outbox.decoy(email, client).save()


def check_unverified(user: User, email: str) -> None:
    """Raise EmailMismatch or EmailAlreadyVerified when the signed-in user cannot verify this address."""
    if user.email != email:
        raise EmailMismatch
    if user.email_verified:
        raise EmailAlreadyVerified


def resend_verification(lookup: AccountLookup, client: ClientInfo, callback_url: str | None = None) -> bool:
    """Send the verification mail again, with the same link while that works; False when there is nobody to verify, or
    the user is disabled.
    """
    pending_sign_up, profile, earlier = lookup.pending_sign_up, lookup.profile, lookup.verification
    if pending_sign_up:
        user, sign_up = pending_user(pending_sign_up), verification_mail.SignUp.of(pending_sign_up)
        row = verification_mail.verification(user, client, earlier=earlier, callback_url=callback_url, sign_up=sign_up)
    elif profile and not profile.email_verified and not lookup.is_disabled:
        same = earlier if earlier and earlier.user_id == profile.user_id else None
        row = verification_mail.verification(profile.to_user(), client, earlier=same, callback_url=callback_url)
    else:
        return False
    with suppress(ConditionFailed):  # a newer sign-up replaced the row, and has its own mail
        replace_token(row, earlier)
    return True


def _check_repeated(row: TokenRow, redemption: Redemption) -> None:
    """Raise InvalidToken unless the token was used, and for what is asked now: a password is chosen once."""
    used = row if row.used_at else find_token(redemption.token, *_PURPOSES)
    if not used.used_at or (used.sign_ups and redemption.password is not None):
        raise InvalidToken


def _redeem(row: TokenRow, redemption: Redemption) -> Decision | None:
    """Use up a token; None when another request was faster, or something that it depends on has changed."""
    try:
        decision = decide(row, redemption)
        transact(mark_used(row), *decision.writes)
    except ConditionFailed:
        return None
    return decision
