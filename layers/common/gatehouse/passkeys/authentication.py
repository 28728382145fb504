"""Sign in with a passkey, or make the session of its user fresh."""

from dataclasses import dataclass

from pynamodb.expressions.update import Action

from gatehouse import clock, keys, sessions
from gatehouse.accounts import AuthenticatedUser, ProfileRow, User, profile_key
from gatehouse.accounts.gate import UserDisabled, open_session_with_both_factors
from gatehouse.accounts.lookup import find_profile
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, transact, update
from gatehouse.errors.passkeys import AuthenticationFailed, NotThePasskey
from gatehouse.passkeys.authenticator_data import AuthenticatorData
from gatehouse.passkeys.client_data import ClientData
from gatehouse.passkeys.cloning import report_clone
from gatehouse.passkeys.model import Ceremony, InvalidResponse, RelyingParty, decode, passkey_id
from gatehouse.passkeys.public_keys import PublicKey, warm_up
from gatehouse.passkeys.responses import AuthenticationResponse, credential_id_of
from gatehouse.passkeys.table import PasskeyRow, passkey_key
from gatehouse.passkeys.user_handles import is_handle_of, user_id_in
from gatehouse.sessions import ClientInfo, IssuedSession

warm_up()  # on import: init has a whole CPU


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What an authenticator says for a sign-in, and its signature over it, not yet checked."""

    passkey_id: str
    user_handle: bytes | None
    data: AuthenticatorData
    signed: bytes
    signature: bytes


def authenticate(
    response: AuthenticationResponse,
    rp: RelyingParty,
    client: ClientInfo,
    current: AuthenticatedUser | None,
) -> tuple[User, IssuedSession | None]:
    """Return the user of a passkey with a new session, or with none where `current` is the same user, whose session is
    made fresh. The challenge was used before.

    Raises AuthenticationFailed, NotThePasskey for an unknown passkey and a wrong signature alike, and EmailNotVerified.
    """
    assertion = _parse(response, rp)
    profile, row = _find(assertion)
    if not PublicKey.parse(row.public_key).signed(assertion.signed, assertion.signature):
        raise NotThePasskey
    _check_against(row, assertion.data)
    use = _use(row, assertion.data)
    try:
        if current and current.id == profile.user_id:
            transact(use, sessions.mark_verified(current.session))
            return profile.to_user(), None
        return profile.to_user(), open_session_with_both_factors(profile, client, use)
    except UserDisabled:
        raise NotThePasskey from None
    except ConditionFailed:
        raise AuthenticationFailed(cause="used or changed at the same time") from None


def _parse(response: AuthenticationResponse, rp: RelyingParty) -> Assertion:
    """Return the assertion of one of our pages, with the user there and verified; raises AuthenticationFailed."""
    sent = response.response
    try:
        client_data = ClientData.parse(sent.client_data_json)
        client_data.check(Ceremony.AUTHENTICATION, rp)
        said = decode(sent.authenticator_data)
        data = AuthenticatorData.parse(said)
        data.check(rp)
        return Assertion(
            passkey_id=passkey_id(credential_id_of(response)),
            user_handle=decode(sent.user_handle) if sent.user_handle else None,
            data=data,
            signed=said + client_data.digest,
            signature=decode(sent.signature),
        )
    except InvalidResponse as problem:
        raise AuthenticationFailed(cause=str(problem)) from None


def _find(assertion: Assertion) -> tuple[ProfileRow, PasskeyRow]:
    """Return the passkey and its user, in one read where the user handle names the user; raises NotThePasskey.

    A passkey that is not in its user's profile any more is none.
    """
    named = user_id_in(assertion.user_handle)
    wanted = [profile_key(named)] if named else []
    row, keyring, *profiles = batch_get(passkey_key(assertion.passkey_id), keys.keyring_key(), *wanted)
    keys.update_cache(keyring)
    if not row:
        raise NotThePasskey
    profile = profiles[0] if named == row.user_id else find_profile(row.user_id)
    handle = assertion.user_handle
    if not profile or row.passkey_id not in (profile.passkeys or ()) or (handle and not is_handle_of(handle, row)):
        raise NotThePasskey
    return profile, row


def _check_against(row: PasskeyRow, data: AuthenticatorData) -> None:
    """Raise AuthenticationFailed where a signed answer contradicts what is known of the passkey."""
    if (data.counter or row.counter) and data.counter <= row.counter:
        report_clone(row, data.counter)
        raise AuthenticationFailed(cause="counter")
    if row.backup_eligible not in {None, data.backup_eligible}:
        raise AuthenticationFailed(cause="backup eligibility")


def _use(row: PasskeyRow, data: AuthenticatorData) -> TransactItem:
    """Return the write that stores the use of a passkey; of two with one counter, one succeeds."""
    actions: list[Action] = [
        PasskeyRow.counter.set(data.counter),
        PasskeyRow.backed_up.set(data.backed_up),
        PasskeyRow.backup_eligible.set(data.backup_eligible),
        PasskeyRow.used_at.set(clock.now()),
    ]
    is_newer = PasskeyRow.counter < data.counter if data.counter else PasskeyRow.counter == 0
    return update(PasskeyRow(row.pk, row.sk), *actions, condition=is_newer)
