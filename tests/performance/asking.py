"""What is asked of each function: a request that goes all the way through it, and how it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.people import PASSWORD

TASK = {
    "title": "Water the plants",
    "description": "All but the cactus, which had some yesterday",
    "priority": "high",
    "due_date": "2030-12-01",
    "tags": ["home"],
}
NEW_PASSWORD = "battery horse correct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request to a function's `route`-th route; names in capitals stand for what the world has (see world.py).

    `hashes` says that a password is hashed, which is counted by itself; `provider` that other limits hold, as
    for pages (limits.py); `to_error` that the answer leads to the page of an error.
    """

    request: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    route: int = 0
    bearer: str | None = "BEARER"
    hashes: bool = False
    provider: bool = False
    about: str = ""
    to_error: bool = False

    @property
    def whole(self) -> dict[str, Any]:
        """The request with who asks."""
        return {"bearer": self.bearer} | dict(self.request)

    def is_answered_by(self, answer: Mapping[str, Any]) -> bool:
        """Whether a function's answer is the one expected: a redirect may tell of an error, too."""
        redirect = answer.get("headers", {}).get("location", "")
        return answer.get("statusCode") == self.status and ("error=" in redirect) == self.to_error


def _body(**values: Any) -> dict[str, Any]:
    return {"json": values}


def _by_mail(**values: Any) -> Ask:
    return Ask(request=_body(**values), bearer=None)


def _at_provider(request: Mapping[str, Any], status: int = 200) -> Ask:
    return Ask(request=request, bearer="LINKED", status=status, provider=True)


ASKS: dict[str, Ask] = {
    # -- Accounts ---------------------------------------------------------------------
    "SignUp": Ask(request=_body(email="new@example.com", password=PASSWORD), bearer=None, hashes=True),
    "VerifyEmail": _by_mail(token="VERIFICATION"),
    "SendVerificationEmail": _by_mail(email="WAITING"),
    "SignIn": Ask(request=_body(email="EMAIL", password=PASSWORD), bearer=None, hashes=True),
    "RequestPasswordReset": _by_mail(email="EMAIL"),
    "ResetPassword": Ask(request=_body(token="RESET", newPassword=NEW_PASSWORD), bearer=None, hashes=True),
    "UpdateUser": Ask(request=_body(name="Ann Smith")),
    "ChangePassword": Ask(request=_body(currentPassword=PASSWORD, newPassword=NEW_PASSWORD), hashes=True),
    "VerifyPassword": Ask(request=_body(password=PASSWORD), hashes=True),
    "ChangeEmail": Ask(request=_body(newEmail="new@example.com")),
    "DeleteUser": Ask(request=_body(password=PASSWORD), hashes=True),
    "DeleteUserCallback": Ask(request={"query": {"token": "garbage"}}, status=404, about="a link that is none"),
    "ListAccounts": Ask(),
    "ExportAccount": Ask(),
    # -- Providers --------------------------------------------------------------------
    "SignInSocial": Ask(request=_body(provider="google"), bearer=None, provider=True),
    "OauthCallback": Ask(
        request={
            "provider": "google",
            "query": {"state": "STATE", "code": "CODE"},
            "cookies": ["STATE_COOKIE"],
        },
        bearer=None,
        status=302,
        provider=True,
    ),
    "LinkSocial": Ask(request=_body(provider="google"), provider=True),
    "UnlinkAccount": _at_provider(_body(accountId="ACCOUNT")),
    "GetAccessToken": _at_provider(_body(accountId="ACCOUNT")),
    "RefreshToken": _at_provider(_body(accountId="ACCOUNT")),
    "AccountInfo": _at_provider({"query": {"accountId": "ACCOUNT"}}),
    # -- Sessions ---------------------------------------------------------------------
    "GetSession": Ask(),
    "SignOut": Ask(request=_body()),
    "ListSessions": Ask(),
    "RevokeSession": Ask(request=_body(token="x" * 22)),
    "RevokeSessions": Ask(request=_body()),
    "RevokeOtherSessions": Ask(request=_body()),
    "UpdateSession": Ask(request=_body(), status=400, about="there is nothing to change"),
    "Token": Ask(),
    "Refresh": _by_mail(refresh_token="REFRESH"),
    "Jwks": Ask(bearer=None),
    # -- Tasks ------------------------------------------------------------------------
    "ListTasks": Ask(),
    "CreateTask": Ask(request=_body(**TASK), status=201),
    "ReadTask": Ask(request={"task_id": "TASK"}),
    "UpdateTask": Ask(request={"task_id": "TASK"} | _body(title="Water the cactus"), route=1),
    "CompleteTask": Ask(request={"task_id": "TASK"} | _body(completed=True)),
    "DeleteTask": Ask(request={"task_id": "TASK"}, status=204),
    "SummarizeTasks": Ask(),
    "BulkTasks": Ask(request=_body(operations=[{"op": "complete", "id": "TASK", "completed": True}])),
    "BulkDeleteTasks": Ask(request=_body(task_ids=["TASK"])),
    "ListChanges": Ask(),
    "ExportTasks": Ask(),
    # -- The service itself -----------------------------------------------------------
    "Health": Ask(bearer=None),
    "Ok": Ask(bearer=None),
    "Error": Ask(bearer=None, status=302, to_error=True, about="leads to a page"),
    # -- Hosted pages -----------------------------------------------------------------
    "ShowPage": Ask(route=6, bearer=None, provider=True, about="another page than the start looked at"),
    "SendAsset": Ask(request={"name": "SCRIPT"}, bearer=None, provider=True, about="what pages load"),
}


def filled(request: Any, names: Mapping[str, str]) -> Any:
    """The request with what `names` stand for."""
    if isinstance(request, dict):
        return {key: filled(value, names) for key, value in request.items()}
    if isinstance(request, list):
        return [filled(value, names) for value in request]
    return names.get(request, request) if isinstance(request, str) else request
