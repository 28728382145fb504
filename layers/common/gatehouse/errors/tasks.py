"""Errors of tasks."""

from http import HTTPStatus

from gatehouse.errors import Refusal


class PreconditionFailed(Refusal):
    """The task is not in the expected state. Read it again."""

    status, code = HTTPStatus.PRECONDITION_FAILED, "PRECONDITION_FAILED"


class IdempotencyKeyReused(Refusal):
    """This Idempotency-Key was used for another request. Use a new key."""

    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED"


class TaskLimitReached(Refusal):
    """Your list is full. Delete tasks to make room."""

    status, code = HTTPStatus.CONFLICT, "TASK_LIMIT_REACHED"


class SyncTokenExpired(Refusal):
    """The sync token has expired. Start again without a token."""

    status, code = HTTPStatus.GONE, "SYNC_TOKEN_EXPIRED"
