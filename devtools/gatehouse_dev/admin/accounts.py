"""What is known about a user, without hashes and tokens. Import it only with the environment of the functions set."""

from collections.abc import Iterator
from typing import Any

from gatehouse import sessions
from gatehouse.accounts.lookup import AccountLookup
from gatehouse.accounts.table import ProfileRow
from gatehouse.accounts.trusted_devices import TrustedDevice, trusted_devices
from gatehouse.api_model import format_timestamp
from gatehouse.dynamodb import batch_get
from gatehouse.oauth.unlinking import linked_accounts
from gatehouse.passkeys.own_passkeys import passkeys_of
from gatehouse.sessions import Session
from gatehouse.tokens import MailState, TokenRow, email_subject
from gatehouse.tokens.undeliverable import undeliverable_key

UNSENT = (MailState.PENDING, MailState.SENDING, MailState.FAILED)

type Facts = dict[str, Any]


def describe(lookup: AccountLookup) -> Facts:
    """Return all facts as JSON: profile, sign-in methods, active sessions, a pending sign-up, and unsent mails."""
    profile, row = lookup.profile, lookup.pending_sign_up
    account = profile or row
    return {
        "user": _user(profile) if profile else None,
        "signInMethods": list(_sign_in_methods(profile)) if profile else [],
        "sessions": [_session(one) for one in sessions.active_sessions(profile.user_id, profile.epoch)]
        if profile
        else [],
        "trustedDevices": [_device(one) for one in trusted_devices(profile)] if profile else [],
        "signUp": {
            "email": row.email,
            "createdAt": format_timestamp(row.created_at),
            "expiresAt": format_timestamp(row.delete_at),
        }
        if row
        else None,
        "mailStopped": _stopped(account.email) if account else None,
        "mails": list(_unsent(email_subject(account.email), account.user_id)) if account else [],
    }


def _user(profile: ProfileRow) -> Facts:
    return {
        "id": profile.user_id,
        "email": profile.email,
        "emailVerified": profile.email_verified,
        "name": profile.name,
        "image": profile.image and profile.image.partition(";base64,")[0],
        "disabled": bool(profile.disabled),
        "twoFactor": profile.two_factor,
        "taskReminders": profile.task_reminders,
        "timeZone": profile.time_zone,
        "createdAt": format_timestamp(profile.created_at),
        "updatedAt": format_timestamp(profile.updated_at),
    }


def _sign_in_methods(profile: ProfileRow) -> Iterator[Facts]:
    if profile.password_hash:
        yield {"provider": "password"}
    for account in linked_accounts(profile):
        yield {
            "provider": account.provider_id,
            "accountId": account.subject,
            "createdAt": format_timestamp(account.created_at),
        }
    for passkey in passkeys_of(profile):
        yield {
            "provider": "passkey",
            "passkeyId": passkey.passkey_id,
            "name": passkey.name,
            "createdAt": format_timestamp(passkey.created_at),
            "usedAt": format_timestamp(passkey.used_at) if passkey.used_at else None,
        }


def _session(session: Session) -> Facts:
    return {
        "id": session.id,
        "createdAt": format_timestamp(session.created_at),
        "expiresAt": format_timestamp(session.expires_at),
        "ipAddress": session.ip_address,
        "userAgent": session.user_agent,
    }


def _device(device: TrustedDevice) -> Facts:
    return {
        "id": device.id,
        "usedAt": format_timestamp(device.used_at),
        "expiresAt": format_timestamp(device.expires_at),
        "ipAddress": device.ip_address,
        "userAgent": device.user_agent,
    }


def _stopped(email: str) -> Facts | None:
    (mark,) = batch_get(undeliverable_key(email))
    if not (mark and mark.stops_mail):
        return None
    return {"reason": mark.reason, "since": format_timestamp(mark.created_at)}


def _unsent(*subjects: str) -> Iterator[Facts]:
    for subject in subjects:
        for row in TokenRow.query(subject, filter_condition=TokenRow.mail_state.is_in(*UNSENT), consistent_read=True):
            yield {
                "purpose": row.purpose,
                "email": row.email,
                "state": row.mail_state,
                "attempts": row.attempts,
                "createdAt": format_timestamp(row.created_at),
            }
