"""The benchmark's request to each function, and the expected status."""

import json
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


class Broken(Exception):
    """Nothing was built, or a function ended, failed, or does not respond as expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRequest:
    """A request to a function's `route`-th route. Names in capitals are placeholders (see world.py).

    `provider` and `lists`: the limits for providers and pages, or for lists, apply (limits.py).
    """

    request: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    route: int = 0
    bearer: str | None = "BEARER"
    provider: bool = False
    lists: bool = False
    to_error: bool = False  # the response redirects to the error page

    def check(self, response: bytes) -> None:
        """Raise Broken unless the response is the expected one. A redirect can contain an error, too."""
        found = json.loads(response)
        redirect = found.get("headers", {}).get("location", "")
        if found.get("statusCode") != self.status or ("error=" in redirect) != self.to_error:
            raise Broken(f"status {self.status} was expected of {response.decode()}")


def _signed_in(status: int = 200, **values: Any) -> BenchRequest:
    return BenchRequest(request={"json": values}, status=status)


def _anonymous(**values: Any) -> BenchRequest:
    return BenchRequest(request={"json": values}, bearer=None)


def _at_provider(**request: Any) -> BenchRequest:
    return BenchRequest(request=request, bearer="LINKED", provider=True)


REQUESTS: dict[str, BenchRequest] = {
    # -- Accounts ---------------------------------------------------------------------
    "SignUp": _anonymous(email="new@example.com", password=PASSWORD),
    "VerifyEmail": _anonymous(token="VERIFICATION"),
    "SendVerificationEmail": _anonymous(email="WAITING"),
    "SignIn": _anonymous(email="EMAIL", password=PASSWORD),
    "RequestPasswordReset": _anonymous(email="EMAIL"),
    "ResetPassword": _anonymous(token="RESET", newPassword=NEW_PASSWORD),
    "UpdateUser": _signed_in(name="Ann Smith"),
    "SendPicture": BenchRequest(  # one that does not exist
        request={"user_id": "x" * 36, "picture_id": "x" * 22}, bearer=None, status=404
    ),
    "ChangePassword": _signed_in(currentPassword=PASSWORD, newPassword=NEW_PASSWORD),
    "VerifyPassword": _signed_in(password=PASSWORD),
    "ChangeEmail": _signed_in(newEmail="new@example.com"),
    "DeleteUser": _signed_in(password=PASSWORD),
    "DeleteUserCallback": BenchRequest(request={"query": {"token": "garbage"}}, status=404),  # an invalid link
    "Unsubscribe": BenchRequest(request={"query": {"token": "UNSUBSCRIBE"}}, bearer=None),
    "ListAccounts": BenchRequest(),
    "ExportAccount": BenchRequest(lists=True),
    # -- Providers --------------------------------------------------------------------
    "SignInSocial": BenchRequest(request={"json": {"provider": "google"}}, bearer=None, provider=True),
    "OauthCallback": BenchRequest(
        request={"provider": "google", "query": {"state": "STATE", "code": "CODE"}, "cookies": ["STATE_COOKIE"]},
        bearer=None,
        status=302,
        provider=True,
    ),
    "ExpoAuthorizationProxy": BenchRequest(request={"query": {"authorizationURL": "APP_URL"}}, bearer=None, status=302),
    "LinkSocial": BenchRequest(request={"json": {"provider": "google"}}, provider=True),
    "UnlinkAccount": _at_provider(json={"accountId": "ACCOUNT"}),
    "GetAccessToken": _at_provider(json={"accountId": "ACCOUNT"}),
    "RefreshToken": _at_provider(json={"accountId": "ACCOUNT"}),
    "AccountInfo": _at_provider(query={"accountId": "ACCOUNT"}),
    # -- Sessions ---------------------------------------------------------------------
    "GetSession": BenchRequest(),
    "SignOut": _signed_in(),
    "ListSessions": BenchRequest(),
    "RevokeSession": _signed_in(token="x" * 22),
    "RevokeSessions": _signed_in(),
    "RevokeOtherSessions": _signed_in(),
    "UpdateSession": _signed_in(status=400),  # there is nothing to change
    "Token": BenchRequest(),
    "Refresh": _anonymous(refresh_token="REFRESH"),
    "Jwks": BenchRequest(bearer=None),
    # -- Tasks ------------------------------------------------------------------------
    "ListTasks": BenchRequest(lists=True),
    "CreateTask": _signed_in(status=201, **TASK),
    "ReadTask": BenchRequest(request={"task_id": "TASK"}),
    "UpdateTask": BenchRequest(request={"task_id": "TASK", "json": {"title": "Water the cactus"}}, route=1),
    "CompleteTask": BenchRequest(request={"task_id": "TASK", "json": {"completed": True}}),
    "DeleteTask": BenchRequest(request={"task_id": "TASK"}, status=204),
    "SummarizeTasks": BenchRequest(),
    "BulkTasks": _signed_in(operations=[{"op": "complete", "id": "TASK", "completed": True}]),
    "BulkDeleteTasks": _signed_in(task_ids=["TASK"]),
    "ListChanges": BenchRequest(lists=True),
    "ExportTasks": BenchRequest(lists=True),
    # -- The service itself -----------------------------------------------------------
    "Health": BenchRequest(bearer=None),
    "Ok": BenchRequest(bearer=None),
    "Error": BenchRequest(bearer=None, status=302, to_error=True),
    # -- Hosted pages -----------------------------------------------------------------
    "ShowPage": BenchRequest(route=12, bearer=None, provider=True),  # not the page that was rendered at the start
    "SendAsset": BenchRequest(request={"name": "SCRIPT"}, bearer=None, provider=True),
}
