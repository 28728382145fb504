"""POST /api/auth/update-session -- change fields of the session; it has none that clients can change."""

from typing import Any

from fastapi import APIRouter

from gatehouse.errors.accounts import NoFieldsToUpdate
from gatehouse.http import CurrentUser, lambda_handler

router = APIRouter()


@router.post("/api/auth/update-session")
async def update_session(_fields: dict[str, Any], _user: CurrentUser) -> None:
    raise NoFieldsToUpdate


handler = lambda_handler(router)
