"""Sessions, as the better-auth client expects them."""

from gatehouse.api_model import ResponseModel, Timestamp


class SessionBody(ResponseModel):
    """A session, as the better-auth client expects it. `token` is the caller's own for their own session, else the
    session's id.
    """

    id: str
    token: str
    user_id: str
    expires_at: Timestamp
    created_at: Timestamp
    updated_at: Timestamp
    ip_address: str
    user_agent: str
