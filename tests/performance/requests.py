"""The benchmark's request to each function, and the expected status."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
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

    `kind` is "provider" (for pages, too), "passkey" or "list" where other limits apply (limits.py).
    """

    request: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    route: int = 0
    bearer: str | None = "BEARER"
    kind: str = ""
    to_error: bool = False  # the response redirects to the error page

    def check(self, response: bytes) -> None:
        """Raise Broken unless the response is the expected one. A redirect can contain an error, too."""
        found = json.loads(response)
        redirect = found.get("headers", {}).get("location", "")
        if found.get("statusCode") != self.status or ("error=" in redirect) != self.to_error:
            raise Broken(f"status {self.status} was expected of {response.decode()}")


def _signed_in(status: int = 200, bearer: str | None = "BEARER", kind: str = "", **request: Any) -> BenchRequest:
    return BenchRequest(request=request, status=status, bearer=bearer, kind=kind)


_anonymous = partial(_signed_in, bearer=None)
_enrolled = partial(_signed_in, bearer="ENROLLED")
_at_provider = partial(_signed_in, bearer="LINKED", kind="provider")
_with_passkey = partial(_signed_in, kind="passkey")
_CALLBACK: dict[str, Any] = {"query": {"state": "STATE", "code": "CODE"}, "cookies": ["STATE_COOKIE"]}
REQUESTS: dict[str, BenchRequest] = {
    # -- Accounts ---------------------------------------------------------------------
    "SignUp": _anonymous(json={"email": "new@example.com", "password": PASSWORD}),
    "VerifyEmail": _anonymous(json={"token": "VERIFICATION"}),
    "SendVerificationEmail": _anonymous(json={"email": "WAITING"}),
    "SignIn": _anonymous(json={"email": "EMAIL", "password": PASSWORD}),
    "RequestPasswordReset": _anonymous(json={"email": "EMAIL"}),
    "ResetPassword": _anonymous(json={"token": "RESET", "newPassword": NEW_PASSWORD}),
    "UpdateUser": _signed_in(json={"name": "Ann Smith"}),
    "SendPicture": _anonymous(404, user_id="x" * 36, picture_id="x" * 22),  # one that does not exist
    "ChangePassword": _signed_in(json={"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}),
    "VerifyPassword": _signed_in(json={"password": PASSWORD}),
    "ChangeEmail": _signed_in(json={"newEmail": "new@example.com"}),
    "DeleteUser": _signed_in(json={"password": PASSWORD}),
    "DeleteUserCallback": _signed_in(404, query={"token": "garbage"}),  # an invalid link
    "Unsubscribe": _anonymous(query={"token": "UNSUBSCRIBE"}),
    "ListAccounts": _signed_in(),
    "ExportAccount": _signed_in(kind="list"),
    # -- Providers --------------------------------------------------------------------
    "SignInSocial": _at_provider(bearer=None, json={"provider": "google"}),
    "OauthCallback": _at_provider(302, bearer=None, provider="google", **_CALLBACK),
    "ExpoAuthorizationProxy": _anonymous(302, query={"authorizationURL": "APP_URL"}),
    "LinkSocial": _at_provider(bearer="BEARER", json={"provider": "google"}),
    "UnlinkAccount": _at_provider(json={"accountId": "ACCOUNT"}),
    "GetAccessToken": _at_provider(json={"accountId": "ACCOUNT"}),
    "RefreshToken": _at_provider(json={"accountId": "ACCOUNT"}),
    "AccountInfo": _at_provider(query={"accountId": "ACCOUNT"}),
    # -- The second factor ------------------------------------------------------------
    "EnableTwoFactor": _signed_in(json={"password": PASSWORD}),
    "DisableTwoFactor": _enrolled(json={"password": PASSWORD}),
    "GetTotpUri": _enrolled(json={"password": PASSWORD}),
    "VerifyTotp": _anonymous(json={"two_factor_token": "CHALLENGE", "code": "APP_CODE"}),
    "SendOtp": _anonymous(json={"two_factor_token": "CHALLENGE"}),
    "VerifyOtp": _anonymous(json={"two_factor_token": "CHALLENGE", "code": "MAILED_CODE"}),
    "VerifyBackupCode": _anonymous(json={"two_factor_token": "CHALLENGE", "code": "BACKUP_CODE"}),
    "GenerateBackupCodes": _enrolled(json={"password": PASSWORD}),
    "ListTrustedDevices": _signed_in(),
    "RevokeTrustedDevice": _signed_in(json={"id": "x" * 22}),
    # -- Passkeys ---------------------------------------------------------------------
    "GenerateRegisterOptions": _signed_in(),
    "VerifyRegistration": _with_passkey(json={"response": "REGISTRATION"}),
    "GenerateAuthenticateOptions": _anonymous(),
    "VerifyAuthentication": _with_passkey(bearer=None, json={"response": "ASSERTION"}),
    "ListUserPasskeys": _signed_in(),
    "DeletePasskey": _signed_in(json={"id": "PASSKEY"}),
    "UpdatePasskey": _signed_in(json={"id": "PASSKEY", "name": "Phone"}),
    "RelatedOrigins": _anonymous(),
    # -- Sessions ---------------------------------------------------------------------
    "GetSession": _signed_in(),
    "SignOut": _signed_in(json={}),
    "ListSessions": _signed_in(),
    "RevokeSession": _signed_in(json={"token": "x" * 22}),
    "RevokeSessions": _signed_in(json={}),
    "RevokeOtherSessions": _signed_in(json={}),
    "UpdateSession": _signed_in(400, json={}),  # there is nothing to change
    "Token": _signed_in(),
    "Refresh": _anonymous(json={"refresh_token": "REFRESH"}),
    "Jwks": _anonymous(),
    # -- Tasks ------------------------------------------------------------------------
    "ListTasks": _signed_in(kind="list"),
    "CreateTask": _signed_in(201, json=TASK),
    "ReadTask": _signed_in(task_id="TASK"),
    "UpdateTask": BenchRequest(request={"task_id": "TASK", "json": {"title": "Water the cactus"}}, route=1),
    "CompleteTask": _signed_in(task_id="TASK", json={"completed": True}),
    "DeleteTask": _signed_in(204, task_id="TASK"),
    "SummarizeTasks": _signed_in(),
    "BulkTasks": _signed_in(json={"operations": [{"op": "complete", "id": "TASK", "completed": True}]}),
    "BulkDeleteTasks": _signed_in(json={"task_ids": ["TASK"]}),
    "ListChanges": _signed_in(kind="list"),
    "ExportTasks": _signed_in(kind="list"),
    # -- The service itself -----------------------------------------------------------
    "Health": _anonymous(),
    "Ok": _anonymous(),
    "Error": BenchRequest(bearer=None, status=302, to_error=True),
    # -- Hosted pages -----------------------------------------------------------------
    "ShowPage": BenchRequest(route=12, bearer=None, kind="provider"),  # not the page that was rendered at the start
    "SendAsset": _at_provider(bearer=None, name="SCRIPT"),
}
