"""Rate limits, by client network, shared by all instances."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, cycle
from typing import Any
from unittest.mock import patch

import pytest
from botocore.client import BaseClient

from gatehouse_dev.cloud import Cloud
from tests.functions.auth.test_refresh import log_in, refresh
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
def limits_on(settings: Callable[..., None]) -> Callable[[], None]:
    """Switch the limits on, after a test's preparation."""
    return lambda: settings(rate_limits="on")


def invalid_request(call: Api, route: str, ip: str = HERE, **request: Any) -> Response:
    """Call a route with an invalid body, for limits come before validation."""
    return call(route, ip=ip, **({"json": {}} | request))


def count_until_refused(send: Callable[[], Response], most: int = 20) -> int:
    """Return the number of calls before a 429."""
    return next(count for count in range(most + 1) if send().status == 429)


# -- Limits -----------------------------------------------------------------------


def test_the_limits_are_the_decided_ones() -> None:
    """C35; all of them are settings."""
    parameters = source()["Parameters"]

    assert {name: rules["Default"] for name, rules in parameters.items() if name.startswith("RateLimit")} == {
        "RateLimits": "on",
        "RateLimitSignIn": "3/10",
        "RateLimitCallback": "10/10",
        "RateLimitMail": "3/60",
        "RateLimitMailAddress": "3/300",
        "RateLimitMailAddressDaily": "10/86400",
        "RateLimitRefresh": "150/300",
        "RateLimitTaskReads": "100/60",
        "RateLimitTaskWrites": "30/60",
        "RateLimitFailedSignIns": "10/900",
    }


@pytest.mark.parametrize(
    ("name", "window"), [*((guess, 10) for guess in GUESSES), *((mail, 60) for mail in MAILS)], ids=str
)
def test_three_calls_are_allowed_in_each_window_over_all_aliases(
    call: Api, limits_on: Callable[[], None], advance_clock: Callable[..., None], name: str, window: int
) -> None:
    """S-17: aliases share the counter."""
    limits_on()
    aliases = cycle(ALIASES[name])
    assert count_until_refused(lambda: invalid_request(call, next(aliases))) == 3
    assert {invalid_request(call, route).status for route in ALIASES[name]} == {429}
    advance_clock(seconds=window - 2.5)
    assert invalid_request(call, ALIASES[name][0]).status == 429

    advance_clock(seconds=2.6)
    assert count_until_refused(lambda: invalid_request(call, next(aliases))) == 3


def test_functions_and_networks_have_separate_counters(call: Api, limits_on: Callable[[], None]) -> None:
    limits_on()
    count_until_refused(lambda: invalid_request(call, SIGN_IN))

    assert invalid_request(call, SIGN_UP).status == 400
    assert invalid_request(call, SIGN_IN, THERE).status == 400


def test_other_routes_are_not_counted(call: Api, limits_on: Callable[[], None], cloud: Cloud) -> None:
    """API Gateway throttles them."""
    limits_on()

    for route in ("GET /api/auth/get-session", "GET /api/tasks", "GET /api/auth/ok", "POST /api/auth/sign-out"):
        assert call(route, ip=HERE).status in {200, 401}
    assert rows(cloud, "LimitsTable") == []


def test_requests_refused_for_their_origin_are_not_counted(
    call: Api, limits_on: Callable[[], None], cloud: Cloud
) -> None:
    limits_on()

    for _ in range(5):
        assert invalid_request(call, SIGN_IN, headers={"origin": "https://evil.example"}, cookies=["a=1"]).status == 403
    assert rows(cloud, "LimitsTable") == []


def test_a_limit_is_a_setting(call: Api, settings: Callable[..., None], advance_clock: Callable[..., None]) -> None:
    settings(rate_limits="on", rate_limit_sign_in="5/20")
    assert count_until_refused(lambda: invalid_request(call, SIGN_IN)) == 5
    for seconds, status in ((19, 429), (1.1, 400)):
        advance_clock(seconds=seconds)
        assert invalid_request(call, SIGN_IN).status == status


# -- The response -----------------------------------------------------------------


def test_the_refusal_says_when_to_retry(
    call: Api, limits_on: Callable[[], None], advance_clock: Callable[..., None]
) -> None:
    """In whole seconds, in the standard header and in better-auth's."""
    limits_on()
    count_until_refused(lambda: invalid_request(call, SIGN_IN))
    advance_clock(seconds=6)

    response = invalid_request(call, SIGN_IN)

    assert (response.status, response.code, response.cookies) == (429, "TOO_MANY_REQUESTS", [])
    assert response.json["message"] == "Too many requests. Please try again later."
    assert set(response.json) == {"code", "message", "requestId"}
    assert response.headers["retry-after"] == response.headers["x-retry-after"]
    assert response.headers["retry-after"] in {"3", "4"}


def test_a_retry_at_that_time_is_allowed_and_refused_calls_do_not_extend_the_window(
    call: Api, limits_on: Callable[[], None], advance_clock: Callable[..., None]
) -> None:
    limits_on()
    count_until_refused(lambda: invalid_request(call, SIGN_IN))
    for _ in range(9):
        advance_clock(seconds=1)
        assert invalid_request(call, SIGN_IN).status == 429
    advance_clock(milliseconds=300)
    wait = int(invalid_request(call, SIGN_IN).headers["retry-after"])

    advance_clock(seconds=wait)

    assert wait == 1
    assert invalid_request(call, SIGN_IN).status == 400


def test_a_refused_call_does_nothing_and_does_not_verify_the_password(
    call: Api, limits_on: Callable[[], None], people: People
) -> None:
    """The response is the same for the right password and a wrong one."""
    email = people.verified()
    limits_on()
    count_until_refused(lambda: invalid_request(call, SIGN_IN))

    right = invalid_request(call, SIGN_IN, json={"email": email, "password": PASSWORD})
    assert call.aws_operations == ["UpdateItem"]
    wrong = invalid_request(call, SIGN_IN, json={"email": email, "password": "not the owner's"})

    assert right.status == wrong.status == 429
    assert right.json | {"requestId": ""} == wrong.json | {"requestId": ""}


# -- Cost -------------------------------------------------------------------------


def test_the_first_call_of_a_window_costs_one_write(
    call: Api, limits_on: Callable[[], None], advance_clock: Callable[..., None]
) -> None:
    limits_on()
    costs = []
    for _ in range(4):
        invalid_request(call, SIGN_IN)
        costs.append(call.aws_operations)
    advance_clock(seconds=11)
    invalid_request(call, SIGN_IN)

    assert costs == [["UpdateItem"], ["UpdateItem"] * 2, ["UpdateItem"] * 2, ["UpdateItem"]]
    assert call.aws_operations == ["UpdateItem"]


def test_a_counter_expires_and_names_nobody(call: Api, limits_on: Callable[[], None], cloud: Cloud) -> None:
    limits_on()
    invalid_request(call, RESET, json={"email": "ann@example.com"})
    sign_in(call, "ann@example.com", "not the password")

    counters = rows(cloud, "LimitsTable")

    assert len(counters) == 5
    assert "ann" not in str(counters)
    for row in counters:
        assert abs(int(row["expires_at"]) - int(row["ends_at"]) / 1000) <= 1


# -- Client networks --------------------------------------------------------------


IPV6 = ("2001:db8:1:2::1", "2001:0DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2:aaaa::", "2001:db8:1:2:3:4:5:6")
IPV4 = ("198.51.100.1", "::ffff:198.51.100.1", "::FFFF:C633:6401", "0:0:0:0:0:ffff:198.51.100.1")


@pytest.mark.parametrize(("names", "other_network"), [(IPV6, "2001:db8:1:3::1"), (IPV4, "::ffff:198.51.100.2")])
def test_ghsa_p6v2_xcpg_h6xw_spellings_of_an_ip_address_share_the_counter(
    call: Api, limits_on: Callable[[], None], names: tuple[str, ...], other_network: str
) -> None:
    """S-17: an IPv6 /64 network is one client; an IPv4-mapped address is the IPv4 address."""
    limits_on()

    assert [invalid_request(call, SIGN_IN, ip).status for ip in names] == [400, 400, 400, 429]
    assert invalid_request(call, SIGN_IN, other_network).status == 400


def test_ghsa_p6v2_xcpg_h6xw_headers_do_not_set_the_ip_address(call: Api, limits_on: Callable[[], None]) -> None:
    """S-17: the address that API Gateway saw counts."""
    limits_on()
    headers = ("x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip")

    statuses = [
        invalid_request(call, SIGN_IN, headers={name: f"203.0.113.{n}"}).status for n, name in enumerate(headers)
    ]

    assert statuses == [400] * 3 + [429] * 3


@pytest.mark.parametrize(
    ("ip", "network"),
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
def test_the_network_of_an_ip_address(ip: str, network: str) -> None:
    assert layer("throttle").client_network(ip) == network


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
def test_ghsa_x732_6j76_qmhm_other_spellings_of_a_path_are_counted_or_not_found(
    call: Api, limits_on: Callable[[], None], people: People, path: str
) -> None:
    """S-19: should API Gateway ever pass one on."""
    body = {"email": people.verified(), "password": PASSWORD}
    limits_on()

    def attempt() -> Any:
        return call.invoke("SignIn", event_for(SIGN_IN, json=body, ip=HERE) | {"rawPath": path})["statusCode"]

    assert {attempt() for _ in range(3)} <= {200, 404}
    assert attempt() == 429
    assert invalid_request(call, SIGN_IN).status == 429


# -- Concurrent calls -------------------------------------------------------------


def test_fifty_concurrent_calls_are_counted_exactly(
    limits_on: Callable[[], None], call: Api, advance_clock: Callable[..., None]
) -> None:
    assert call
    limits_on()
    throttle, rate = layer("throttle"), layer("setting_types").Rate(10, 900)
    too_many = layer("errors").TooManyRequests

    def is_allowed(_: int) -> bool:
        try:
            throttle.consume(rate, "test", "key")
        except too_many:
            return False
        return True

    assert run_concurrently(is_allowed, range(50)).count(True) == 10
    assert run_concurrently(is_allowed, range(10)).count(True) == 0
    advance_clock(seconds=901)
    assert run_concurrently(is_allowed, range(50)).count(True) == 10  # a new window allows no more


def test_of_twenty_concurrent_guesses_three_are_verified(
    call: Api, limits_on: Callable[[], None], people: People
) -> None:
    email = people.verified()
    limits_on()
    body = {"email": email, "password": "not the owner's"}

    statuses = [
        response.status for response in run_concurrently(lambda _: invalid_request(call, SIGN_IN, json=body), range(20))
    ]

    assert (statuses.count(401), statuses.count(429)) == (3, 17)


# -- Mail to one address ----------------------------------------------------------


def request_mails(call: Api, route: str, email: str, times: int, network: int = 1) -> list[tuple[int, str | None]]:
    """Request mail from another IP address each time, and return statuses and codes."""
    return [
        (response.status, response.code)
        for number in range(times)
        for response in [
            call(route, json={"email": email, "password": PASSWORD, "name": "x"}, ip=f"10.{network}.0.{number}")
        ]
    ]


ACCEPTED, LIMITED = (200, None), (429, "TOO_MANY_REQUESTS")


def mails_of(mailbox: Mailbox, requests: Callable[[int], object], times: int, email: str = "ann@example.com") -> int:
    """Make requests, deliver the mail of each, and return how many an address was sent."""
    before = len(mailbox.to(email))
    for number in range(times):
        requests(number)
        mailbox.deliver()
    return len(mailbox.to(email)) - before


@pytest.mark.parametrize("route", [SIGN_UP, RESET, VERIFY])
def test_an_address_is_mailed_three_times_in_five_minutes(
    call: Api, mailbox: Mailbox, limits_on: Callable[[], None], advance_clock: Callable[..., None], route: str
) -> None:
    """The responses do not change: `test_accounts_lockout.py` has what becomes of them."""
    sign_up(call, "ann@example.com")
    limits_on()

    def request(number: int) -> None:
        assert request_mails(call, route, "ann@example.com", 1, number) == [ACCEPTED]

    assert mails_of(mailbox, request, 5) == 3
    advance_clock(seconds=301)
    assert mails_of(mailbox, lambda number: request(number + 10), 1) == 1


def test_sign_up_and_resending_share_a_counter_and_a_reset_has_its_own(
    call: Api, mailbox: Mailbox, limits_on: Callable[[], None]
) -> None:
    sign_up(call, "ann@example.com")
    limits_on()

    def request(routes: tuple[str, ...]) -> Callable[[int], object]:
        return lambda number: request_mails(call, routes[number % len(routes)], "ann@example.com", 1, number)

    assert mails_of(mailbox, request((SIGN_UP, VERIFY)), 6) == 3
    assert mails_of(mailbox, request((RESET,)), 6) == 3


def test_spellings_of_an_address_share_the_counter(
    call: Api, people: People, mailbox: Mailbox, limits_on: Callable[[], None]
) -> None:
    people.verified("ann")
    limits_on()
    spellings = ["ann@example.com", "ANN@EXAMPLE.COM", " Ann@Example.com ", "aNN@example.com"]

    assert mails_of(mailbox, lambda number: request_mails(call, RESET, spellings[number], 1, number), 4) == 3


def test_an_address_is_mailed_ten_times_a_day(
    call: Api, people: People, mailbox: Mailbox, limits_on: Callable[[], None], advance_clock: Callable[..., None]
) -> None:
    people.verified("ann")
    limits_on()
    numbers = count()

    def request(_: int) -> None:
        assert request_mails(call, RESET, "ann@example.com", 1, next(numbers)) == [ACCEPTED]

    sent = []
    for _ in range(5):
        sent.append(mails_of(mailbox, request, 4))
        advance_clock(minutes=6)

    assert sent == [3, 3, 3, 1, 0]
    advance_clock(days=1)
    assert mails_of(mailbox, request, 4) == 3


CHANGE_EMAIL, DELETE_USER = "POST /api/auth/change-email", "POST /api/auth/delete-user"
CONFIRMATION, NO_CONFIRMATION = ({"confirm_email_change": value} for value in ("true", "false"))
DELETION_BY_MAIL = {"delete_user_by_mail": "true"}


@pytest.mark.parametrize(
    ("route", "body", "setting", "recipient"),
    [
        (CHANGE_EMAIL, {"newEmail": "new@example.com"}, NO_CONFIRMATION, "new@example.com"),
        (CHANGE_EMAIL, {"newEmail": "new{}@example.com"}, CONFIRMATION, "ann@example.com"),
        (DELETE_USER, {}, DELETION_BY_MAIL, "ann@example.com"),
    ],
    ids=["change", "change with confirmation", "deletion"],
)
def test_mail_requested_by_a_signed_in_user_counts_for_its_recipient(  # noqa: PLR0917 -- four fixtures and a case
    call: Api,
    people: People,
    mailbox: Mailbox,
    settings: Callable[..., None],
    route: str,
    body: dict[str, str],
    setting: dict[str, str],
    recipient: str,
) -> None:
    """Otherwise a signed-in user could flood mailboxes."""
    ann = people.signed_in()
    settings(rate_limits="on", **setting)
    responses = []
    for number in range(5):
        sent = {name: text.format(number) for name, text in body.items()}
        response = call(route, bearer=ann.token, json=sent, ip=f"10.0.0.{number}")
        responses.append((response.status, response.code))
        mailbox.deliver()

    assert responses == [ACCEPTED] * 3 + [LIMITED] * 2
    assert len(mailbox.to(recipient)) == 3


def test_a_verification_mail_at_sign_in_is_counted_and_omitted_beyond_the_limit(
    call: Api, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    """The response does not change."""
    sign_up(call, "ann@example.com")
    assert len(mailbox.all) == 1
    settings(rate_limits="on", send_verification_on_sign_in="true")
    body = {"email": "ann@example.com", "password": PASSWORD}

    for number in range(5):
        response = call(SIGN_IN, json=body, ip=f"10.0.0.{number}")
        assert (response.status, response.code) == (403, "EMAIL_NOT_VERIFIED")
        mailbox.deliver()

    assert len(mailbox.all) == 1 + 3
    assert mails_of(mailbox, lambda number: request_mails(call, VERIFY, "ann@example.com", 1, 9 + number), 2) == 0


# -- The limits table is unavailable ------------------------------------------------


@contextmanager
def limits_table_failing(error: Exception) -> Iterator[None]:
    """Calls on the limits table raise `error`; the other tables work."""
    real: Any = vars(BaseClient)["_make_api_call"]

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if parameters.get("TableName") == "LimitsTable":
            raise error
        return real(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", call):
        yield


# Outages, and permanent errors.
ERRORS = [UNREACHABLE, client_error("ThrottlingException"), client_error("InternalServerError", 500)]
ERRORS += [client_error(code) for code in ("AccessDeniedException", "ResourceNotFoundException", "ValidationException")]


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_sign_in_is_refused_without_its_limiter_and_the_error_is_logged(
    call: Api, people: People, limits_on: Callable[[], None], log: Log, error: Exception
) -> None:
    """S-18: no password is verified uncounted. A missing table or permission is permanent."""
    email = people.verified()
    limits_on()

    with limits_table_failing(error):
        for route in ALIASES["SignIn"]:
            assert invalid_request(call, route).status == 503
            for password in (PASSWORD, "not the owner's"):
                response = call(route, json={"email": email, "password": password})
                assert (response.status, response.code, response.cookies) == (503, "SERVICE_UNAVAILABLE", [])

    errors = [line for line in log.lines if line["level"] == "ERROR"]
    assert {line["message"] for line in errors} == {"rate limiter unavailable"}
    assert str(error) in errors[-1]["exception"]
    assert log.lines[-1]["outcome"] == "SERVICE_UNAVAILABLE"


@pytest.mark.parametrize("error", [ERRORS[0], ERRORS[3]], ids=str)
def test_other_routes_work_without_the_limiter_and_the_error_is_logged(  # noqa: PLR0917 -- five fixtures and a case
    call: Api, people: People, mailbox: Mailbox, limits_on: Callable[[], None], log: Log, error: Exception
) -> None:
    """S-18."""
    email = people.verified()
    login, ann = log_in(call, email), people.sign_in(email)
    limits_on()

    with limits_table_failing(error):
        responses = [
            call(SIGN_UP, json={"email": "bob@example.com", "password": PASSWORD}),
            call(RESET, json={"email": email}),
            call(VERIFY, json={"email": "bob@example.com"}),
            refresh(call, login["refresh_token"]),
            call("POST /api/auth/change-email", json={"newEmail": "new@example.com"}, bearer=ann.token),
            call("POST /api/auth/delete-user", json={}, bearer=ann.token),
        ]

    assert [response.status for response in responses] == [200] * len(responses)
    warned = [line for line in log.lines if line["message"] == "rate limiter unavailable"]
    assert len(warned) >= len(responses)
    assert {line["level"] for line in warned} == {"ERROR"}
    assert all("Traceback" in line["exception"] for line in warned)
    assert email not in str(warned)
    assert mailbox


def test_a_bug_is_not_treated_as_an_outage(
    call: Api, people: People, limits_on: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only errors of the table are tolerated."""
    assert people

    def raise_lookup_error(*_: object) -> None:
        message = "a slip"
        raise LookupError(message)

    limits_on()
    monkeypatch.setattr(layer("throttle"), "_consume", raise_lookup_error)

    assert call(RESET, json={"email": "ann@example.com"}).status == 500


# -- Limits off -------------------------------------------------------------------


def test_with_limits_off_nothing_is_counted_and_no_device_cookie_set(
    call: Api, people: People, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None]
) -> None:
    settings(confirm_email_change="false")
    email = people.verified()
    assert {sign_in(call, email, "not the owner's").status for _ in range(11)} == {401}
    assert all("gatehouse.device" not in cookie for cookie in sign_in(call, email).cookies)
    login, ann = log_in(call, email), people.sign_in(email)
    refresh(call, login["refresh_token"])
    call("POST /api/auth/change-email", json={"newEmail": "new@example.com"}, bearer=ann.token)
    verify(call, mailbox.to("new@example.com")[-1].token)
    assert {call(RESET, json={"email": "new@example.com"}).status for _ in range(11)} == {200}
    reset_password(call, mailbox.to("new@example.com")[-1].token, "a better password")

    assert rows(cloud, "LimitsTable") == []
