"""POST /api/auth/revoke-trusted-device: the second factor is asked for again on a device."""

from collections.abc import Callable

from tests.support.calls import Api
from tests.support.people import People
from tests.support.two_factor import (
    LIST_TRUSTED,
    REVOKE_TRUSTED,
    TRUST,
    VERIFY_TOTP,
    Enrolled,
    challenge,
    cookie_of,
    give,
    is_challenged,
)

ORIGIN = {"origin": "https://app.example.com"}


def test_the_device_is_asked_again_and_its_session_goes_on(
    call: Api, enrolled: Enrolled, people: People, advance_clock: Callable[..., None]
) -> None:
    other = Enrolled(call, people.signed_in("bob"))
    advance_clock(minutes=1)
    done = give(call, VERIFY_TOTP, challenge(call, enrolled.email), enrolled.app.code(), trustDevice=True)
    (device,) = call(LIST_TRUSTED, bearer=enrolled.token).json
    revoke = {"id": device["id"]}

    assert call(REVOKE_TRUSTED, bearer=other.token, json=revoke).json == {"status": True}  # nothing of theirs
    assert len(call(LIST_TRUSTED, bearer=enrolled.token).json) == 1
    assert call(REVOKE_TRUSTED, bearer=enrolled.token, json=revoke).json == {"status": True}
    assert call(LIST_TRUSTED, bearer=enrolled.token).json == []
    assert is_challenged(call, enrolled.email, cookies=[cookie_of(done, TRUST)], headers=ORIGIN)
    assert call("GET /api/auth/me", bearer=done.json["token"]).status == 200


def test_an_id_that_names_none_changes_nothing(call: Api, enrolled: Enrolled) -> None:
    for name in ("", "EPOCH", "x" * 22, "☃"):
        assert call(REVOKE_TRUSTED, bearer=enrolled.token, json={"id": name}).json == {"status": True}
    assert call("GET /api/auth/me", bearer=enrolled.token).status == 200
