"""Write what an operator did to the audit trail. Import it only with the environment of the functions set."""

from collections.abc import Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from gatehouse import audit
from gatehouse_dev.admin.targets import OperatorError


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that was made: its line in the audit trail, and a sentence about it."""

    event: str
    actor: str
    subject: str
    facts: Mapping[str, str]
    message: str


def record(event: str, message: str, actor: str, user_id: str, **facts: str) -> Change:
    """Write a change to the audit trail and return it; raises OperatorError when the trail cannot be written."""
    try:
        audit.record(event, actor=actor, user_id=user_id, **facts)
    except (BotoCoreError, ClientError) as error:
        raise OperatorError(
            f"{message} But the line in the audit trail is missing; keep this message: {error}"
        ) from error
    return Change(event=event, actor=actor, subject=audit.pseudonym(user_id), facts=facts, message=message)
