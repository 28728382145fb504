"""Add a passkey to an account that belongs to the owner of its mailbox: nobody else's passkey may survive there."""

from dataclasses import dataclass

from gatehouse import clock, sessions
from gatehouse.accounts import AuthenticatedUser, ProfileRow, notices
from gatehouse.accounts.gate import open_session_with_both_factors
from gatehouse.accounts.lookup import account_versions
from gatehouse.accounts.sign_in_methods import add_passkey
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, put, retry_if_changed, transact
from gatehouse.errors.passkeys import FailedToVerifyRegistration, PreviouslyRegistered
from gatehouse.passkeys import attestation
from gatehouse.passkeys.client_data import ClientData
from gatehouse.passkeys.model import InvalidResponse, RelyingParty, passkey_id
from gatehouse.passkeys.own_passkeys import check_may_register
from gatehouse.passkeys.responses import RegistrationResponse
from gatehouse.passkeys.table import PasskeyRow, passkey_key
from gatehouse.sessions import ClientInfo, IssuedSession, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A request to add a passkey; `opens_session` asks for a session along with it."""

    response: RegistrationResponse
    client: ClientInfo
    name: str | None = None
    opens_session: bool = False


def register(
    account: AuthenticatedUser, registration: Registration, rp: RelyingParty
) -> tuple[PasskeyRow, IssuedSession | None]:
    """Add a passkey, of which its user is told by mail; its challenge was used before.

    Raises FailedToVerifyRegistration, PreviouslyRegistered, as `check_may_register`, and SessionEnded
    when the session ended meanwhile.
    """
    row = _verified(registration, rp)
    row.user_id = account.id
    versions = account_versions(account)
    return row, retry_if_changed(lambda: _add(account.session, next(versions), row, registration))


def _verified(registration: Registration, rp: RelyingParty) -> PasskeyRow:
    """Return the row of the new passkey, still without a user; raises FailedToVerifyRegistration."""
    response = registration.response
    try:
        client_data = ClientData.parse(response.response.client_data_json)
        credential, data = attestation.verify(response, client_data, rp)
    except InvalidResponse as problem:
        raise FailedToVerifyRegistration(cause=str(problem)) from None
    new_id = passkey_id(credential.credential_id)
    return PasskeyRow(
        *passkey_key(new_id)[1:],
        passkey_id=new_id,
        credential_id=credential.credential_id,
        public_key=credential.cose_key,
        counter=data.counter,
        name=registration.name or None,
        transports=response.response.transports,
        aaguid=credential.aaguid,
        backup_eligible=data.backup_eligible,
        backed_up=data.backed_up,
        created_at=clock.now(),
    )


def _add(session: Session, profile: ProfileRow, row: PasskeyRow, registration: Registration) -> IssuedSession | None:
    check_may_register(profile, session)
    client = registration.client
    writes: list[TransactItem] = [
        add_passkey(profile, row.passkey_id),
        put(row, PasskeyRow.pk.does_not_exist()),
        put(notices.sign_in_method_added(profile, client, "passkey")),
        sessions.mark_verified(session),
    ]
    try:
        if registration.opens_session:
            return open_session_with_both_factors(profile, client, *writes, notify=False)
        transact(*writes)
    except ConditionFailed:
        if batch_get(passkey_key(row.passkey_id))[0]:
            raise PreviouslyRegistered from None
        raise
    return None
