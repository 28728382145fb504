"""Idempotency: a request repeated with its Idempotency-Key within a day gets the stored results and changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pydantic import BaseModel, RootModel

from gatehouse.dynamodb import TransactItem, put
from gatehouse.errors import Refusal
from gatehouse.errors.tasks import IdempotencyKeyReused
from gatehouse.tasks.model import ANY_STATE, Precondition, Task
from gatehouse.tasks.table import ReceiptRow


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """The Idempotency-Key of a request, and a fingerprint of the request."""

    name: str
    fingerprint: str

    def for_part(self, number: int) -> "IdempotencyKey":
        """Return the key of one of several transactions; the first has the request's own key,
        which no other may use.
        """
        return IdempotencyKey(name=f"{self.name}#{number}" if number else self.name, fingerprint=self.fingerprint)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """Options of a write: a precondition, and the key of the request."""

    precondition: Precondition = ANY_STATE
    idempotency_key: IdempotencyKey | None = None


class FailedOperation(BaseModel):
    """The error of one of several operations."""

    status: int
    code: str
    message: str

    @classmethod
    def of(cls, refusal: Refusal) -> Self:
        """Return the error of a refusal."""
        return cls(status=refusal.http_status, code=refusal.code, message=str(refusal))


type OperationResult = Task | FailedOperation | None


class _StoredResults(RootModel[list[Task | FailedOperation | None]]):
    """Results as they are stored."""


def save_results(owner: str, key: IdempotencyKey, results: Sequence[OperationResult], now: datetime) -> TransactItem:
    """Return the write that stores the results, unless there are results under this key already."""
    row = ReceiptRow.of(owner, key.name, now)
    row.fingerprint = key.fingerprint
    row.answer = _StoredResults(list(results)).model_dump_json()
    return put(row, ReceiptRow.task_id.does_not_exist() | (ReceiptRow.expires_at <= now))


def stored_results(row: ReceiptRow | None, key: IdempotencyKey, now: datetime) -> list[OperationResult] | None:
    """Return the results stored under this key; None when there are none or they have expired. Raises
    IdempotencyKeyReused.
    """
    if row is None or row.expires_at <= now:
        return None
    if row.fingerprint != key.fingerprint:
        raise IdempotencyKeyReused
    return _StoredResults.model_validate_json(row.answer).root
