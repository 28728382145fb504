"""Tokens that end digests. They have no row: the link of an old digest works as long as a key is trusted.

A token is bound to user and address, so that after a move the old mailbox ends nothing.
"""

from gatehouse import keys
from gatehouse.errors import InvalidToken
from gatehouse.tokens.model import MailedToken, Purpose


def unsubscribe_token(user_id: str, email: str) -> str:
    """Return the token for digests to an address."""
    mac = keys.mac(keys.UNSUBSCRIBE, _message(user_id, email))
    return str(MailedToken(purpose=Purpose.TASK_DIGEST, subject=user_id, mac=mac))


def parse_unsubscribe_token(text: str) -> MailedToken:
    """Parse a token, whose subject is a user id; raises InvalidToken for any other form. `is_unsubscribe_token` checks
    it.
    """
    token = MailedToken.parse(text)
    if token.purpose != Purpose.TASK_DIGEST:
        raise InvalidToken
    return token


def is_unsubscribe_token(token: MailedToken, email: str) -> bool:
    """Whether a token ends digests to an address."""
    return keys.matches(keys.UNSUBSCRIBE, _message(token.subject, email), token.mac)


def _message(user_id: str, email: str) -> bytes:
    return f"{user_id}\0{email}".encode()
