"""GET /api/auth/export -- all that is kept of the user, page by page: themselves first, then their tasks."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from gatehouse.http import CurrentMember, lambda_handler
from gatehouse.http.own_data import OwnData, own_data

router = APIRouter()


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cursor: str | None = None


@router.get("/api/auth/export", response_model_exclude_unset=True)
async def export_account(wanted: Annotated[Wanted, Query()], member: CurrentMember, response: Response) -> OwnData:
    return own_data(member, wanted.cursor, response)


handler = lambda_handler(router, with_profile=True)
