"""Receipts: a request that is sent again under its Idempotency-Key within a day is answered again, not done again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pydantic import BaseModel, RootModel

from gatehouse.dynamodb import Change, put
from gatehouse.errors import IdempotencyKeyReused, Refusal
from gatehouse.tasks.model import ANY_STATE, Precondition, Task
from gatehouse.tasks.table import ReceiptRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """The name that a client gave its request, and a fingerprint of what it asks."""

    name: str
    fingerprint: str

    def part(self, number: int) -> "Once":
        """The name of one of several transactions; the first has that of the whole, which no other request may take."""
        return Once(name=f"{self.name}#{number}" if number else self.name, fingerprint=self.fingerprint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms a task is touched: in which states of it, and under which name of the request."""

    when: Precondition = ANY_STATE
    once: Once | None = None


class Refused(BaseModel):
    """Why one of several things was not done."""

    status: int
    code: str
    message: str

    @classmethod
    def of(cls, refusal: Refusal) -> Self:
        """What a refusal says."""
        return cls(status=refusal.answer_status, code=refusal.code, message=str(refusal))


type Outcome = Task | Refused | None


class _Outcomes(RootModel[list[Task | Refused | None]]):
    """How outcomes are kept."""


def receipt(owner: str, once: Once, outcomes: Sequence[Outcome], now: datetime) -> Change:
    """Keep what is answered, unless something was answered under this name already."""
    row = ReceiptRow.of(owner, once.name, now)
    row.fingerprint = once.fingerprint
    row.answer = _Outcomes(list(outcomes)).model_dump_json()
    return put(row, ReceiptRow.task_id.does_not_exist() | (ReceiptRow.expires_at <= now))


def recall(row: ReceiptRow | None, once: Once, now: datetime) -> list[Outcome] | None:
    """What was answered under this name; None when nothing was, or too long ago. Raises IdempotencyKeyReused."""
    if row is None or row.expires_at <= now:
        return None
    if row.fingerprint != once.fingerprint:
        raise IdempotencyKeyReused
    return _Outcomes.model_validate_json(row.answer).root
