"""Account deletion, requested by the user or by a mailed link."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from fastapi import Request, Response
from starlette.responses import JSONResponse

from gatehouse.accounts import AuthenticatedUser, changes
from gatehouse.api.accounts.mailed_links import is_script, redirect, redirect_to_page
from gatehouse.api_model import ApiModel
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.errors.accounts import UserInfoNotFound
from gatehouse.http.cookies import clear_session
from gatehouse.sessions import ClientInfo
from gatehouse.site import resolve_target

_DELETED: dict[str, bool | str] = {"success": True, "message": "User deleted"}
_MAILED: dict[str, bool | str] = {"success": True, "message": "Verification email sent"}


class DeleteAccountRequest(ApiModel):
    """The confirmation for deleting an account; a fresh session needs no password."""

    password: str | None = None
    token: str | None = None
    callback_url: str | None = None


def delete_account(
    member: AuthenticatedUser, given: DeleteAccountRequest, client: ClientInfo, request: Request, response: Response
) -> dict[str, bool | str]:
    """Delete the user, or mail the link that does."""
    if given.token and given.password is not None:
        with _token_errors_as_not_found():
            changes.delete_user_by_token_and_password(member, given.token, given.password)
    elif given.token:
        _delete_by_token(member, given.token)
    elif not changes.delete_user(member, client, password=given.password, callback_url=given.callback_url):
        return _MAILED
    clear_session(request, response)
    return _DELETED


def follow_deletion(member: AuthenticatedUser | None, request: Request, token: str, callback_url: str) -> Response:
    """Handle a deletion link: a person is redirected to the page that asks, a script of the user deletes the user."""
    if not is_script(request):
        return redirect_to_page(request, "/delete-account", token=token, callbackURL=resolve_target(callback_url))
    if member is None:
        raise UserInfoNotFound
    _delete_by_token(member, token)
    response = redirect(callback_url) if callback_url else JSONResponse(_DELETED)
    clear_session(request, response)
    return response


def _delete_by_token(member: AuthenticatedUser, token: str) -> None:
    with _token_errors_as_not_found():
        changes.delete_user_by_token(member, token)


@contextmanager
def _token_errors_as_not_found() -> Iterator[None]:
    try:
        yield
    except (InvalidToken, TokenExpired):
        raise InvalidToken(status=HTTPStatus.NOT_FOUND) from None
