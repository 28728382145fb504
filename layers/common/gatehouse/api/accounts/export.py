"""The export of all data that is stored about a user."""

from base64 import b64encode
from urllib.parse import urlencode

from fastapi import Response

from gatehouse import sessions
from gatehouse.accounts import AuthenticatedUser, ProfileRow
from gatehouse.accounts.pictures import own_picture
from gatehouse.accounts.trusted_devices import trusted_devices
from gatehouse.api.accounts.schemas import OwnUserBody
from gatehouse.api.accounts.sign_in_methods import AccountBody, sign_in_methods
from gatehouse.api.passkeys.schemas import PasskeyBody
from gatehouse.api.second_factor.trusted_devices import TrustedDeviceBody
from gatehouse.api.sessions.schemas import SessionBody
from gatehouse.api_model import ResponseModel
from gatehouse.passkeys.own_passkeys import passkeys_of
from gatehouse.tasks import Owner, Task
from gatehouse.tasks.exporting import export_page


class AccountExport(ResponseModel):
    """One page of the export. The first has the user, and as a data URL a picture that is stored here; every page has
    tasks; `cursor` asks for the next, null means the last.
    """

    user: OwnUserBody | None = None
    picture: str | None = None
    accounts: list[AccountBody] | None = None
    passkeys: list[PasskeyBody] | None = None
    sessions: list[SessionBody] | None = None
    trusted_devices: list[TrustedDeviceBody] | None = None
    tasks: list[Task]
    cursor: str | None = None


def export_account_page(member: AuthenticatedUser, cursor: str | None, response: Response) -> AccountExport:
    """Return a page of the export and set the link to the next; raises InvalidInput for an invalid cursor."""
    session, profile = member.session, member.profile
    tasks = export_page(Owner(id=profile.user_id, cursor_key=session.cursor_key), cursor)
    response.headers["content-disposition"] = 'attachment; filename="account.json"'
    if tasks.cursor:
        response.headers["link"] = f'</api/auth/export?{urlencode({"cursor": tasks.cursor})}>; rel="next"'
    if cursor is not None:
        return AccountExport(tasks=tasks.tasks, cursor=tasks.cursor)
    return AccountExport(
        user=OwnUserBody.of(member.user),
        picture=_picture(profile),
        accounts=sign_in_methods(profile),
        passkeys=[PasskeyBody.of_row(row) for row in passkeys_of(profile)],
        sessions=[
            SessionBody.of(one, token=one.id) for one in sessions.active_sessions(profile.user_id, profile.epoch)
        ],
        trusted_devices=[TrustedDeviceBody.of(one, is_current=False) for one in trusted_devices(profile)],
        tasks=tasks.tasks,
        cursor=tasks.cursor,
    )


def _picture(profile: ProfileRow) -> str | None:
    picture = own_picture(profile)
    return f"data:{picture.media_type};base64,{b64encode(picture.content).decode()}" if picture else None
