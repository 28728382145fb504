"""Request headers of the task routes (preconditions, idempotency keys), and ETags of their responses."""

import json
import re
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import Depends, Header, Request, Response

from gatehouse.errors import BadRequest, InvalidInput
from gatehouse.errors.tasks import PreconditionFailed
from gatehouse.http.authentication import CurrentUser
from gatehouse.tasks import IdempotencyKey, Owner, Precondition, Task, WriteOptions
from gatehouse.tasks.table import SummaryRow

_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_ETAG = re.compile(r'\s*(\*|(?:W/)?"[\x21\x23-\x7e\x80-\xff]*")\s*')


def with_etag(response: Response, task: Task) -> Task:
    """Return a task and set its ETag header."""
    response.headers["etag"] = task.etag
    return task


def unless_not_modified(task: Task, precondition: Precondition) -> Task | Response:
    """Return a task, or 304 when the client has this version; raises PreconditionFailed when If-Match does not hold."""
    if not Precondition(match=precondition.match).holds(task):
        raise PreconditionFailed
    if not precondition.holds(task):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"etag": task.etag})
    return task


async def _owner(user: CurrentUser) -> Owner:
    return Owner(id=user.id, cursor_key=user.session.cursor_key)


async def _summary(user: CurrentUser) -> SummaryRow:
    return cast("SummaryRow | None", user.row) or SummaryRow(user.id, last_change=0)


async def _precondition(
    if_match: Annotated[str | None, Header()] = None, if_none_match: Annotated[str | None, Header()] = None
) -> Precondition:
    return Precondition(match=_etags(if_match), none_match=_etags(if_none_match, weak=True))


async def _idempotency_key(
    request: Request, idempotency_key: Annotated[str | None, Header()] = None
) -> IdempotencyKey | None:
    if idempotency_key is None:
        return None
    if not _KEY.fullmatch(idempotency_key):
        raise InvalidInput("[header.idempotency-key] Send 1 to 255 visible ASCII characters.")
    return IdempotencyKey(name=_digest(idempotency_key), fingerprint=await _fingerprint(request))


async def _fingerprint(request: Request) -> str:
    """Return a digest of route, task and body that identifies a request; the body of a DELETE is not read."""
    body = await request.body() if request.method != "DELETE" else b""
    try:
        identity = [request.scope["route"].name, request.path_params.get("task_id"), json.loads(body) if body else None]
        return _digest(json.dumps(identity, sort_keys=True))
    except RecursionError:  # the body, nested one level deeper
        raise BadRequest from None


def _etags(header: str | None, *, weak: bool = False) -> frozenset[str] | None:
    """Return the ETags in a header. If-Match compares strongly, If-None-Match weakly (RFC 9110, 8.8.3.2)."""
    if header is None:
        return None
    listed = [match[1] if (match := _ETAG.fullmatch(part)) else "" for part in header.split(",")]
    return frozenset(etag.removeprefix("W/") if weak else etag for etag in listed)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


CurrentSummary = Annotated[SummaryRow, Depends(_summary)]
CurrentOwner = Annotated[Owner, Depends(_owner)]
TaskPrecondition = Annotated[Precondition, Depends(_precondition)]
OptionalIdempotencyKey = Annotated[IdempotencyKey | None, Depends(_idempotency_key)]


async def _write_options(precondition: TaskPrecondition, key: OptionalIdempotencyKey) -> WriteOptions:
    return WriteOptions(precondition=precondition, idempotency_key=key)


TaskWriteOptions = Annotated[WriteOptions, Depends(_write_options)]
