"""GET /api/auth/list-accounts -- the ways in that the user has."""

from fastapi import APIRouter

from gatehouse.http import CurrentMember, lambda_handler
from gatehouse.http.accounts import AccountBody, ways_in

router = APIRouter()


@router.get("/api/auth/list-accounts")
async def list_accounts(member: CurrentMember) -> list[AccountBody]:
    return ways_in(member.profile)


handler = lambda_handler(router, with_profile=True)
