"""POST /api/auth/verify-password -- say the password again, which makes the session fresh."""

from fastapi import APIRouter
from pydantic import BaseModel

from gatehouse import accounts
from gatehouse.http import CurrentMember, Done, lambda_handler

router = APIRouter()


class Said(BaseModel):
    password: str


@router.post("/api/auth/verify-password")
async def verify_password(said: Said, member: CurrentMember) -> Done:
    accounts.verify_password(member, said.password)
    return {"status": True}


handler = lambda_handler(router, with_profile=True)
