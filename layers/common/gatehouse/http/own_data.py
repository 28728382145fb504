"""All that is kept of somebody, for them to take along."""

from urllib.parse import urlencode

from fastapi import Response

from gatehouse import sessions
from gatehouse.accounts import Member
from gatehouse.http.accounts import AccountBody, ways_in
from gatehouse.http.shapes import OwnBody, SessionBody
from gatehouse.tasks import Owner, Task
from gatehouse.tasks.exporting import export
from gatehouse.wire import Answer


class OwnData(Answer):
    """A page: the first has the person, every page has tasks; `cursor` asks for the next, null says it was the last."""

    user: OwnBody | None = None
    accounts: list[AccountBody] | None = None
    sessions: list[SessionBody] | None = None
    tasks: list[Task]
    cursor: str | None = None


def own_data(member: Member, cursor: str | None, response: Response) -> OwnData:
    """A page, and in the headers of `response` where the next one is; raises InvalidInput for a strange cursor."""
    session, profile = member.session, member.profile
    tasks = export(Owner(id=profile.user_id, cursor_key=session.cursor_key), cursor)
    response.headers["content-disposition"] = 'attachment; filename="account.json"'
    if tasks.cursor:
        response.headers["link"] = f'</api/auth/export?{urlencode({"cursor": tasks.cursor})}>; rel="next"'
    if cursor is not None:
        return OwnData(tasks=tasks.tasks, cursor=tasks.cursor)
    return OwnData(
        user=OwnBody.of(member.user),
        accounts=ways_in(profile),
        sessions=[SessionBody.of(one, one.id) for one in sessions.all_of(profile.user_id, profile.epoch)],
        tasks=tasks.tasks,
        cursor=tasks.cursor,
    )
