"""GET /api/auth/export -- export all data of the user, in pages: account first, then tasks."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gatehouse.api.accounts.export import AccountExport, export_account_page
from gatehouse.api_model import StrictModel
from gatehouse.http import AccessPolicy, CurrentAccount, lambda_handler
from gatehouse.task_reads import limit_task_reads, reads_key

router = APIRouter()


class AccountExportQuery(StrictModel):
    cursor: str | None = None


@router.get("/api/auth/export", response_model_exclude_unset=True)
async def export_account(
    query: Annotated[AccountExportQuery, Query()], account: CurrentAccount, response: Response
) -> AccountExport:
    return export_account_page(account, query.cursor, response)


handler = lambda_handler(router, AccessPolicy(with_profile=True, user_row=reads_key, user_limit=limit_task_reads))
