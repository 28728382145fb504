"""Reports a counter that did not grow: somebody may have a copy of the authenticator."""

from gatehouse.passkeys.table import PasskeyRow
from gatehouse.telemetry import count_metric, logger


def report_clone(row: PasskeyRow, counter: int) -> None:
    """Log a well-signed answer with an old counter, count it, and record it in the audit trail."""
    from gatehouse import audit  # noqa: PLC0415 -- its client is slow to import, and few requests need it

    logger.warning("passkey counter too low", user_id=row.user_id, passkey_id=row.passkey_id, counter=counter)
    count_metric("PasskeyCloned")
    audit.try_record("passkey counter too low", actor="verify_authentication", user_id=row.user_id)
