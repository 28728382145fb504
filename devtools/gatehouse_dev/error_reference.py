"""Write docs/errors.md from the catalogue of errors, or with `--check` fail if it is not current: `make errors`."""

import sys
from http import HTTPStatus
from importlib import import_module
from pkgutil import iter_modules

from gatehouse import errors
from gatehouse.errors import Refusal
from gatehouse_dev.template_file import DEFAULT_PATH

FILE = DEFAULT_PATH.parent / "docs" / "errors.md"
OTHER_STATUSES = {  # codes that some endpoints answer with another status than the class has
    "FAILED_TO_GET_USER_INFO": (HTTPStatus.UNAUTHORIZED,),
    "INVALID_CODE": (HTTPStatus.UNAUTHORIZED,),
    "INVALID_TOKEN": (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND),
    "TOKEN_EXPIRED": (HTTPStatus.UNAUTHORIZED,),
}
_CALLBACK = "Correct the URL, or add its origin to `CorsOrigins` or `TrustedOrigins`."
_ACCOUNT_ID = "Send the id of an account at a provider that is configured."
_PROVIDER = "Ask the user to sign in at the provider again."
_RESTART = "Start the sign-in again."
_REFRESH = "Refresh the access token once; if that fails, sign in again. For a mailed link: request a new one."
ACTIONS = {
    "ACCOUNT_NOT_FOUND": "Load the list of accounts again.",
    "ACCOUNT_NOT_PROVEN": "Ask the user to verify the address; if it is verified, to reset the password.",
    "ACCOUNT_TEMPORARILY_LOCKED": "Wait as long as `Retry-After` says. A password can be reset meanwhile.",
    "AUTHENTICATION_FAILED": "Begin again, or offer another sign-in method.",
    "BACKUP_CODES_NOT_ENABLED": "Offer another method.",
    "BAD_REQUEST": "Send valid JSON in UTF-8.",
    "CANNOT_REVOKE_CURRENT_SESSION": "Call `sign-out` instead.",
    "CHALLENGE_NOT_FOUND": "Get new options, and begin again.",
    "CREDENTIAL_ACCOUNT_NOT_FOUND": "The account has no password: set one through `request-password-reset`.",
    "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED": "Call it with `fetch` from a page of a trusted origin, not with a form.",
    "EMAIL_ALREADY_VERIFIED": "Nothing to do: continue.",
    "EMAIL_CAN_NOT_BE_UPDATED": "Call `change-email`.",
    "EMAIL_IS_THE_SAME": "Ask for a different address.",
    "EMAIL_MISMATCH": "Send the address of the signed-in user.",
    "EMAIL_NOT_VERIFIED": "Ask the user to open the mailed link; offer `send-verification-email`. If `details.mail` is "
    "`undeliverable`, no mail reaches the address: ask for another one.",
    "EMAIL_PASSWORD_SIGN_UP_DISABLED": "Hide the sign-up form.",
    "FAILED_TO_GET_ACCESS_TOKEN": _PROVIDER,
    "FAILED_TO_GET_USER_INFO": "With 401: sign in at the provider again. With 404: sign in, then open the link again.",
    "FAILED_TO_REFRESH_ACCESS_TOKEN": _PROVIDER,
    "FAILED_TO_VERIFY_REGISTRATION": "Begin again; let the user choose another device if it happens again.",
    "FAILED_TO_UNLINK_LAST_ACCOUNT": "Ask the user to add another sign-in method first.",
    "IDEMPOTENCY_KEY_REUSED": "Use a new `Idempotency-Key` for a new request.",
    "INTERNAL_SERVER_ERROR": "Report the `requestId`. Do not retry in a loop.",
    "INVALID_BACKUP_CODE": "Ask for another of the backup codes: each counts once.",
    "INVALID_CALLBACK_URL": _CALLBACK,
    "INVALID_CODE": "From a provider: start the sign-in again. Of the second factor: ask for the code again.",
    "INVALID_EMAIL": "Show the message at the email field.",
    "INVALID_EMAIL_OR_PASSWORD": "Show the message; do not say which of the two is wrong.",
    "INVALID_ERROR_CALLBACK_URL": _CALLBACK,
    "INVALID_ID_TOKEN": _RESTART,
    "INVALID_NEW_USER_CALLBACK_URL": _CALLBACK,
    "INVALID_ORIGIN": "Add the page's origin to `CorsOrigins` or `TrustedOrigins`, or the app's scheme to the latter.",
    "INVALID_PASSWORD": "Show the message at the password field.",
    "INVALID_REDIRECT_URL": _CALLBACK,
    "INVALID_TOKEN": f"{_REFRESH} For an ID token: get a new one from the provider.",
    "INVALID_TWO_FACTOR_COOKIE": "Begin the sign-in again.",
    "ISSUER_MISMATCH": _RESTART,
    "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED": "Ask the user to choose a provider account with the same address.",
    "LINKING_NOT_ALLOWED": "Verify the address on both sides first. At most 20 accounts can be linked.",
    "METHOD_NOT_ALLOWED": "Use the method that the [protocol](protocol.md#endpoints) lists.",
    "MISSING_OR_NULL_ORIGIN": "Send `Origin` with every cookie-authenticated write; in an app, `expo-origin`.",
    "MISSING_TOKEN": "Sign in.",
    "NOT_FOUND": "Treat the object as deleted, and load the list again.",
    "NO_CODE": _RESTART,
    "NO_FIELDS_TO_UPDATE": "Send at least one field.",
    "OAUTH_LINK_ERROR": "Ask the user to sign in with another method. The message has the reason.",
    "OTP_HAS_EXPIRED": "Offer `two-factor/send-otp`.",
    "OTP_NOT_CONFIGURED": "Offer another method.",
    "PASSKEY_LIMIT_REACHED": "Ask the user to delete a passkey first.",
    "PASSKEY_NOT_FOUND": "Treat the passkey as deleted, and load the list again.",
    "PASSWORD_COMPROMISED": "Show the message at the password field.",
    "PASSWORD_REQUIRED": "Ask for a password and send it with the token: one to choose if `details.password` is `new`; "
    "if it is `current`, that of the account, or a session of its user.",
    "PASSWORD_TOO_LONG": "Show the message at the password field.",
    "PASSWORD_TOO_SHORT": "Show the message at the password field.",
    "PAYLOAD_TOO_LARGE": "Send a smaller body, or split the request.",
    "PICTURE_NOT_SUPPORTED": "Show the message, and let the user choose another file.",
    "PICTURE_TOO_LARGE": "Show the message; or scale the picture down and send it again.",
    "PRECONDITION_FAILED": "Read the task again and let the user decide.",
    "PREVIOUSLY_REGISTERED": "The passkey is there already: offer it for signing in.",
    "PROVIDER_NOT_CONFIGURED": _ACCOUNT_ID,
    "PROVIDER_NOT_FOUND": "Use `google` or the id in `OidcProviderId`.",
    "PROVIDER_NOT_SUPPORTED": _ACCOUNT_ID,
    "PROVIDER_REFUSED": _RESTART,
    "PROVIDER_UNAVAILABLE": "Try again in a moment, or offer another sign-in method.",
    "REFRESH_TOKEN_NOT_FOUND": "The provider gave no refresh token: ask the user to sign in there again.",
    "SERVICE_UNAVAILABLE": "Try again in a moment. Keep the session: it is still valid.",
    "SESSION_EXPIRED": "Ask for the password and send it with `delete-user`.",
    "SESSION_NOT_FRESH": "Ask for the password (`verify-password`) or a passkey (`verify-authentication`), then repeat "
    "the call.",
    "SESSION_REQUIRED": "Send the session's token (`set-auth-token` of the sign-in) or cookie. Do not refresh: a newer "
    "JWT is refused, too.",
    "SOCIAL_ACCOUNT_ALREADY_LINKED": "The provider account is linked to another user: choose another one.",
    "STATE_MISMATCH": f"{_RESTART} If `details.reason` is `state_cookie_missing`, the browser sent no "
    "`better-auth.state`: see [providers](protocol.md#providers).",
    "STATE_NOT_FOUND": _RESTART,
    "SYNC_TOKEN_EXPIRED": "Sync again without `since`, and replace the local copy.",
    "TASK_LIMIT_REACHED": "Ask the user to delete tasks first.",
    "TOKEN_EXPIRED": _REFRESH,
    "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE": "Begin the sign-in again; after a mailed code, request a new one.",
    "TOO_MANY_REQUESTS": "Wait as many seconds as `Retry-After` says.",
    "TOO_MANY_WRONG_PASSWORDS": "Sign in again, or reset the password. Do not repeat the request.",
    "TOTP_ALREADY_ENABLED": "Call `two-factor/disable` first.",
    "TOTP_NOT_ENABLED": "Call `two-factor/enable` first.",
    "TWO_FACTOR_NOT_ENABLED": "Call `two-factor/enable` first.",
    "TWO_FACTOR_REQUIRED": "Lead the user to `two-factor/enable`, or with a second factor to `two-factor/verify-totp`.",
    "UNAUTHORIZED": "See the code in `details.reason`.",
    "UNSUPPORTED_MEDIA_TYPE": "Send `Content-Type: application/json`.",
    "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL": "Offer sign-in or a password reset.",
    "USER_EMAIL_NOT_FOUND": "Ask the user to share the address at the provider.",
    "VALIDATION_ERROR": "Show each entry of `details` at its `field`.",
    "YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY": "Somebody else signed in meanwhile: begin again.",
    "WEAK_PASSWORD": "Show the message at the password field.",
}
HEAD = """# Errors

Generated by `make errors` from `layers/common/gatehouse/errors/`; do not edit by hand.

Every error of the service has one form. `details` is present for `VALIDATION_ERROR` (a list of `{field, message}`),
`UNAUTHORIZED` (`{reason}`), `PASSWORD_REQUIRED` (`{password}`), and `EMAIL_NOT_VERIFIED` when mail to the address came
back (`{mail}`). `requestId` is also in the response header `x-correlation-id` and in the log.

```json
{"code": "NOT_FOUND", "message": "…", "requestId": "JKJaXmPLvHcESHA="}
```

* Decide by `code`: codes are part of the interface and do not change. `message` may change, and is often more specific
  than below.
* Retry 429 after `Retry-After`, and 502 and 503 after a pause. Writes to tasks are safe to retry with an
  [`Idempotency-Key`](tasks.md#writing). Repeating any other 4xx gives the same answer.
* Under `/api/auth`, a call without a valid session gets `UNAUTHORIZED`, with `MISSING_TOKEN`, `INVALID_TOKEN` or
  `TOKEN_EXPIRED` as `details.reason`. On other paths, `code` is one of these three.
* API Gateway has errors of its own, with only a `message`: 404 for an unknown route, 413 above 10 MB, 429 when it
  throttles, 500 and 503 when a function fails or cannot run.

## All codes

| code | status | message | what a client does |
| --- | --- | --- | --- |
"""
TAIL = """
## Errors in a redirect

A sign-in at a provider ends with a redirect. If it failed, the URL has `?error=`: the code in lower case
(`state_mismatch`, `email_not_verified`, `provider_unavailable`), an error of the provider such as
`access_denied`, or one of:

| error | what it means |
| --- | --- |
| `account_already_linked_to_different_user` | `SOCIAL_ACCOUNT_ALREADY_LINKED` |
| `account_not_linked` | This address has an account already: sign in with another method, then link the provider. |
| `email_does_not_match` | `LINKING_DIFFERENT_EMAILS_NOT_ALLOWED` |
| `email_not_found` | `USER_EMAIL_NOT_FOUND` |
| `signup_disabled` | `SignUpEnabled` is `false`, and this is a new user. |
| `unable_to_create_session` | The user is disabled or deleted. |
| `unable_to_get_user_info` | `INVALID_ID_TOKEN` |
| `unable_to_link_account` | `LINKING_NOT_ALLOWED`, or the session that started the linking has ended. |

`state_mismatch` has `error_description=state_cookie_missing` where the sign-in waits for its cookie,
`better-auth.state`, and the browser sent none: it blocks cookies of other sites, `credentials: "omit"` refused the
cookie, it took longer than five minutes, or this is another browser. [Providers](protocol.md#providers) says how such
frontends sign in.

Mailed links redirect with the code in upper case: `?error=INVALID_TOKEN`, and for a verification also `TOKEN_EXPIRED`
or `PASSWORD_REQUIRED`.
"""


def catalogue() -> list[type[Refusal]]:
    """Return every error of the service; a subclass without a code gives its parent's another status."""
    return [kind for kind in classes().values() if "code" in vars(kind)]


def classes() -> dict[str, type[Refusal]]:
    """Return the classes of all errors by name."""
    modules = [errors, *(import_module(f"{errors.__name__}.{one.name}") for one in iter_modules(errors.__path__))]
    found = (value for module in modules for value in vars(module).values() if isinstance(value, type))
    return {kind.__name__: kind for kind in found if issubclass(kind, Refusal) and kind is not Refusal}


def text() -> str:
    """Return the whole page."""
    return HEAD + "".join(_row(kind) for kind in sorted(catalogue(), key=lambda kind: kind.code)) + TAIL


def _row(kind: type[Refusal]) -> str:
    statuses = sorted({kind.status, *OTHER_STATUSES.get(kind.code, ())})
    cells = (f"`{kind.code}`", ", ".join(str(int(status)) for status in statuses), str(kind()), ACTIONS[kind.code])
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Write the page; with `--check`, exit with 1 if it is not current."""
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text(), encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text():
        sys.exit("docs/errors.md is not current: run `make errors`")


if __name__ == "__main__":
    main()
