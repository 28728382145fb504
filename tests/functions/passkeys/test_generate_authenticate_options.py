"""GET /api/auth/passkey/generate-authenticate-options: what a browser needs to use a passkey."""

from collections.abc import Callable

from gatehouse_dev.cloud import Cloud
from tests.support.base64url import decode
from tests.support.calls import Api
from tests.support.passkeys import COOKIE, SIGN_IN_OPTIONS, Passkeys
from tests.support.people import Person
from tests.support.tables import tables_unchanged


def test_anybody_gets_options_and_nothing_is_read_or_written(call: Api, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        response = call(SIGN_IN_OPTIONS)

    options = response.json
    assert len(decode(options.pop("challenge"))) == 32
    assert options == {"rpId": "api.example.com", "timeout": 60000, "userVerification": "required"}
    assert [cookie.partition("=")[0] for cookie in response.cookies] == [COOKIE]
    assert call.aws_operations == []


def test_who_is_signed_in_is_asked_for_their_own_passkeys(ann: Person, bob: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)
    passkeys.added(bob)

    (allowed,) = passkeys.options(bearer=ann.token)["allowCredentials"]

    assert decode(allowed["id"]) == made.credential_id
    assert (allowed["type"], allowed["transports"]) == ("public-key", ["hybrid", "internal"])


def test_a_session_that_has_ended_counts_for_nothing(
    ann: Person, passkeys: Passkeys, advance_clock: Callable[..., None]
) -> None:
    passkeys.added(ann)
    advance_clock(days=8)

    assert "allowCredentials" not in passkeys.options(bearer=ann.token)


def test_an_access_token_shows_nobodys_passkeys(call: Api, ann: Person, passkeys: Passkeys) -> None:
    passkeys.added(ann)
    token = call("GET /api/auth/token", bearer=ann.token).json["token"]

    assert "allowCredentials" not in passkeys.options(bearer=token)
