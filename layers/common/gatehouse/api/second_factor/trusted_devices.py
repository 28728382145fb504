"""Lists of trusted devices."""

from gatehouse.api_model import ResponseModel, Timestamp


class TrustedDeviceBody(ResponseModel):
    """A device on which the second factor is not asked for."""

    id: str
    created_at: Timestamp
    used_at: Timestamp
    expires_at: Timestamp
    ip_address: str
    user_agent: str
    is_current: bool
