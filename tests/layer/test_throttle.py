"""Rate limits: so many calls in so much time for one address, counted across instances and not to be got around."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any
from unittest.mock import patch

import pytest
from botocore.client import BaseClient

from gatehouse_dev.cloud import Cloud
from tests.functions.auth.test_refresh import logged_in, refreshes
from tests.layer.conftest import Log
from tests.layer.every_route import function
from tests.support.auth_calls import reset_password, sign_in, sign_up, verify
from tests.support.aws_failures import UNREACHABLE, client_error
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.events import event_for
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.routes import API
from tests.support.tables import rows
from tests.support.transformed import source

GUESSES = ("SignIn", "SignUp", "ChangePassword", "ChangeEmail")
MAILS = ("RequestPasswordReset", "SendVerificationEmail", "DeleteUser")
ALIASES = {name: [key for key in sorted(API) if function(key) == name] for name in (*GUESSES, *MAILS)}
SIGN_IN, SIGN_UP = "POST /api/auth/sign-in/email", "POST /api/auth/sign-up/email"
RESET, VERIFY = "POST /api/auth/request-password-reset", "POST /api/auth/send-verification-email"
HERE, THERE = "198.51.100.1", "198.51.100.2"


@pytest.fixture
def on(settings: Callable[..., None]) -> Callable[[], None]:
    """Switch the limits on, once what a test needs is there."""
    return lambda: settings(rate_limits="on")


def asks(call: Api, route: str, ip: str = HERE, **request: Any) -> Response:
    """Call a route with a body that nobody would take: being counted comes first."""
    return call(route, ip=ip, **({"json": {}} | request))


def until_refused(ask: Callable[[], Response], most: int = 20) -> int:
    """How often somebody may before 429."""
    return next(count for count in range(most + 1) if ask().status == 429)


# -- How many ---------------------------------------------------------------------


def test_the_limits_are_the_decided_ones() -> None:
    """C35; all of them are settings."""
    parameters = source()["Parameters"]

    assert {name: rules["Default"] for name, rules in parameters.items() if name.startswith("RateLimit")} == {
        "RateLimits": "on",
        "RateLimitSignIn": "3/10",
        "RateLimitMail": "3/60",
        "RateLimitMailAddress": "3/300",
        "RateLimitMailAddressDaily": "10/86400",
        "RateLimitRefresh": "150/300",
        "RateLimitFailedSignIns": "10/900",
    }


@pytest.mark.parametrize(
    ("name", "window"), [*((guess, 10) for guess in GUESSES), *((mail, 60) for mail in MAILS)], ids=str
)
def test_three_calls_are_let_in_in_each_window_by_whichever_alias(
    call: Api, on: Callable[[], None], advance_clock: Callable[..., None], name: str, window: int
) -> None:
    """S-17: or each name of an endpoint would allow three more."""
    on()
    aliases = cycle(ALIASES[name])
    assert until_refused(lambda: asks(call, next(aliases))) == 3
    assert {asks(call, route).status for route in ALIASES[name]} == {429}
    advance_clock(seconds=window - 2.5)
    assert asks(call, ALIASES[name][0]).status == 429

    advance_clock(seconds=2.6)
    assert until_refused(lambda: asks(call, next(aliases))) == 3


def test_functions_and_addresses_have_counters_of_their_own(call: Api, on: Callable[[], None]) -> None:
    on()
    until_refused(lambda: asks(call, SIGN_IN))

    assert asks(call, SIGN_UP).status == 400
    assert asks(call, SIGN_IN, THERE).status == 400


def test_the_rest_is_not_counted(call: Api, on: Callable[[], None], cloud: Cloud) -> None:
    """API Gateway throttles it."""
    on()

    for route in ("GET /api/auth/get-session", "GET /api/tasks", "GET /api/auth/ok", "POST /api/auth/sign-out"):
        assert call(route, ip=HERE).status in {200, 401}
    assert rows(cloud, "LimitsTable") == []


def test_a_site_that_may_not_call_uses_up_no_visitors_calls(call: Api, on: Callable[[], None], cloud: Cloud) -> None:
    on()

    for _ in range(5):
        assert asks(call, SIGN_IN, headers={"origin": "https://evil.example"}, cookies=["a=1"]).status == 403
    assert rows(cloud, "LimitsTable") == []


def test_a_limit_is_a_setting(call: Api, settings: Callable[..., None], advance_clock: Callable[..., None]) -> None:
    settings(rate_limits="on", rate_limit_sign_in="5/20")
    assert until_refused(lambda: asks(call, SIGN_IN)) == 5
    for seconds, status in ((19, 429), (1.1, 400)):
        advance_clock(seconds=seconds)
        assert asks(call, SIGN_IN).status == status


# -- The answer -------------------------------------------------------------------


def test_the_refusal_says_when_to_come_back(
    call: Api, on: Callable[[], None], advance_clock: Callable[..., None]
) -> None:
    """In whole seconds, in the standard's header and in better-auth's."""
    on()
    until_refused(lambda: asks(call, SIGN_IN))
    advance_clock(seconds=6)

    answer = asks(call, SIGN_IN)

    assert (answer.status, answer.code, answer.cookies) == (429, "TOO_MANY_REQUESTS", [])
    assert answer.json["message"] == "Too many requests. Please try again later."
    assert set(answer.json) == {"code", "message", "requestId"}
    assert answer.headers["retry-after"] == answer.headers["x-retry-after"]
    assert answer.headers["retry-after"] in {"3", "4"}


def test_whoever_comes_back_then_gets_in_and_what_was_refused_extended_nothing(
    call: Api, on: Callable[[], None], advance_clock: Callable[..., None]
) -> None:
    on()
    until_refused(lambda: asks(call, SIGN_IN))
    for _ in range(9):
        advance_clock(seconds=1)
        assert asks(call, SIGN_IN).status == 429
    advance_clock(milliseconds=300)
    wait = int(asks(call, SIGN_IN).headers["retry-after"])

    advance_clock(seconds=wait)

    assert wait == 1
    assert asks(call, SIGN_IN).status == 400


def test_who_is_refused_learns_and_does_nothing(call: Api, on: Callable[[], None], people: People) -> None:
    """Neither the right password nor a wrong one gets an answer, and neither is hashed."""
    email = people.verified()
    on()
    until_refused(lambda: asks(call, SIGN_IN))

    right = asks(call, SIGN_IN, json={"email": email, "password": PASSWORD})
    assert call.aws_operations == ["UpdateItem"]
    wrong = asks(call, SIGN_IN, json={"email": email, "password": "not the owner's"})

    assert right.status == wrong.status == 429
    assert right.json | {"requestId": ""} == wrong.json | {"requestId": ""}


# -- What it costs ----------------------------------------------------------------


def test_the_first_call_of_a_window_costs_one_write(
    call: Api, on: Callable[[], None], advance_clock: Callable[..., None]
) -> None:
    on()
    costs = []
    for _ in range(4):
        asks(call, SIGN_IN)
        costs.append(call.aws_operations)
    advance_clock(seconds=11)
    asks(call, SIGN_IN)

    assert costs == [["UpdateItem"], ["UpdateItem"] * 2, ["UpdateItem"] * 2, ["UpdateItem"]]
    assert call.aws_operations == ["UpdateItem"]


def test_a_counter_goes_by_itself_and_names_nobody(call: Api, on: Callable[[], None], cloud: Cloud) -> None:
    on()
    asks(call, RESET, json={"email": "ann@example.com"})
    sign_in(call, "ann@example.com", "not the password")

    counters = rows(cloud, "LimitsTable")

    assert len(counters) == 5
    assert "ann" not in str(counters)
    for row in counters:
        assert abs(int(row["expires_at"]) - int(row["ends_at"]) / 1000) <= 1


# -- Whose address ----------------------------------------------------------------


IPV6 = ("2001:db8:1:2::1", "2001:0DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2:aaaa::", "2001:db8:1:2:3:4:5:6")
IPV4 = ("198.51.100.1", "::ffff:198.51.100.1", "::FFFF:C633:6401", "0:0:0:0:0:ffff:198.51.100.1")


@pytest.mark.parametrize(("names", "another"), [(IPV6, "2001:db8:1:3::1"), (IPV4, "::ffff:198.51.100.2")])
def test_ghsa_p6v2_xcpg_h6xw_a_customer_has_no_second_name(
    call: Api, on: Callable[[], None], names: tuple[str, ...], another: str
) -> None:
    """S-17: an IPv6 network is one customer, and an IPv4 address has one name."""
    on()

    assert [asks(call, SIGN_IN, ip).status for ip in names] == [400, 400, 400, 429]
    assert asks(call, SIGN_IN, another).status == 400


def test_ghsa_p6v2_xcpg_h6xw_no_header_says_who_calls(call: Api, on: Callable[[], None]) -> None:
    """S-17: what API Gateway saw counts."""
    on()
    lies = ("x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip")

    statuses = [asks(call, SIGN_IN, headers={name: f"203.0.113.{n}"}).status for n, name in enumerate(lies)]

    assert statuses == [400] * 3 + [429] * 3


@pytest.mark.parametrize(
    ("ip", "customer"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::1", "2001:db8::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_a_customer_of_an_address(ip: str, customer: str) -> None:
    assert layer("throttle").client_network(ip) == customer


@pytest.mark.parametrize(
    "path",
    [
        "//api/auth/sign-in/email",
        "/api/auth//sign-in/email",
        "/api/auth/sign-in/email/",
        "/API/AUTH/SIGN-IN/EMAIL",
        "/api/auth/sign-in%2femail",
        "/api/auth/sign-in/%65mail",
        "/api/auth/x/%2e%2e/sign-in/email",
        "/api/auth/sign-in/email;x=1",
    ],
)
def test_ghsa_x732_6j76_qmhm_no_spelling_of_a_path_gets_around(
    call: Api, on: Callable[[], None], people: People, path: str
) -> None:
    """S-19: should API Gateway ever bring one here, it is counted, and signs nobody in uncounted."""
    body = {"email": people.verified(), "password": PASSWORD}
    on()

    def attempt() -> Any:
        return call.invoke("SignIn", event_for(SIGN_IN, json=body, ip=HERE) | {"rawPath": path})["statusCode"]

    assert {attempt() for _ in range(3)} <= {200, 404}
    assert attempt() == 429
    assert asks(call, SIGN_IN).status == 429


# -- Many at once -----------------------------------------------------------------


def test_fifty_at_once_get_what_one_would(
    on: Callable[[], None], call: Api, advance_clock: Callable[..., None]
) -> None:
    assert call
    on()
    throttle, rate = layer("throttle"), layer("config").Rate(10, 900)
    too_many = layer("errors").TooManyRequests

    def passes(_: int) -> bool:
        try:
            throttle.consume(rate, "test", "key")
        except too_many:
            return False
        return True

    assert run_concurrently(passes, range(50)).count(True) == 10
    assert run_concurrently(passes, range(10)).count(True) == 0
    advance_clock(seconds=901)
    assert run_concurrently(passes, range(50)).count(True) == 10  # the turn of a window lets nobody more in


def test_many_guesses_at_once_are_three(call: Api, on: Callable[[], None], people: People) -> None:
    email = people.verified()
    on()
    body = {"email": email, "password": "not the owner's"}

    statuses = [answer.status for answer in run_concurrently(lambda _: asks(call, SIGN_IN, json=body), range(20))]

    assert (statuses.count(401), statuses.count(429)) == (3, 17)


# -- Mail for one address ---------------------------------------------------------


def mails_asked(call: Api, route: str, email: str, times: int, network: int = 1) -> list[tuple[int, str | None]]:
    """Ask for mail from another address each time."""
    return [
        (answer.status, answer.code)
        for number in range(times)
        for answer in [
            call(route, json={"email": email, "password": PASSWORD, "name": "x"}, ip=f"10.{network}.0.{number}")
        ]
    ]


FINE, LIMITED = (200, None), (429, "TOO_MANY_REQUESTS")


@pytest.mark.parametrize("route", [SIGN_UP, RESET, VERIFY])
@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
def test_an_address_is_mailed_three_times_in_five_minutes_known_or_not(  # noqa: PLR0917 -- four fixtures and two columns
    call: Api, people: People, on: Callable[[], None], advance_clock: Callable[..., None], route: str, email: str
) -> None:
    people.verified("ann")
    on()

    assert mails_asked(call, route, email, 5) == [FINE] * 3 + [LIMITED] * 2

    advance_clock(seconds=301)
    assert mails_asked(call, route, email, 1) == [FINE]


def test_all_that_mails_an_address_shares_its_counter(call: Api, on: Callable[[], None]) -> None:
    on()
    for network, route in enumerate((SIGN_UP, RESET, VERIFY)):
        assert mails_asked(call, route, "ann@example.com", 1, network) == [FINE]

    for network, route in enumerate((SIGN_UP, RESET, VERIFY)):
        assert mails_asked(call, route, "ann@example.com", 1, network + 5) == [LIMITED]
        assert mails_asked(call, route, "bob@example.com", 1, network + 9) == [FINE]


def test_a_spelling_of_an_address_is_no_other_address(call: Api, on: Callable[[], None]) -> None:
    on()
    spellings = ["ann@example.com", "ANN@EXAMPLE.COM", " Ann@Example.com "]
    for network, email in enumerate(spellings):
        assert mails_asked(call, RESET, email, 1, network) == [FINE]

    assert mails_asked(call, RESET, "aNN@example.com", 1, 9) == [LIMITED]


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
def test_an_address_is_mailed_ten_times_a_day(
    call: Api, people: People, on: Callable[[], None], advance_clock: Callable[..., None], email: str
) -> None:
    people.verified("ann")
    on()
    for network in range(3):
        assert mails_asked(call, RESET, email, 4, network) == [FINE] * 3 + [LIMITED]
        advance_clock(minutes=6)
    assert mails_asked(call, RESET, email, 2, 8) == [FINE, LIMITED]
    advance_clock(minutes=6)

    answer = call(RESET, json={"email": email}, ip="10.9.9.9")

    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 80_000
    advance_clock(days=1)
    assert mails_asked(call, RESET, email, 1, 9) == [FINE]


def test_a_refused_request_mails_nothing(call: Api, people: People, mailbox: Mailbox, on: Callable[[], None]) -> None:
    people.verified("ann")
    before = len(mailbox.all)
    on()

    for network in range(5):
        mails_asked(call, RESET, "ann@example.com", 1, network)
        mailbox.deliver()

    assert len(mailbox.all) == before + 3


MOVE, LEAVE = "POST /api/auth/change-email", "POST /api/auth/delete-user"
TO_THE_OLD, ONES_OWN = {"confirm_email_change": "true"}, {"delete_user_by_mail": "true"}


@pytest.mark.parametrize(
    ("route", "body", "setting", "mailed"),
    [
        (MOVE, {"newEmail": "new@example.com"}, {}, "new@example.com"),
        (MOVE, {"newEmail": "new{}@example.com"}, TO_THE_OLD, "ann@example.com"),
        (LEAVE, {}, ONES_OWN, "ann@example.com"),
    ],
    ids=["moving", "moving as the old address allows", "deleting"],
)
def test_what_somebody_signed_in_asks_for_counts_as_mail_for_whom_it_is_sent_to(  # noqa: PLR0917 -- four fixtures and a case
    call: Api,
    people: People,
    mailbox: Mailbox,
    settings: Callable[..., None],
    route: str,
    body: dict[str, str],
    setting: dict[str, str],
    mailed: str,
) -> None:
    """Or whoever is signed in could fill a mailbox, one new address after the other."""
    ann = people.signed_in()
    settings(rate_limits="on", **setting)
    answers = []
    for number in range(5):
        sent = {name: text.format(number) for name, text in body.items()}
        answer = call(route, bearer=ann.token, json=sent, ip=f"10.0.0.{number}")
        answers.append((answer.status, answer.code))
        mailbox.deliver()

    assert answers == [FINE] * 3 + [LIMITED] * 2
    assert len(mailbox.to(mailed)) == 3
    assert mails_asked(call, RESET, mailed, 1, 9) == [LIMITED]


def test_a_reminder_at_sign_in_counts_as_mail_and_is_left_out_in_silence(
    call: Api, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    """The right password is answered as ever, however often it is given."""
    sign_up(call, "ann@example.com")
    assert len(mailbox.all) == 1
    settings(rate_limits="on", send_verification_on_sign_in="true")
    body = {"email": "ann@example.com", "password": PASSWORD}

    for number in range(5):
        answer = call(SIGN_IN, json=body, ip=f"10.0.0.{number}")
        assert (answer.status, answer.code) == (403, "EMAIL_NOT_VERIFIED")
        mailbox.deliver()

    assert len(mailbox.all) == 1 + 3
    assert mails_asked(call, RESET, "ann@example.com", 1, 9) == [LIMITED]


# -- When the limiter is away -------------------------------------------------------


@contextmanager
def limits_table_failing(error: Exception) -> Iterator[None]:
    """Whatever writes to the limits table meets `error`; the other tables are there."""
    real: Any = vars(BaseClient)["_make_api_call"]

    def made(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if parameters.get("TableName") == "LimitsTable":
            raise error
        return real(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", made):
        yield


# Outages, and what does not pass by itself.
TROUBLE = [UNREACHABLE, client_error("ThrottlingException"), client_error("InternalServerError", 500)]
TROUBLE += [
    client_error(code) for code in ("AccessDeniedException", "ResourceNotFoundException", "ValidationException")
]


@pytest.mark.parametrize("error", TROUBLE, ids=str)
def test_signing_in_is_closed_without_its_limiter_and_says_why(
    call: Api, people: People, on: Callable[[], None], log: Log, error: Exception
) -> None:
    """S-18: no password is tried uncounted. A table that is not there, or not ours, does not come back by itself."""
    email = people.verified()
    on()

    with limits_table_failing(error):
        for route in ALIASES["SignIn"]:
            assert asks(call, route).status == 503
            for password in (PASSWORD, "not the owner's"):
                answer = call(route, json={"email": email, "password": password})
                assert (answer.status, answer.code, answer.cookies) == (503, "SERVICE_UNAVAILABLE", [])

    trouble = [line for line in log.lines if line["level"] == "ERROR"]
    assert {line["message"] for line in trouble} == {"rate limiter unavailable"}
    assert str(error) in trouble[-1]["exception"]
    assert log.lines[-1]["outcome"] == "SERVICE_UNAVAILABLE"


@pytest.mark.parametrize("error", [TROUBLE[0], TROUBLE[3]], ids=str)
def test_the_rest_goes_on_without_it_and_says_so(  # noqa: PLR0917 -- five fixtures and a case
    call: Api, people: People, mailbox: Mailbox, on: Callable[[], None], log: Log, error: Exception
) -> None:
    """S-18."""
    email = people.verified()
    entered, ann = logged_in(call, email), people.sign_in(email)
    on()
    changed = {"currentPassword": PASSWORD, "newPassword": "a better password"}

    with limits_table_failing(error):
        answers = [
            call(SIGN_UP, json={"email": "bob@example.com", "password": PASSWORD}),
            call(RESET, json={"email": email}),
            call(VERIFY, json={"email": "bob@example.com"}),
            refreshes(call, entered["refresh_token"]),
            call("POST /api/auth/change-email", json={"newEmail": "new@example.com"}, bearer=ann.token),
            call("POST /api/auth/change-password", json=changed, bearer=ann.token),
            call("POST /api/auth/delete-user", json={"password": "a better password"}, bearer=ann.token),
        ]

    assert [answer.status for answer in answers] == [200] * len(answers)
    warned = [line for line in log.lines if line["message"] == "rate limiter unavailable"]
    assert len(warned) >= len(answers)
    assert {line["level"] for line in warned} == {"ERROR"}
    assert all("Traceback" in line["exception"] for line in warned)
    assert email not in str(warned)
    assert mailbox


def test_a_mistake_of_ours_is_no_outage(
    call: Api, people: People, on: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the table does is forgiven."""
    assert people

    def accident(*_: object) -> None:
        message = "a slip"
        raise LookupError(message)

    on()
    monkeypatch.setattr(layer("throttle"), "_consume", accident)

    assert call(RESET, json={"email": "ann@example.com"}).status == 500


# -- Off --------------------------------------------------------------------------


def test_off_means_that_nothing_is_counted_and_no_device_remembered(
    call: Api, people: People, mailbox: Mailbox, cloud: Cloud
) -> None:
    email = people.verified()
    assert {sign_in(call, email, "not the owner's").status for _ in range(11)} == {401}
    assert all("gatehouse.device" not in cookie for cookie in sign_in(call, email).cookies)
    entered, ann = logged_in(call, email), people.sign_in(email)
    refreshes(call, entered["refresh_token"])
    call("POST /api/auth/change-email", json={"newEmail": "new@example.com"}, bearer=ann.token)
    verify(call, mailbox.to("new@example.com")[-1].token)
    assert {call(RESET, json={"email": "new@example.com"}).status for _ in range(11)} == {200}
    reset_password(call, mailbox.to("new@example.com")[-1].token, "a better password")

    assert rows(cloud, "LimitsTable") == []
