"""POST /api/auth/two-factor/generate-backup-codes -- replace the backup codes."""

from fastapi import APIRouter

from gatehouse.api.second_factor.schemas import BackupCodes, OwnerRequest
from gatehouse.http import AccessPolicy, CurrentAccount, CurrentClient, clear_session, lambda_handler
from gatehouse.http.rate_limits import limit_passwords
from gatehouse.second_factor import enrolment
from gatehouse.second_factor.owner import check_owner

router = APIRouter()


@router.post("/api/auth/two-factor/generate-backup-codes")
async def generate_backup_codes(body: OwnerRequest, account: CurrentAccount, client: CurrentClient) -> BackupCodes:
    check_owner(account, client, password=body.password, code=body.code)
    return BackupCodes(backup_codes=enrolment.renew_backup_codes(account, client))


policy = AccessPolicy(with_profile=True, verifies_cookies=True, rate_limit=limit_passwords, clear_session=clear_session)
handler = lambda_handler(router, policy)
