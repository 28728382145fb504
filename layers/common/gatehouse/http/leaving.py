"""Deleting an account, asked for by its user or by the link that was mailed to them."""

from http import HTTPStatus

from fastapi import Request, Response
from starlette.responses import JSONResponse

from gatehouse import accounts
from gatehouse.accounts import Member
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.http.cookies import clear_session
from gatehouse.http.links import onward
from gatehouse.sessions import Client
from gatehouse.wire import Wire

_GONE: dict[str, bool | str] = {"success": True, "message": "User deleted"}
_MAILED: dict[str, bool | str] = {"success": True, "message": "Verification email sent"}


class Leave(Wire):
    """What speaks for deleting an account; a fresh session needs neither."""

    password: str | None = None
    token: str | None = None
    callback_url: str | None = None


def leave(member: Member, given: Leave, client: Client, request: Request, response: Response) -> dict[str, bool | str]:
    """Delete the user, or mail the link that does."""
    if given.token:
        if given.password is not None:
            accounts.check_password(member, given.password)
        _by_token(member, given.token)
    elif not accounts.delete_user(member, client, password=given.password, callback_url=given.callback_url):
        return _MAILED
    clear_session(request, response)
    return _GONE


def leave_by_link(member: Member, token: str, request: Request, callback_url: str) -> Response:
    """Delete the user whose link was opened, and lead on."""
    _by_token(member, token)
    answer = onward(callback_url) if callback_url else JSONResponse(_GONE)
    clear_session(request, answer)
    return answer


def _by_token(member: Member, token: str) -> None:
    try:
        accounts.delete_user_by_token(member, token)
    except (InvalidToken, TokenExpired):
        raise InvalidToken(status=HTTPStatus.NOT_FOUND) from None
