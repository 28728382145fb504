"""Coming in by a provider, and one more way in for somebody who is in already.

Whom an account belongs to, issuer and subject say; an address only ever introduces an account that nobody has yet, and
only where both the provider and we have proved it.
"""

from dataclasses import dataclass, replace

from pynamodb.expressions.update import Action

from gatehouse import clock, keys, sessions
from gatehouse.accounts.model import User
from gatehouse.accounts.people import forget_sign_up, newcomer
from gatehouse.accounts.table import (
    ProfileRow,
    addition_of_link,
    creation,
    email_key,
    link_key,
    point,
    profile_key,
)
from gatehouse.config import config
from gatehouse.dynamodb import Change, ConditionFailed, Contended, get_together, pause, put, transact, update
from gatehouse.errors import (
    EmailNotVerified,
    LinkingDifferentEmails,
    LinkingNotAllowed,
    OAuthLinkError,
    SocialAccountAlreadyLinked,
)
from gatehouse.oauth.model import Granted, Identity
from gatehouse.oauth.table import AccountRow, account_key
from gatehouse.oauth.unlinking import accounts_of
from gatehouse.oauth.vault import keep, kept
from gatehouse.sessions import Client, Opened, first_epoch, open_session

MOST_LINKS = 20
_ATTEMPTS = 8
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody who came in, and whether they were never here before."""

    user: User
    opened: Opened
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognized:
    """What is known of an account: whose it is, or else who has its address, and the row about it if it is theirs."""

    linked: bool
    profile: ProfileRow | None
    account: AccountRow | None


def come_in(identity: Identity, granted: Granted, client: Client) -> Arrival:
    """Open a session for whoever has this account; an account that is new brings its user along, or joins one.

    Raises OAuthLinkError and EmailNotVerified; then nothing was changed.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return _come_in(_recognize(identity), identity, granted, client)
        except ConditionFailed:
            pause(attempt)
    raise Contended


def link(user_id: str, session_id: str, identity: Identity, granted: Granted) -> None:
    """Let a user in by this account, too, if the session in which they asked for it still lives.

    Raises InvalidToken, SocialAccountAlreadyLinked, LinkingDifferentEmails, LinkingNotAllowed: nothing was changed.
    """
    for attempt in range(_ATTEMPTS):
        sessions.check_lives(user_id, session_id)
        try:
            return _link(user_id, identity, granted)
        except ConditionFailed:
            pause(attempt)
    raise Contended


def _recognize(identity: Identity) -> Recognized:
    pointer, address, keyring = get_together(
        link_key(identity.account_id), email_key(identity.email), keys.keyring_key()
    )
    keys.observe(keyring)
    user_id = (pointer or address).user_id if pointer or address else _NOBODY
    profile, account = get_together(profile_key(user_id), account_key(user_id, identity.account_id))
    return Recognized(linked=pointer is not None, profile=profile, account=account)


def _come_in(found: Recognized, identity: Identity, granted: Granted, client: Client) -> Arrival:
    profile = found.profile
    if found.linked:
        return _again(found, granted, client)
    if profile:
        return _join(profile, identity, granted, client)
    return _begin(identity, granted, client)


def _again(found: Recognized, granted: Granted, client: Client) -> Arrival:
    profile, account = found.profile, found.account
    if not profile or not account or profile.disabled:
        raise OAuthLinkError("unable to create session")
    if config().require_email_verification and not profile.email_verified:
        raise EmailNotVerified
    opened, session = open_session(profile.user_id, profile.epoch, client)
    transact(_newer_tokens(account, granted), put(session))
    return Arrival(user=profile.to_user(), opened=opened)


def _join(profile: ProfileRow, identity: Identity, granted: Granted, client: Client) -> Arrival:
    """An address that a provider gives to somebody new does not bring them into the account of who had it before."""
    if not (identity.email_verified and profile.email_verified) or profile.disabled:
        raise OAuthLinkError("account not linked")
    if any(account.provider_id == identity.provider_id for account in accounts_of(profile)):
        raise OAuthLinkError("account not linked")
    opened, session = open_session(profile.user_id, profile.epoch, client)
    transact(*_addition(profile, identity, granted), put(session))
    return Arrival(user=profile.to_user(), opened=opened)


def _begin(identity: Identity, granted: Granted, client: Client) -> Arrival:
    """A new user. What waits for the address, with the password of whoever began it, is gone."""
    if not config().sign_up_enabled:
        raise OAuthLinkError("signup disabled")
    if not identity.email_verified:
        raise EmailNotVerified
    user = replace(newcomer(identity.email, name=identity.name, image=identity.image), email_verified=True)
    opened, session = open_session(user.id, 1, client)
    transact(
        *creation(user, None, identity.account_id),
        point(link_key(identity.account_id), user.id),
        put(_account(user.id, identity, granted)),
        first_epoch(user.id),
        put(session),
        forget_sign_up(user.email),
    )
    return Arrival(user=user, opened=opened, is_new=True)


def _link(user_id: str, identity: Identity, granted: Granted) -> None:
    pointer, profile, account, keyring = get_together(
        link_key(identity.account_id),
        profile_key(user_id),
        account_key(user_id, identity.account_id),
        keys.keyring_key(),
    )
    keys.observe(keyring)
    if pointer and pointer.user_id != user_id:
        raise SocialAccountAlreadyLinked
    if not profile or not (identity.email_verified and profile.email_verified):
        raise LinkingNotAllowed
    if identity.email != profile.email:
        raise LinkingDifferentEmails
    if not account:
        transact(*_addition(profile, identity, granted))
        return
    account.scopes = list(dict.fromkeys((*account.scopes, *granted.scopes)))  # it may be about more of them
    transact(_newer_tokens(account, granted))


def _addition(profile: ProfileRow, identity: Identity, granted: Granted) -> list[Change]:
    if len(profile.links or ()) >= MOST_LINKS:
        raise LinkingNotAllowed
    row = _account(profile.user_id, identity, granted)
    return [*addition_of_link(profile, identity.account_id), put(row)]


def _account(user_id: str, identity: Identity, granted: Granted) -> AccountRow:
    now = clock.now()
    row = AccountRow(
        *account_key(user_id, identity.account_id)[1:],
        user_id=user_id,
        account_id=identity.account_id,
        provider_id=identity.provider_id,
        subject=identity.subject,
        scopes=list(granted.scopes),
        created_at=now,
        updated_at=now,
    )
    keep(row, granted)
    return row


def _newer_tokens(account: AccountRow, granted: Granted) -> Change:
    """What the provider gave this time, on an account that is still linked."""
    keep(account, granted.after(kept(account)))
    return update(AccountRow(account.pk, account.sk), *newer_tokens(account), condition=AccountRow.pk.exists())


def newer_tokens(account: AccountRow) -> list[Action]:
    """What is written of a row that was given other tokens."""
    return [
        AccountRow.sealed.set(account.sealed),
        AccountRow.sealed_by.set(account.sealed_by),
        AccountRow.scopes.set(account.scopes),
        *(
            attribute.set(value) if value else attribute.remove()
            for attribute, value in (
                (AccountRow.expires_at, account.expires_at),
                (AccountRow.refresh_expires_at, account.refresh_expires_at),
            )
        ),
        AccountRow.updated_at.set(clock.now()),
    ]
