"""Challenges: sign-ins whose first factor was right, and that wait for the second."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from gatehouse import clock, keys
from gatehouse.dynamodb import TransactItem, delete, update

if TYPE_CHECKING:
    from gatehouse.accounts.factor_rows import ChallengeRow

LIFETIME = timedelta(minutes=10)
MOST_ATTEMPTS = 5
APP, MAIL = "totp", "otp"
_TOKEN = re.compile(r"2fa-(?P<user_id>[0-9a-f-]{36})(?P<secret>[\w-]{43})", re.ASCII)


class ResponseForm(StrEnum):
    """How a sign-in is answered: as better-auth does, or as the replaced systems did."""

    BETTER_AUTH = "better-auth"
    WITH_SESSION = "session"
    WITH_TOKENS = "tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstFactor:
    """What a sign-in that waits is to be like: see `open_session`."""

    user_id: str
    epoch: int
    remember: bool
    mailbox: bool
    form: ResponseForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A sign-in that waits for the second factor, by one of `methods`. The token cannot be read back later."""

    token: str
    methods: tuple[str, ...]
    remember: bool


def available_methods(method: str | None, *, mailbox: bool) -> tuple[str, ...]:
    """Return the methods for a sign-in: no mailed code for whoever showed nothing but the mailbox."""
    methods = (*([APP] if method == APP else []), MAIL)
    return tuple(name for name in methods if name != MAIL or not mailbox)


def new_challenge(first: FirstFactor, method: str | None) -> "tuple[Challenge, ChallengeRow]":
    """Return a challenge for a user whose active second factor is `method`, and its row, unsaved."""
    from gatehouse.accounts.factor_rows import ChallengeRow, challenge_key  # noqa: PLC0415 -- most requests touch no second factor

    secret, now = secrets.token_urlsafe(32), max(clock.now(), keys.not_before())
    row = ChallengeRow(
        *challenge_key(first.user_id, secret)[1:],
        epoch=first.epoch,
        remember=first.remember,
        mailbox=first.mailbox,
        form=first.form,
        ends_at=now + LIFETIME,
        delete_at=now + LIFETIME + timedelta(minutes=1),
    )
    methods = available_methods(method, mailbox=first.mailbox)
    return Challenge(token=f"2fa-{first.user_id}{secret}", methods=methods, remember=first.remember), row


def parse_token(text: str) -> tuple[str, str] | None:
    """Return the user id and the secret of a challenge's token; None for any other form."""
    match = _TOKEN.fullmatch(text)
    return (match["user_id"], match["secret"]) if match else None


def is_open(row: "ChallengeRow | None", epoch: int) -> bool:
    """Whether a sign-in still waits: it has not ended, by time or an emergency rotation, nor has what the first factor
    was checked against changed.
    """
    if row is None or row.epoch != epoch:
        return False
    return row.ends_at > clock.now() and row.ends_at - LIFETIME >= keys.not_before()


def count_for(row: "ChallengeRow") -> TransactItem:
    """Return the write that counts one attempt; it fails after five, and when the challenge has ended."""
    from gatehouse.accounts.factor_rows import ChallengeRow  # noqa: PLC0415 -- most requests touch no second factor

    few = ChallengeRow.subject.exists() & (ChallengeRow.attempts < MOST_ATTEMPTS)
    return update(ChallengeRow(row.subject, row.purpose), ChallengeRow.attempts.add(1), condition=few)


def use_up(row: "ChallengeRow") -> TransactItem:
    """Return the write that ends the challenge: only one of several requests succeeds."""
    from gatehouse.accounts.factor_rows import ChallengeRow  # noqa: PLC0415 -- most requests touch no second factor

    return delete(ChallengeRow(row.subject, row.purpose), ChallengeRow.subject.exists())
