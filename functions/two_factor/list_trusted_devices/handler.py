"""GET /api/auth/list-trusted-devices -- list the devices on which the second factor is not asked for."""

from fastapi import APIRouter, Request

from gatehouse.accounts.trusted_devices import device_of, trusted_devices
from gatehouse.api.second_factor.trusted_devices import TrustedDeviceBody
from gatehouse.http import AccessPolicy, FreshAccount, lambda_handler
from gatehouse.http.cookies import TRUSTED, get_cookies

router = APIRouter()


@router.get("/api/auth/list-trusted-devices")
async def list_trusted_devices(account: FreshAccount, request: Request) -> list[TrustedDeviceBody]:
    current = device_of(get_cookies(request, TRUSTED), account.id)
    devices = trusted_devices(account.profile)
    return [TrustedDeviceBody.of(device, is_current=device.id == current) for device in devices]


handler = lambda_handler(router, AccessPolicy(with_profile=True))
