"""better-auth-server as its manual shows it, on its memory adapter, behind Mangum.

The rows are made with a hash from outside, so that nothing is hashed before the first request. Limits are wide.
"""

import asyncio
import os
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from better_auth import BetterAuth, EmailAndPassword, RateLimit  # type: ignore[import-not-found]
from better_auth.adapters.memory import MemoryAdapter  # type: ignore[import-not-found]
from better_auth.integrations.fastapi import BetterAuthFastAPI  # type: ignore[import-not-found]
from fastapi import Depends, FastAPI, status
from mangum import Mangum
from pydantic import BaseModel, Field

_WIDE = 10, 1_000_000

adapter = MemoryAdapter()
auth = BetterAuth(
    secret=os.environ["BETTER_AUTH_SECRET"],
    base_url="https://api.example.com",
    adapter=adapter,
    email_and_password=EmailAndPassword(enabled=True),
    rate_limit=RateLimit(enabled=True, max=_WIDE[1], custom_rules={"/sign-in/email": _WIDE}),
)
peer = BetterAuthFastAPI(auth)
app = FastAPI()
app.include_router(peer.router)


class NewTask(BaseModel):
    """The request body."""

    title: str = Field(min_length=1, max_length=200)
    description: str = ""
    priority: Literal["low", "medium", "high", "urgent"] = "medium"
    due_date: date | None = None
    tags: list[str] = []


class Task(NewTask):
    """The stored task."""

    user_id: str
    id: str
    created_at: datetime


tasks: dict[str, Task] = {}


@app.post("/api/tasks", status_code=status.HTTP_201_CREATED)
async def create_task(new: NewTask, session: Annotated[dict[str, Any], Depends(peer.require_session)]) -> Task:
    """The peer has no tasks: this minimal route checks session and input, and stores the task."""
    about = {"user_id": session["user"]["id"], "id": str(uuid.uuid4()), "created_at": datetime.now(UTC)}
    task = tasks[about["id"]] = Task(**new.model_dump(), **about)
    return task


async def _people() -> None:
    person, now = {"userId": "ann"}, datetime.now(UTC)
    password = {"accountId": "ann", "providerId": "credential", "password": os.environ["PEER_HASH"]}
    session = {"token": os.environ["PEER_TOKEN"], "expiresAt": now + timedelta(days=7)}
    made = {"createdAt": now, "updatedAt": now}
    ann = {"id": "ann", "name": "Ann", "email": os.environ["PEER_EMAIL"], "emailVerified": True}
    await adapter.create("user", ann | made, force_allow_id=True)
    await adapter.create("account", person | password | made)
    await adapter.create("session", person | session | made)


asyncio.set_event_loop(asyncio.new_event_loop())
asyncio.get_event_loop().run_until_complete(_people())
handler = Mangum(app, lifespan="off")
