"""GET /api/auth/export -- all that is kept of the user, page by page: themselves first, then their tasks."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from gatehouse.http import CurrentAccount, lambda_handler
from gatehouse.http.account_export import AccountExport, export_account_page

router = APIRouter()


class AccountExportQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cursor: str | None = None


@router.get("/api/auth/export", response_model_exclude_unset=True)
async def export_account(
    query: Annotated[AccountExportQuery, Query()], account: CurrentAccount, response: Response
) -> AccountExport:
    return export_account_page(account, query.cursor, response)


handler = lambda_handler(router, with_profile=True)
