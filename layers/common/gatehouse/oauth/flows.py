"""Sign in with a provider, and link an account to a signed-in user.

Issuer and subject identify an account. The address only ever links a new account to an existing user, and only when
both the provider and we have verified it.
"""

from dataclasses import dataclass, replace

from pynamodb.expressions.update import Action

from gatehouse import clock, keys, sessions
from gatehouse.accounts import notices
from gatehouse.accounts.challenges import Challenge
from gatehouse.accounts.gate import UserDisabled, open_first_session, open_session
from gatehouse.accounts.lookup import discard_sign_up, new_user
from gatehouse.accounts.model import User
from gatehouse.accounts.pointers import email_key, link_key, owner_of, reserve, taken_by
from gatehouse.accounts.sign_in_methods import add_link
from gatehouse.accounts.table import ProfileRow, create_profile, new_profile, profile_key
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, put, retry_if_changed, transact, update
from gatehouse.errors import SessionEnded
from gatehouse.errors.accounts import EmailNotVerified
from gatehouse.errors.providers import (
    LinkingDifferentEmails,
    LinkingNotAllowed,
    OAuthLinkError,
    SocialAccountAlreadyLinked,
)
from gatehouse.oauth.model import Identity, TokenSet
from gatehouse.oauth.table import AccountRow, account_key
from gatehouse.oauth.token_storage import load_tokens, store_tokens
from gatehouse.oauth.unlinking import linked_accounts
from gatehouse.sessions import ClientInfo, IssuedSession, create_epoch
from gatehouse.telemetry import add_log_context

MAX_LINKS = 20
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInResult:
    """A sign-in: the user, the new session or a challenge, and whether the user is new."""

    user: User
    opened: IssuedSession | Challenge
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityLookup:
    """What is known of an identity: the user it is linked to, else the user with its address, and the account's row if
    it is theirs. An address may be `held` for a user who left it.
    """

    linked: bool
    held: bool
    profile: ProfileRow | None
    account: AccountRow | None


def sign_in_with_identity(identity: Identity, tokens: TokenSet, client: ClientInfo) -> SignInResult:
    """Open a session for an identity, or a challenge; a new one is registered, or linked to an existing user.

    Raises OAuthLinkError and EmailNotVerified; then nothing was changed.
    """
    return retry_if_changed(lambda: _sign_in(_look_up_identity(identity), identity, tokens, client))


def link_identity(user_id: str, session_id: str, identity: Identity, tokens: TokenSet, client: ClientInfo) -> None:
    """Link an identity to a user, who is told by mail, if the session in which they asked is active until then.

    Raises SessionEnded, SocialAccountAlreadyLinked, LinkingDifferentEmails, LinkingNotAllowed: nothing was changed.
    """

    def link() -> None:
        epoch = sessions.check_active(user_id, session_id)
        _link_to_user(user_id, epoch, identity, tokens, client)

    retry_if_changed(link)


def _look_up_identity(identity: Identity) -> IdentityLookup:
    pointer, address, keyring = batch_get(link_key(identity.account_id), email_key(identity.email), keys.keyring_key())
    keys.update_cache(keyring)
    user_id = (pointer.user_id if pointer else owner_of(address)) or _NOBODY
    profile, account = batch_get(profile_key(user_id), account_key(user_id, identity.account_id))
    held = taken_by(address) != owner_of(address)
    return IdentityLookup(linked=pointer is not None, held=held, profile=profile, account=account)


def _sign_in(lookup: IdentityLookup, identity: Identity, tokens: TokenSet, client: ClientInfo) -> SignInResult:
    profile = lookup.profile
    if lookup.linked:
        return _sign_in_linked(lookup, identity, tokens, client)
    if profile:
        return _link_existing(profile, identity, tokens, client)
    if lookup.held:
        raise OAuthLinkError("account not linked")
    return _register(identity, tokens, client)


def _sign_in_linked(lookup: IdentityLookup, identity: Identity, tokens: TokenSet, client: ClientInfo) -> SignInResult:
    """Sign in a linked account. One of the user's own mailbox takes an unproven account over, and stays linked."""
    profile, account = lookup.profile, lookup.account
    if not profile or not account:
        raise OAuthLinkError("unable to create session")
    has_mailbox = identity.email_verified and identity.email == profile.email
    takes_over = has_mailbox and not profile.is_proven
    try:
        opened = open_session(
            profile,
            client,
            _update_tokens(account, tokens),
            proves_mailbox=takes_over,
            by_mailbox=has_mailbox,
            account_id=identity.account_id if takes_over else None,
        )
    except UserDisabled:
        raise OAuthLinkError("unable to create session") from None
    if takes_over:
        profile.password_unproven = None  # removed
    return SignInResult(user=profile.to_user(), opened=opened)


def _link_existing(profile: ProfileRow, identity: Identity, tokens: TokenSet, client: ClientInfo) -> SignInResult:
    """Link to the user with the same address; a provider may give an address to a new person, so one account a
    provider. An unproven account is taken over.
    """
    if not (identity.email_verified and profile.email_verified) or profile.disabled:
        raise OAuthLinkError("account not linked")
    if identity.account_id in (profile.links or ()):
        raise ConditionFailed  # linked since it was looked up: look again
    if any(account.provider_id == identity.provider_id for account in linked_accounts(profile)):
        raise OAuthLinkError("account not linked")
    writes = _new_link(profile, identity, tokens, client)
    opened = open_session(profile, client, *writes, proves_mailbox=True, account_id=identity.account_id)
    profile.password_unproven = None  # removed, if there was one
    return SignInResult(user=profile.to_user(), opened=opened)


def _register(identity: Identity, tokens: TokenSet, client: ClientInfo) -> SignInResult:
    """Create a user. A pending sign-up for the address, with the password of whoever began it, is deleted."""
    if not config().sign_up_enabled:
        raise OAuthLinkError("signup disabled")
    if not identity.email_verified:
        raise EmailNotVerified
    add_log_context(sign_up="provider")
    user = replace(new_user(identity.email, name=identity.name, image=identity.image), email_verified=True)
    profile = new_profile(user, None, identity.account_id)
    issued = open_first_session(
        profile,
        client,
        *create_profile(profile),
        reserve(link_key(identity.account_id), user.id),
        put(_new_account(user.id, identity, tokens)),
        create_epoch(user.id),
        discard_sign_up(user.email),
    )
    return SignInResult(user=user, opened=issued, is_new=True)


def _link_to_user(user_id: str, epoch: int, identity: Identity, tokens: TokenSet, client: ClientInfo) -> None:
    pointer, profile, account, keyring = batch_get(
        link_key(identity.account_id),
        profile_key(user_id),
        account_key(user_id, identity.account_id),
        keys.keyring_key(),
    )
    keys.update_cache(keyring)
    if pointer and pointer.user_id != user_id:
        raise SocialAccountAlreadyLinked
    if profile and profile.epoch != epoch:  # `add_link` holds it fast until the write
        raise SessionEnded
    if not profile or not (identity.email_verified and profile.email_verified):
        raise LinkingNotAllowed
    if identity.email != profile.email:
        raise LinkingDifferentEmails
    if not account:
        transact(*add_link(profile, identity.account_id), *_new_link(profile, identity, tokens, client))
        return
    account.scopes = list(dict.fromkeys((*account.scopes, *tokens.scopes)))  # linking again may ask for more scopes
    transact(_update_tokens(account, tokens))


def _new_link(profile: ProfileRow, identity: Identity, tokens: TokenSet, client: ClientInfo) -> list[TransactItem]:
    """Return the writes of a new account at a provider, and of the notice of it."""
    if len(profile.links or ()) >= MAX_LINKS:
        raise LinkingNotAllowed
    row = _new_account(profile.user_id, identity, tokens)
    return [put(row), put(notices.sign_in_method_added(profile, client, identity.provider_id))]


def _new_account(user_id: str, identity: Identity, tokens: TokenSet) -> AccountRow:
    now = clock.now()
    row = AccountRow(
        *account_key(user_id, identity.account_id)[1:],
        user_id=user_id,
        account_id=identity.account_id,
        provider_id=identity.provider_id,
        subject=identity.subject,
        scopes=list(tokens.scopes),
        created_at=now,
        updated_at=now,
    )
    store_tokens(row, tokens)
    return row


def _update_tokens(account: AccountRow, tokens: TokenSet) -> TransactItem:
    """Return the write that stores new tokens on an account that is still linked."""
    store_tokens(account, tokens.merged_with(load_tokens(account)))
    return update(AccountRow(account.pk, account.sk), *token_updates(account), condition=AccountRow.pk.exists())


def token_updates(account: AccountRow) -> list[Action]:
    """Return the update actions for a row with new tokens."""
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
