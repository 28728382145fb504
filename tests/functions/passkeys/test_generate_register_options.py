"""GET /api/auth/passkey/generate-register-options: what a browser needs to make a passkey."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.base64url import decode
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.passkeys import COOKIE, REGISTER_OPTIONS, Passkeys
from tests.support.people import People, Person
from tests.support.tables import tables_unchanged


def test_the_options_are_those_of_the_protocol(ann: Person, passkeys: Passkeys, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        options = passkeys.register_options(ann)

    challenge = options.pop("challenge")
    assert len(decode(challenge)) == 32
    assert decode(options["user"].pop("id")).decode() == ann.id
    assert options == {
        "rp": {"name": "Gatehouse", "id": "api.example.com"},
        "user": {"name": ann.email, "displayName": ann.email},
        "pubKeyCredParams": [{"alg": number, "type": "public-key"} for number in (-8, -7, -257)],
        "timeout": 60000,
        "attestation": "none",
        "excludeCredentials": [],
        "authenticatorSelection": {
            "residentKey": "preferred",
            "userVerification": "required",
            "requireResidentKey": False,
        },
        "extensions": {"credProps": True},
        "hints": [],
    }


def test_a_name_and_a_kind_of_authenticator_can_be_asked_for(ann: Person, passkeys: Passkeys) -> None:
    query = {"name": " Ann's phone ", "authenticatorAttachment": "platform", "context": "ignored"}
    options = passkeys.register_options(ann, query=query)

    assert (options["user"]["name"], options["user"]["displayName"]) == ("Ann's phone", ann.email)
    assert options["authenticatorSelection"]["authenticatorAttachment"] == "platform"


@pytest.mark.parametrize(
    "query", [{"authenticatorAttachment": "usb"}, {"name": "x" * 65}, {"name": "two\nlines"}], ids=str
)
def test_invalid_parameters_are_refused(call: Api, ann: Person, query: dict[str, str]) -> None:
    response = call(REGISTER_OPTIONS, bearer=ann.token, query=query)

    assert (response.status, response.code) == (400, "VALIDATION_ERROR")


def test_passkeys_that_the_user_has_are_excluded(ann: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)

    (excluded,) = passkeys.register_options(ann)["excludeCredentials"]

    assert decode(excluded["id"]) == made.credential_id
    assert (excluded["type"], excluded["transports"]) == ("public-key", ["hybrid", "internal"])


def test_the_challenge_is_in_a_cookie_for_five_minutes(call: Api, ann: Person) -> None:
    (cookie,) = call(REGISTER_OPTIONS, bearer=ann.token).cookies

    assert cookie.startswith(f"{COOKIE}=")
    assert cookie.endswith("; Max-Age=300; Path=/; HttpOnly; Secure; SameSite=Lax")


def test_every_challenge_is_another(ann: Person, passkeys: Passkeys) -> None:
    assert len({passkeys.register_options(ann)["challenge"] for _ in range(5)}) == 5


def test_a_fresh_session_is_required(call: Api, ann: Person, advance_clock: Callable[..., None]) -> None:
    advance_clock(days=2)
    response = call(REGISTER_OPTIONS, bearer=ann.token)

    assert (response.status, response.code) == (403, "SESSION_NOT_FRESH")


def test_an_access_token_is_not_enough(call: Api, ann: Person) -> None:
    token = call("GET /api/auth/token", bearer=ann.token).json["token"]

    assert call(REGISTER_OPTIONS, bearer=token).code == "SESSION_REQUIRED"


@pytest.mark.parametrize("unproven", ["email_verified", "password_unproven"])
def test_an_account_that_may_be_anothers_gets_no_passkey(
    call: Api, people: People, settings: Callable[..., None], unproven: str
) -> None:
    """Else a stranger's passkey would wait there for the owner of the mailbox."""
    settings(require_email_verification="false")
    ann = people.signed_in()
    table = layer("accounts.table")
    column = getattr(table.ProfileRow, unproven)
    table.ProfileRow(*table.profile_key(ann.id)[1:]).update([column.set(unproven == "password_unproven")])

    response = call(REGISTER_OPTIONS, bearer=ann.token)

    assert (response.status, response.code) == (403, "ACCOUNT_NOT_PROVEN")


def test_the_domain_is_a_setting(ann: Person, passkeys: Passkeys, settings: Callable[..., None]) -> None:
    settings(passkey_rp_id="example.com")
    assert passkeys.register_options(ann)["rp"]["id"] == "example.com"

    settings(passkey_rp_id="", frontend_url="https://app.example.com:8443/start")
    assert passkeys.register_options(ann)["rp"]["id"] == "app.example.com"
