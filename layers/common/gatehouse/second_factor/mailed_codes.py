"""Mailed codes, as a second factor.

A user has one code at a time, bound to the sign-in or the session that asked for it.
"""

from datetime import timedelta

from gatehouse.accounts.challenges import APP
from gatehouse.accounts.counters import check_mail_rate
from gatehouse.accounts.outbox import is_owner, issue
from gatehouse.accounts.table import ProfileRow
from gatehouse.dynamodb import TransactItem, batch_get, update
from gatehouse.errors.second_factor import OtpNotConfigured
from gatehouse.second_factor.verification import Verification
from gatehouse.tokens import Purpose, TokenRow, still_works

LIFETIME = timedelta(minutes=3)
MOST_GUESSES = 5


def send_code(verification: Verification) -> None:
    """Mail a new code, in place of the last one.

    Raises OtpNotConfigured when the mailbox was the first factor, and TooManyRequests after too many mails.
    """
    profile = verification.profile
    if _may_be_of_the_mailbox(verification):
        raise OtpNotConfigured
    check_mail_rate(Purpose.TWO_FACTOR_CODE, profile.email)
    issue(
        Purpose.TWO_FACTOR_CODE,
        profile.user_id,
        profile.email,
        verification.client,
        lifetime=LIFETIME,
        name=profile.name,
        to_owner=is_owner(profile),
        asked_by=verification.asker,
        guesses=0,
    ).save()


def _may_be_of_the_mailbox(verification: Verification) -> bool:
    """Whether the mailbox may have been the first factor; in a session it may, before the app gave a code."""
    challenge, session = verification.challenge, verification.session
    if challenge:
        return challenge.mailbox
    return bool(session and not session.second_factor and verification.profile.two_factor == APP)


def find_code(user_id: str) -> TokenRow | None:
    """Return the row of a user's latest code."""
    row: TokenRow | None
    (row,) = batch_get((TokenRow, user_id, Purpose.TWO_FACTOR_CODE))
    return row


def is_usable(row: TokenRow | None, profile: ProfileRow, asked_by: str) -> bool:
    """Whether a code was mailed to the user's address for this sign-in or session, and can still be used."""
    return still_works(row) and row is not None and (row.email, row.asked_by) == (profile.email, asked_by)


def count_guess(row: TokenRow) -> TransactItem:
    """Return the write that counts one guess; it fails after five, and when the code was replaced."""
    same = (TokenRow.nonce == row.nonce) & (TokenRow.guesses < MOST_GUESSES)
    return update(TokenRow(row.subject, row.purpose), TokenRow.guesses.add(1), condition=same)
