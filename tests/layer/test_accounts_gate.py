"""Every way to sign in opens a session for a user who may have one, and none for a user who may not."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import sign_in, verify
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.layout import handler_modules
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import SOCIAL, OAuthFlow
from tests.support.people import People
from tests.support.settings_usage import reachable
from tests.support.tables import rows

OPEN_SESSION = ("gatehouse.accounts.gate", "open_session")
FOR_NEW_USERS = {"sign_up"}  # nobody is disabled or unverified yet; whether there is a session is a setting
EMAIL = "ann@example.com"  # the address at the provider


class SignIns:
    """All ways to sign in, by the name of the function, for one user."""

    def __init__(self, call: Api, mailbox: Mailbox, oauth_flow: OAuthFlow) -> None:
        """The user has a password and an account at the provider, and can be mailed a link that signs in."""
        self._call, self._mailbox, self._oauth_flow = call, mailbox, oauth_flow

    def sign_in(self) -> Response:
        """By password."""
        return sign_in(self._call, EMAIL)

    def sign_in_social(self) -> Response:
        """By an ID token."""
        token = self._oauth_flow.provider.id_token()
        return self._call(SOCIAL, json={"provider": "google", "idToken": {"token": token}})

    def oauth_callback(self) -> Response:
        """By the provider's page."""
        return self._oauth_flow.sign_in()

    def verify_email(self) -> Response:
        """By a mailed link, which is sent for an unverified address only."""
        return verify(self._call, self._mailbox.last.token)


WAYS = sorted(name for name in vars(SignIns) if not name.startswith("_"))


def user(people: People, oauth_flow: OAuthFlow) -> str:
    """Create a user with a password and an account at the provider, and return the id."""
    people.verified("ann")
    oauth_flow.sign_in()
    return str(layer("dynamodb").batch_get(layer("accounts.pointers").email_key(EMAIL))[0].user_id)


def sessions(cloud: Cloud) -> int:
    """Return the number of stored sessions."""
    return sum("secret_hash" in row for row in rows(cloud, "SessionsTable"))


def set_verified(user_id: str, *, verified: bool) -> None:
    """Change a user's `email_verified`, which no request does for a user who has signed in."""
    table = layer("accounts.table")
    row = table.ProfileRow(*table.profile_key(user_id)[1:])
    row.update([table.ProfileRow.email_verified.set(verified)])


def test_all_functions_that_sign_in_are_tested() -> None:
    leading = {module.path.parent.name for module in handler_modules() if OPEN_SESSION in reachable(module)}

    assert leading == {*WAYS} | FOR_NEW_USERS


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("disabled", [False, True], ids=["enabled", "disabled"])
def test_a_disabled_user_gets_no_session(  # noqa: PLR0917 -- six fixtures and two columns
    call: Api,
    people: People,
    mailbox: Mailbox,
    oauth_flow: OAuthFlow,
    cloud: Cloud,
    settings: Callable[..., None],
    way: str,
    disabled: bool,  # noqa: FBT001 -- a case
) -> None:
    settings(require_email_verification="false", auto_sign_in_after_verification="true")
    user_id = user(people, oauth_flow)
    if way == "verify_email":
        set_verified(user_id, verified=False)
        mailbox.deliver()  # the notice of the linked account, so that the next mail comes last
        call("POST /api/auth/send-verification-email", json={"email": EMAIL})
        mailbox.deliver()
    layer("accounts.changes").set_disabled(user_id, disabled=disabled)
    before = sessions(cloud)

    response = getattr(SignIns(call, mailbox, oauth_flow), way)()

    assert sessions(cloud) - before == (0 if disabled else 1)
    assert any("session_token=" in cookie for cookie in response.cookies) is not disabled


@pytest.mark.parametrize("way", sorted({*WAYS} - {"verify_email"}))
def test_an_unverified_user_gets_no_session_where_that_is_required(  # noqa: PLR0917 -- six fixtures and a case
    call: Api, people: People, mailbox: Mailbox, oauth_flow: OAuthFlow, cloud: Cloud, way: str
) -> None:
    set_verified(user(people, oauth_flow), verified=False)
    before = sessions(cloud)

    response = getattr(SignIns(call, mailbox, oauth_flow), way)()

    assert (sessions(cloud) - before, "EMAIL_NOT_VERIFIED".casefold() in response_text(response)) == (0, True)


def response_text(response: Response) -> str:
    """Return the body and the redirect of a response, in lower case."""
    return f"{response.text} {response.headers.get('location', '')}".casefold()
