"""The benchmark's request to each function, and the expected status."""

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
class BenchRequest:
    """A request to a function's `route`-th route. Names in capitals are placeholders (see world.py).

    `hashes`: a password is hashed, which is counted separately; `provider`: the limits for providers and pages apply
    (limits.py); `to_error`: the response redirects to the error page.
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
        """The request with its bearer token."""
        return {"bearer": self.bearer} | dict(self.request)

    def accepts(self, response: Mapping[str, Any]) -> bool:
        """Whether the response is the expected one. A redirect can contain an error, too."""
        redirect = response.get("headers", {}).get("location", "")
        return response.get("statusCode") == self.status and ("error=" in redirect) == self.to_error


def _body(**values: Any) -> dict[str, Any]:
    return {"json": values}


def _by_mail(**values: Any) -> BenchRequest:
    return BenchRequest(request=_body(**values), bearer=None)


def _at_provider(request: Mapping[str, Any], status: int = 200) -> BenchRequest:
    return BenchRequest(request=request, bearer="LINKED", status=status, provider=True)


REQUESTS: dict[str, BenchRequest] = {
    # -- Accounts ---------------------------------------------------------------------
    "SignUp": BenchRequest(request=_body(email="new@example.com", password=PASSWORD), bearer=None, hashes=True),
    "VerifyEmail": _by_mail(token="VERIFICATION"),
    "SendVerificationEmail": _by_mail(email="WAITING"),
    "SignIn": BenchRequest(request=_body(email="EMAIL", password=PASSWORD), bearer=None, hashes=True),
    "RequestPasswordReset": _by_mail(email="EMAIL"),
    "ResetPassword": BenchRequest(request=_body(token="RESET", newPassword=NEW_PASSWORD), bearer=None, hashes=True),
    "UpdateUser": BenchRequest(request=_body(name="Ann Smith")),
    "SendPicture": BenchRequest(
        request={"user_id": "x" * 36, "picture_id": "x" * 22}, bearer=None, status=404, about="one that does not exist"
    ),
    "ChangePassword": BenchRequest(request=_body(currentPassword=PASSWORD, newPassword=NEW_PASSWORD), hashes=True),
    "VerifyPassword": BenchRequest(request=_body(password=PASSWORD), hashes=True),
    "ChangeEmail": BenchRequest(request=_body(newEmail="new@example.com")),
    "DeleteUser": BenchRequest(request=_body(password=PASSWORD), hashes=True),
    "DeleteUserCallback": BenchRequest(request={"query": {"token": "garbage"}}, status=404, about="an invalid link"),
    "Unsubscribe": BenchRequest(request={"query": {"token": "UNSUBSCRIBE"}}, bearer=None),
    "ListAccounts": BenchRequest(),
    "ExportAccount": BenchRequest(),
    # -- Providers --------------------------------------------------------------------
    "SignInSocial": BenchRequest(request=_body(provider="google"), bearer=None, provider=True),
    "OauthCallback": BenchRequest(
        request={
            "provider": "google",
            "query": {"state": "STATE", "code": "CODE"},
            "cookies": ["STATE_COOKIE"],
        },
        bearer=None,
        status=302,
        provider=True,
    ),
    "ExpoAuthorizationProxy": BenchRequest(request={"query": {"authorizationURL": "APP_URL"}}, bearer=None, status=302),
    "LinkSocial": BenchRequest(request=_body(provider="google"), provider=True),
    "UnlinkAccount": _at_provider(_body(accountId="ACCOUNT")),
    "GetAccessToken": _at_provider(_body(accountId="ACCOUNT")),
    "RefreshToken": _at_provider(_body(accountId="ACCOUNT")),
    "AccountInfo": _at_provider({"query": {"accountId": "ACCOUNT"}}),
    # -- Sessions ---------------------------------------------------------------------
    "GetSession": BenchRequest(),
    "SignOut": BenchRequest(request=_body()),
    "ListSessions": BenchRequest(),
    "RevokeSession": BenchRequest(request=_body(token="x" * 22)),
    "RevokeSessions": BenchRequest(request=_body()),
    "RevokeOtherSessions": BenchRequest(request=_body()),
    "UpdateSession": BenchRequest(request=_body(), status=400, about="there is nothing to change"),
    "Token": BenchRequest(),
    "Refresh": _by_mail(refresh_token="REFRESH"),
    "Jwks": BenchRequest(bearer=None),
    # -- Tasks ------------------------------------------------------------------------
    "ListTasks": BenchRequest(),
    "CreateTask": BenchRequest(request=_body(**TASK), status=201),
    "ReadTask": BenchRequest(request={"task_id": "TASK"}),
    "UpdateTask": BenchRequest(request={"task_id": "TASK"} | _body(title="Water the cactus"), route=1),
    "CompleteTask": BenchRequest(request={"task_id": "TASK"} | _body(completed=True)),
    "DeleteTask": BenchRequest(request={"task_id": "TASK"}, status=204),
    "SummarizeTasks": BenchRequest(),
    "BulkTasks": BenchRequest(request=_body(operations=[{"op": "complete", "id": "TASK", "completed": True}])),
    "BulkDeleteTasks": BenchRequest(request=_body(task_ids=["TASK"])),
    "ListChanges": BenchRequest(),
    "ExportTasks": BenchRequest(),
    # -- The service itself -----------------------------------------------------------
    "Health": BenchRequest(bearer=None),
    "Ok": BenchRequest(bearer=None),
    "Error": BenchRequest(bearer=None, status=302, to_error=True, about="redirects to a page"),
    # -- Hosted pages -----------------------------------------------------------------
    "ShowPage": BenchRequest(route=12, bearer=None, provider=True, about="not the page that was rendered at start"),
    "SendAsset": BenchRequest(request={"name": "SCRIPT"}, bearer=None, provider=True, about="what pages load"),
}
