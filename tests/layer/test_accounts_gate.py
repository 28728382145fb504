"""Every way to sign in opens a session for a user who may have one, and none for a user who may not. Those that prove
the mailbox leave whoever comes in alone in the account.
"""

import ast
from collections.abc import Callable

import cbor2
import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import is_signed_in, sign_in
from tests.support.authenticator import Authenticator
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.layout import handler_modules, layer_modules
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import SOCIAL, OAuthFlow
from tests.support.passkeys import Passkeys
from tests.support.people import People
from tests.support.settings_usage import Definition, reachable
from tests.support.tables import rows
from tests.support.two_factor import CHALLENGE, SESSION, Enrolled, cookie_of

OPEN_SESSION = ("gatehouse.accounts.gate", "open_session")
BOTH_FACTORS = ("gatehouse.accounts.gate", "open_session_with_both_factors")
FIRST_SESSION = ("gatehouse.accounts.gate", "open_first_session")
SECOND_STEPS = {"verify_totp", "verify_otp", "verify_backup_code"}
BY_PASSKEY = {"verify_authentication", "verify_registration"}  # with the user verified, it stands for both factors
REDEEM_TOKEN = ("gatehouse.tokens.flows", "find_token")
FOR_NEW_USERS = {"verify_email"}  # nobody is disabled or unverified; whether there is a session is a setting
PROVE_THE_MAILBOX = {"sign_in_social", "oauth_callback"}
BY_MAIL = {"reset_password", "verify_email"}  # see tests/layer/test_accounts_mailbox_proof.py
IN_A_SESSION_BY_MAIL = {"delete_user", "delete_user_callback"}
EMAIL = "ann@example.com"  # the address at the provider


class SignIns:
    """All ways to sign in, by the name of the function, for one user."""

    def __init__(self, call: Api, mailbox: Mailbox, oauth_flow: OAuthFlow) -> None:
        """The user has a password, and maybe an account at the provider."""
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

    def verify_authentication(self) -> Response:
        """By a passkey."""
        made = Authenticator()
        add_passkey(made)
        return Passkeys(call=self._call).sign_in(made)


def add_passkey(made: Authenticator) -> None:
    """Add a passkey to the user, whatever their state is."""
    pointer = layer("dynamodb").batch_get(layer("accounts.pointers").email_key(EMAIL))[0]
    accounts, table = layer("accounts.table"), layer("passkeys.table")
    name = layer("passkeys.model").passkey_id(made.credential_id)
    table.PasskeyRow(
        *table.passkey_key(name)[1:],
        passkey_id=name,
        user_id=pointer.user_id,
        credential_id=made.credential_id,
        public_key=cbor2.dumps(made.key.cose),
        counter=0,
        aaguid="",
        backed_up=True,
        created_at=layer("clock").now(),
    ).save()
    profile = accounts.ProfileRow(*accounts.profile_key(pointer.user_id)[1:])
    profile.update([accounts.ProfileRow.passkeys.set({name})])


WAYS = sorted(name for name in vars(SignIns) if not name.startswith("_"))
ONE_FACTOR = sorted({*WAYS} - BY_PASSKEY)


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


def leading_to(place: Definition) -> set[str]:
    """The functions whose code leads to a place in the layer."""
    return {module.path.parent.name for module in handler_modules() if place in reachable(module)}


def test_all_functions_that_sign_in_are_tested() -> None:
    assert leading_to(OPEN_SESSION) == {*ONE_FACTOR} | FOR_NEW_USERS


def test_no_other_function_takes_a_user_for_one_who_gave_both_factors() -> None:
    """Such a function checks the second factor itself, and has tests of its own for it."""
    assert leading_to(BOTH_FACTORS) == SECOND_STEPS | BY_PASSKEY


def test_only_these_open_a_session_without_asking_for_the_second_factor() -> None:
    """They create the user, who has none."""
    assert leading_to(FIRST_SESSION) == {"sign_up", "sign_in_social", "oauth_callback"}


@pytest.mark.parametrize("way", ONE_FACTOR)
def test_a_user_with_a_second_factor_gets_no_session_but_a_challenge(  # noqa: PLR0917 -- five fixtures and a case
    call: Api, people: People, mailbox: Mailbox, oauth_flow: OAuthFlow, cloud: Cloud, way: str
) -> None:
    user(people, oauth_flow)
    Enrolled(call, people.sign_in(EMAIL))
    before = sessions(cloud)

    response = getattr(SignIns(call, mailbox, oauth_flow), way)()

    assert (sessions(cloud) - before, cookie_of(response, SESSION)) == (0, "")
    assert "set-auth-token" not in response.headers
    assert cookie_of(response, CHALLENGE)
    assert "twofactorredirect" in response_text(response)


def test_a_passkey_stands_for_both_factors(
    call: Api, people: People, mailbox: Mailbox, oauth_flow: OAuthFlow, settings: Callable[..., None]
) -> None:
    """Its authenticator is one, and has verified the user by another."""
    settings(require_two_factor="all")
    user(people, oauth_flow)
    Enrolled(call, people.sign_in(EMAIL))

    token = SignIns(call, mailbox, oauth_flow).verify_authentication().json["session"]["token"]

    assert call("GET /api/tasks", bearer=token).status == 200


@pytest.mark.parametrize("way", ONE_FACTOR)
def test_the_second_factor_of_a_stranger_ends_when_the_mailbox_is_proved(  # noqa: PLR0917 -- five fixtures, a case
    call: Api, people: People, mailbox: Mailbox, oauth_flow: OAuthFlow, cloud: Cloud, way: str
) -> None:
    """Whoever signed up with the address turned it on; the owner is not locked out, and it opens nothing any more."""
    stranger = Enrolled(call, people.signed_in())
    table = layer("accounts.table")
    table.ProfileRow(*table.profile_key(stranger.id)[1:]).update([table.ProfileRow.password_unproven.set(True)])

    response = getattr(SignIns(call, mailbox, oauth_flow), way)()

    is_owner = way in PROVE_THE_MAILBOX
    assert bool(cookie_of(response, SESSION)) is is_owner
    assert any(row["sk"] == "SECOND-FACTOR" for row in rows(cloud, "UsersTable")) is not is_owner
    assert any("two_factor" in row for row in rows(cloud, "UsersTable")) is not is_owner


def test_these_redeem_what_was_mailed() -> None:
    """Whoever redeems has the mailbox: a new one belongs to those that leave them alone in the account."""
    assert leading_to(REDEEM_TOKEN) == BY_MAIL | IN_A_SESSION_BY_MAIL


def test_every_opening_of_a_session_says_whether_it_proves_the_mailbox() -> None:
    said = {
        (module.name.removeprefix("gatehouse."), ast.unparse(keyword.value))
        for module in layer_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "open_session"
        for keyword in node.keywords
        if keyword.arg == "proves_mailbox"
    }

    assert said == {
        ("accounts.flows", "False"),
        ("accounts.verification", "True"),
        ("oauth.flows", "takes_over"),  # an account that is linked already
        ("oauth.flows", "True"),
    }


@pytest.mark.parametrize("way", WAYS)
def test_a_way_that_proves_the_mailbox_ends_what_an_unproven_account_let_in(  # noqa: PLR0917 -- five fixtures, a column
    call: Api, people: People, mailbox: Mailbox, oauth_flow: OAuthFlow, cloud: Cloud, way: str
) -> None:
    before = people.signed_in()
    table = layer("accounts.table")
    table.ProfileRow(*table.profile_key(before.id)[1:]).update([table.ProfileRow.password_unproven.set(True)])

    response = getattr(SignIns(call, mailbox, oauth_flow), way)()

    assert any("session_token=" in cookie for cookie in response.cookies)
    assert is_signed_in(call, before) is (way not in PROVE_THE_MAILBOX)
    assert (sign_in(call, EMAIL).status == 200) is (way not in PROVE_THE_MAILBOX)
    assert sessions(cloud)


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
    settings(require_email_verification="false")
    user_id = user(people, oauth_flow)
    layer("accounts.changes").set_disabled(user_id, disabled=disabled)
    before = sessions(cloud)

    response = getattr(SignIns(call, mailbox, oauth_flow), way)()

    assert sessions(cloud) - before == (0 if disabled else 1)
    assert any("session_token=" in cookie for cookie in response.cookies) is not disabled


@pytest.mark.parametrize("way", WAYS)
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
