"""POST /api/auth/two-factor/verify-totp: a code of the app completes a sign-in, or makes the session fresh."""

from collections.abc import Callable
from urllib.parse import unquote

import pytest

from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.people import PASSWORD, People, Person
from tests.support.two_factor import (
    CHALLENGE,
    ENABLE,
    SESSION,
    TRUST,
    VERIFY_BACKUP,
    VERIFY_TOTP,
    App,
    Enrolled,
    challenge,
    cookie_of,
    give,
    is_challenged,
)

SIGN_IN = "POST /api/auth/sign-in/email"
ORIGIN = {"origin": "https://app.example.com"}


def test_the_right_password_alone_opens_no_session(call: Api, enrolled: Enrolled) -> None:
    waiting = call(SIGN_IN, json={"email": enrolled.email, "password": PASSWORD, "callbackURL": "/tasks"})

    assert (waiting.status, waiting.json["twoFactorRedirect"]) == (200, True)
    assert waiting.json["twoFactorMethods"] == ["totp", "otp"]
    assert {"token", "user", "url", "redirect"} & waiting.json.keys() == set()
    assert {"set-auth-token", "location"} & waiting.headers.keys() == set()
    assert (f"{SESSION}=; Max-Age=0" in "".join(waiting.cookies), bool(cookie_of(waiting, CHALLENGE))) == (True, True)
    assert "Max-Age=600" in next(line for line in waiting.cookies if line.startswith(CHALLENGE))


def test_a_code_completes_the_sign_in_of_the_cookie(call: Api, later: Enrolled) -> None:
    waiting = call(SIGN_IN, json={"email": later.email, "password": PASSWORD})

    done = call(VERIFY_TOTP, cookies=[cookie_of(waiting, CHALLENGE)], headers=ORIGIN, json={"code": later.app.code()})

    assert (done.status, done.json["user"]["id"]) == (200, later.id)
    assert unquote(cookie_of(done, SESSION)).partition("=")[2].startswith(done.json["token"])
    assert (cookie_of(done, TRUST), f"{CHALLENGE}=; Max-Age=0" in "".join(done.cookies)) == ("", True)
    assert call("GET /api/auth/get-session", bearer=done.json["token"]).json["user"]["id"] == later.id


@pytest.mark.parametrize(
    "alias", [("POST /api/auth/login", {"access_token", "refresh_token"}), ("POST /api/auth/signin", {"session"})]
)
def test_a_sign_in_is_completed_in_the_words_that_it_began_in(
    call: Api, later: Enrolled, alias: tuple[str, set[str]]
) -> None:
    route, expected = alias
    waiting = call(route, json={"email": later.email, "password": PASSWORD}).json

    done = give(call, VERIFY_TOTP, waiting["two_factor_token"], later.app.code())

    assert done.status == 200
    assert expected <= done.json.keys()


def test_the_token_may_be_a_header(call: Api, later: Enrolled) -> None:
    token = challenge(call, later.email)

    done = call(VERIFY_TOTP, headers={"x-two-factor-token": token}, json={"code": later.app.code()})

    assert done.status == 200


def test_the_session_lasts_as_long_as_was_asked_for(call: Api, later: Enrolled) -> None:
    token = challenge(call, later.email, rememberMe=False)

    done = give(call, VERIFY_TOTP, token, later.app.code())

    assert "Max-Age" not in next(line for line in done.cookies if line.startswith(SESSION))


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_codes_of_the_neighbouring_steps_count(
    call: Api, enrolled: Enrolled, advance_clock: Callable[..., None], steps: int, status: int
) -> None:
    advance_clock(minutes=5)

    assert give(call, VERIFY_TOTP, challenge(call, enrolled.email), enrolled.app.code(steps=steps)).status == status


def test_a_code_may_have_a_blank(call: Api, later: Enrolled) -> None:
    code = later.app.code()

    assert give(call, VERIFY_TOTP, challenge(call, later.email), f"{code[:3]} {code[3:]}").status == 200


def test_a_code_counts_once(call: Api, later: Enrolled) -> None:
    first, second = challenge(call, later.email), challenge(call, later.email)
    code = later.app.code()

    assert give(call, VERIFY_TOTP, first, code).status == 200
    assert give(call, VERIFY_TOTP, second, code).code == "INVALID_CODE"


def test_an_older_code_than_the_last_one_does_not_count(call: Api, later: Enrolled) -> None:
    older = later.app.code(steps=-1)
    assert give(call, VERIFY_TOTP, challenge(call, later.email), later.app.code()).status == 200

    assert give(call, VERIFY_TOTP, challenge(call, later.email), older).code == "INVALID_CODE"


def test_a_sign_in_is_completed_once(call: Api, later: Enrolled, advance_clock: Callable[..., None]) -> None:
    token = challenge(call, later.email)
    assert give(call, VERIFY_TOTP, token, later.app.code()).status == 200
    advance_clock(minutes=1)

    again = give(call, VERIFY_TOTP, token, later.app.code())

    assert (again.status, again.code) == (401, "INVALID_TWO_FACTOR_COOKIE")


def test_twenty_at_once_open_one_session(call: Api, later: Enrolled) -> None:
    token, code = challenge(call, later.email), later.app.code()

    responses = run_concurrently(lambda _: give(call, VERIFY_TOTP, token, code), range(20))

    assert [response.status for response in responses].count(200) == 1
    assert {response.code for response in responses} <= {
        None,
        "INVALID_CODE",
        "INVALID_TWO_FACTOR_COOKIE",
        "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE",
        "ACCOUNT_TEMPORARILY_LOCKED",
    }


def test_one_code_for_twenty_sign_ins_opens_one_session(call: Api, later: Enrolled) -> None:
    tokens, code = [challenge(call, later.email) for _ in range(8)], later.app.code()

    responses = run_concurrently(lambda token: give(call, VERIFY_TOTP, token, code), tokens)

    assert [response.status for response in responses].count(200) == 1


def test_a_sign_in_is_completed_once_even_with_two_codes(
    call: Api, later: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = challenge(call, later.email)
    complete = lambda: give(call, VERIFY_BACKUP, token, later.backup_codes[0])  # noqa: E731 -- short
    interleave(monkeypatch, "accounts.gate", "transact", complete)

    assert give(call, VERIFY_TOTP, token, later.app.code()).code == "INVALID_TWO_FACTOR_COOKIE"


def test_a_code_that_was_used_meanwhile_is_refused(call: Api, later: Enrolled, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, code = challenge(call, later.email), challenge(call, later.email), later.app.code()
    interleave(monkeypatch, "accounts.gate", "transact", lambda: give(call, VERIFY_TOTP, first, code))

    assert give(call, VERIFY_TOTP, second, code).code == "INVALID_CODE"


def test_a_sign_in_waits_for_ten_minutes(call: Api, later: Enrolled, advance_clock: Callable[..., None]) -> None:
    token = challenge(call, later.email)
    advance_clock(minutes=10)

    assert give(call, VERIFY_TOTP, token, later.app.code()).code == "INVALID_TWO_FACTOR_COOKIE"


def test_a_new_password_ends_sign_ins_that_wait(call: Api, later: Enrolled) -> None:
    token = challenge(call, later.email)
    body = {"currentPassword": PASSWORD, "newPassword": "another horse battery"}
    assert call("POST /api/auth/change-password", bearer=later.token, json=body).status == 200

    assert give(call, VERIFY_TOTP, token, later.app.code()).code == "INVALID_TWO_FACTOR_COOKIE"


@pytest.mark.parametrize("token", ["", "2fa-", f"2fa-{'0' * 36}{'x' * 43}", "x" * 5000, "☃"])
def test_without_a_sign_in_that_waits_no_code_is_compared(call: Api, later: Enrolled, token: str) -> None:
    refused = give(call, VERIFY_TOTP, token, later.app.code())

    assert (refused.status, refused.code) == (401, "INVALID_TWO_FACTOR_COOKIE")


def test_a_cookie_with_a_bad_signature_is_none(call: Api, later: Enrolled) -> None:
    waiting = call(SIGN_IN, json={"email": later.email, "password": PASSWORD})
    cookie = f"{CHALLENGE}={challenge(call, later.email)}.{'A' * 43}%3D"

    assert cookie_of(waiting, CHALLENGE)
    refused = call(VERIFY_TOTP, cookies=[cookie], headers=ORIGIN, json={"code": later.app.code()})
    assert refused.code == "INVALID_TWO_FACTOR_COOKIE"
    assert f"{CHALLENGE}=; Max-Age=0" in "".join(refused.cookies)


def test_somebody_elses_code_does_not_count(call: Api, later: Enrolled, people: People) -> None:
    other = Enrolled(call, people.signed_in("bob"))

    assert give(call, VERIFY_TOTP, challenge(call, later.email), other.app.code(steps=1)).code == "INVALID_CODE"


def test_within_a_session_a_code_makes_it_fresh(call: Api, later: Enrolled, advance_clock: Callable[..., None]) -> None:
    advance_clock(hours=25)
    assert call("GET /api/auth/list-sessions", bearer=later.token).code == "SESSION_NOT_FRESH"

    done = call(VERIFY_TOTP, bearer=later.token, json={"code": later.app.code()})

    assert (done.status, done.json["token"], done.cookies) == (200, later.token, [])
    assert call("GET /api/auth/list-sessions", bearer=later.token).status == 200


@pytest.mark.parametrize("named", [False, True])
def test_a_sign_in_that_is_named_goes_before_the_session_and_that_before_the_cookie(
    call: Api,
    later: Enrolled,
    named: bool,  # noqa: FBT001 -- a case
) -> None:
    waiting = call(SIGN_IN, json={"email": later.email, "password": PASSWORD})
    body = {"code": later.app.code()} | ({"two_factor_token": waiting.json["two_factor_token"]} if named else {})

    done = call(VERIFY_TOTP, bearer=later.token, cookies=[cookie_of(waiting, CHALLENGE)], headers=ORIGIN, json=body)

    assert (done.status, done.json["token"] == later.token) == (200, not named)


def test_without_an_app_there_is_nothing_to_verify(call: Api, ann: Person) -> None:
    assert call(VERIFY_TOTP, bearer=ann.token, json={"code": "123456"}).code == "TOTP_NOT_ENABLED"


def test_an_unconfirmed_app_does_not_complete_a_sign_in(call: Api, ann: Person) -> None:
    token = call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "method": "otp"}).headers["set-auth-token"]
    app = App(call(ENABLE, bearer=token, json={"password": PASSWORD}).json["totpURI"])

    assert give(call, VERIFY_TOTP, challenge(call, ann.email), app.code()).code == "TOTP_NOT_ENABLED"


def test_a_trusted_device_is_not_asked_again(call: Api, later: Enrolled) -> None:
    done = give(call, VERIFY_TOTP, challenge(call, later.email), later.app.code(), trustDevice=True)
    cookie = cookie_of(done, TRUST)

    assert "Max-Age=2592000" in next(line for line in done.cookies if line.startswith(TRUST))
    assert not is_challenged(call, later.email, cookies=[cookie], headers=ORIGIN)
    assert is_challenged(call, later.email)
