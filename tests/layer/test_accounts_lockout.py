"""Strangers lock nobody out: not from signing up, nor from a reset, nor from signing in after it."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.test_accounts_known_device import DEVICE, OURS, WRONG, attack, device_of, sign_in_from
from tests.layer.test_throttle import limits_table_failing
from tests.support.auth_calls import reset_password, sign_in, sign_up, verify
from tests.support.aws_failures import UNREACHABLE
from tests.support.browser import Browser
from tests.support.calls import Api, Response
from tests.support.interleaving import interleave
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import SOCIAL, OAuthFlow
from tests.support.people import PASSWORD, People
from tests.support.tables import rows

SIGN_UP, RESET = "POST /api/auth/sign-up/email", "POST /api/auth/request-password-reset"
RESEND = "POST /api/auth/send-verification-email"
ANN, NEW = "ann@example.com", "a better password"
BY_STRANGERS = {SIGN_UP: SIGN_UP, RESEND: RESEND, RESET: RESET}


@pytest.fixture
def limits_on(settings: Callable[..., None]) -> Callable[[], None]:
    """Switch the limits on, after a test's preparation."""
    return lambda: settings(rate_limits="on")


def request_mail(call: Api, route: str, number: int, email: str = ANN, **more: Any) -> Response:
    """Request a mail from a new IP address."""
    body = {"email": email, "password": PASSWORD, "name": "x"} | more
    return call(route, json=body, ip=f"10.{number // 250}.7.{number % 250}")


def flood(call: Api, mailbox: Mailbox, route: str, times: int, first: int = 0) -> set[int]:
    """Request mails as strangers do, and return the statuses."""
    statuses = set()
    for number in range(first, first + times):
        statuses.add(request_mail(call, route, number, password="a stranger's own").status)
        mailbox.deliver()
    return statuses


# -- Budgets of mail ---------------------------------------------------------------------


@pytest.mark.parametrize("route", BY_STRANGERS)
@pytest.mark.parametrize("email", [ANN, "nobody@example.com"])
def test_no_request_for_a_mail_is_refused_because_of_others(
    call: Api, people: People, limits_on: Callable[[], None], route: str, email: str
) -> None:
    """Neither for a known address nor for an unknown one."""
    people.verified("ann")
    limits_on()

    assert {request_mail(call, route, number, email).status for number in range(12)} == {200}


def test_a_newcomers_sign_up_is_completed_by_the_link_that_was_mailed_for_a_stranger(
    call: Api, mailbox: Mailbox, limits_on: Callable[[], None]
) -> None:
    limits_on()
    assert flood(call, mailbox, SIGN_UP, 5) == {200}
    assert len(mailbox.to(ANN)) == 3

    assert request_mail(call, SIGN_UP, 100).status == 200

    assert len(mailbox.to(ANN)) == 3
    assert verify(call, mailbox.to(ANN)[-1].token, password=PASSWORD).status == 200
    assert sign_in_from(call, ANN, PASSWORD, 1).status == 200


@pytest.mark.parametrize("route", [RESET, RESEND])
def test_while_the_last_link_works_nothing_more_is_mailed(
    call: Api, people: People, mailbox: Mailbox, limits_on: Callable[[], None], route: str
) -> None:
    if route == RESEND:
        sign_up(call, ANN)
    else:
        people.verified("ann")
    before = len(mailbox.to(ANN))
    limits_on()
    assert flood(call, mailbox, route, 6) == {200}

    assert len(mailbox.to(ANN)) == before + 3
    token = mailbox.to(ANN)[-1].token
    assert (verify(call, token) if route == RESEND else reset_password(call, token, NEW)).status == 200


def test_a_flood_of_sign_ups_does_not_mail_again_what_is_sent_at_that_moment(
    call: Api, mailbox: Mailbox, limits_on: Callable[[], None], monkeypatch: pytest.MonkeyPatch, cloud: Cloud
) -> None:
    """A hash lies between reading the row and replacing it, so that a stranger could repeat this at will."""
    limits_on()
    for number in range(3):
        request_mail(call, SIGN_UP, number, password=f"a stranger's {number}")
    interleave(monkeypatch, "accounts.verification_mail", "verification", mailbox.deliver)

    assert request_mail(call, SIGN_UP, 3, password="one more of the stranger's").status == 200

    (row,) = (row for row in rows(cloud, "TokensTable") if row["purpose"] == "verify-email")
    assert (row["mail_state"], row["sign_ups"], "expires_at" in row) == ("sent", "4", True)
    assert len(mailbox.to(ANN)) == 1


def test_an_owners_reset_is_mailed_when_strangers_used_up_the_day_and_the_last_link_does_not_work(
    call: Api, people: People, mailbox: Mailbox, limits_on: Callable[[], None], advance_clock: Callable[..., None]
) -> None:
    """One link at a time: this is the most that strangers can have mailed."""
    people.verified("ann")
    limits_on()
    for window in range(4):
        assert flood(call, mailbox, RESET, 4, window * 10) == {200}
        advance_clock(minutes=6)
    assert len(mailbox.to(ANN)) == 10
    advance_clock(hours=1)

    assert flood(call, mailbox, RESET, 5, 100) == {200}

    assert len(mailbox.to(ANN)) == 11
    assert reset_password(call, mailbox.to(ANN)[-1].token, NEW).status == 200


def test_a_sign_up_is_mailed_when_strangers_used_up_the_day_and_the_last_link_does_not_work(
    call: Api, mailbox: Mailbox, limits_on: Callable[[], None], advance_clock: Callable[..., None]
) -> None:
    limits_on()
    for window in range(4):
        assert flood(call, mailbox, SIGN_UP, 4, window * 10) == {200}
        advance_clock(minutes=6)
    advance_clock(minutes=16)

    assert request_mail(call, SIGN_UP, 100).status == 200

    assert len(mailbox.to(ANN)) == 11
    assert verify(call, mailbox.to(ANN)[-1].token, password=PASSWORD).status == 200
    assert sign_in_from(call, ANN, PASSWORD, 1).status == 200


@pytest.mark.parametrize("spoiled", ["used", "failed", "password changed"])
def test_a_link_that_does_not_work_is_replaced_beyond_the_budget(  # noqa: PLR0917 -- five fixtures and a case
    call: Api, people: People, mailbox: Mailbox, cloud: Cloud, limits_on: Callable[[], None], spoiled: str
) -> None:
    ann = people.sign_in(people.verified("ann"))
    limits_on()
    flood(call, mailbox, RESET, 4)
    if spoiled == "password changed":
        body = {"currentPassword": PASSWORD, "newPassword": NEW}
        assert call("POST /api/auth/change-password", json=body, bearer=ann.token).status == 200
    else:
        name, value = {"used": ("used_at", {"N": "0"}), "failed": ("mail_state", {"S": "failed"})}[spoiled]
        cloud.client("dynamodb").update_item(
            TableName="TokensTable",
            Key={"subject": {"S": f"EMAIL#{ANN}"}, "purpose": {"S": "reset-password"}},
            UpdateExpression="SET #a = :v",
            ExpressionAttributeNames={"#a": name},
            ExpressionAttributeValues={":v": value},
        )
    before = len(mailbox.to(ANN))

    assert flood(call, mailbox, RESET, 3, 50) == {200}

    resets = [mail for mail in mailbox.to(ANN)[before:] if "/reset-password" in mail.text]
    assert len(resets) == 1
    assert reset_password(call, resets[0].token, "the best password").status == 200


def test_each_purpose_has_a_budget_of_its_own(
    call: Api, people: People, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    """So a flood of sign-ups keeps nobody from a reset, nor from changing or deleting an account."""
    ann = people.sign_in(people.verified("ann"))
    settings(rate_limits="on", delete_user_by_mail="true", confirm_email_change="true")
    flood(call, mailbox, SIGN_UP, 12)
    before = len(mailbox.to(ANN))

    flood(call, mailbox, RESET, 12, 50)
    change = call("POST /api/auth/change-email", json={"newEmail": "new@example.com"}, bearer=ann.token)
    deletion = call("POST /api/auth/delete-user", json={}, bearer=ann.token)

    assert (change.status, deletion.status) == (200, 200)
    assert len(mailbox.to(ANN)) == before + 3 + 2


def test_known_and_unknown_addresses_get_the_same_reads_and_writes_beyond_the_budget(
    call: Api, people: People, limits_on: Callable[[], None]
) -> None:
    """S-20: the budget does not reveal which addresses have accounts."""
    people.verified("ann")
    limits_on()

    for route in BY_STRANGERS:
        operations = []
        for first, email in ((0, ANN), (50, "nobody@example.com")):
            for number in range(first, first + 6):
                request_mail(call, route, number, email)
            operations.append(call.aws_operations)
        assert operations[0] == operations[1]


# -- Known devices, and counters that begin anew --------------------------------------------


@pytest.fixture
def email(people: People, limits_on: Callable[[], None]) -> str:
    """The address of a user, with limits on."""
    email = people.verified()
    limits_on()
    return email


def reset(call: Api, mailbox: Mailbox, email: str, **request: Any) -> Response:
    """Reset the password by mail."""
    call(RESET, json={"email": email}, ip=f"10.66.0.{len(mailbox.all)}")
    body = {"token": mailbox.to(email)[-1].token, "newPassword": NEW}
    return call("POST /api/auth/reset-password", json=body, **request)


def test_after_a_reset_the_owner_signs_in_from_anywhere(call: Api, email: str, mailbox: Mailbox) -> None:
    """Strangers had used up the failures of unknown devices."""
    attack(call, email, 12)

    device = device_of(reset(call, mailbox, email))

    assert sign_in_from(call, email, NEW, 1).status == 200
    attack(call, email, 12)
    assert sign_in_from(call, email, NEW, 2).status == 429
    assert sign_in_from(call, email, NEW, 3, device).status == 200


def test_a_reset_empties_every_counter_of_the_address_that_strangers_can_fill(
    call: Api, people: People, email: str, mailbox: Mailbox, cloud: Cloud
) -> None:
    ann, bob = people.sign_in(email), people.verified("bob")
    attack(call, email, 3)
    attack(call, bob, 3, 300)
    call("POST /api/auth/verify-password", json={"password": WRONG}, bearer=ann.token)
    flood(call, mailbox, SIGN_UP, 2)

    reset(call, mailbox, email)

    keys = [row["key"] for row in rows(cloud, "LimitsTable")]
    of_addresses = [key for key in keys if key.startswith(("failed-sign-ins", "wrong-passwords", "mail|"))]
    assert len(of_addresses) == 1  # bob's


def test_after_a_verification_the_owner_signs_in_from_anywhere(
    call: Api, mailbox: Mailbox, limits_on: Callable[[], None]
) -> None:
    sign_up(call, ANN)
    token = mailbox.last.token
    limits_on()
    attack(call, ANN, 12)

    device = device_of(verify(call, token))

    assert sign_in_from(call, ANN, PASSWORD, 1).status == 200
    attack(call, ANN, 12)
    assert sign_in_from(call, ANN, PASSWORD, 2).status == 429
    assert sign_in_from(call, ANN, PASSWORD, 3, device).status == 200


def test_a_link_makes_a_device_known_once(call: Api, mailbox: Mailbox, limits_on: Callable[[], None]) -> None:
    """Whoever finds a used link gets nothing by it."""
    sign_up(call, ANN)
    token = mailbox.last.token
    limits_on()
    assert device_of(verify(call, token))
    attack(call, ANN, 12)

    again = verify(call, token)

    assert (again.status, [cookie for cookie in again.cookies if cookie.startswith(DEVICE)]) == (200, [])
    assert sign_in_from(call, ANN, PASSWORD, 2).status == 429


def test_a_failed_reset_or_verification_changes_no_counter(call: Api, email: str, mailbox: Mailbox) -> None:
    attack(call, email, 12)
    call(RESET, json={"email": email}, ip="10.66.0.1")
    token = mailbox.to(email)[-1].token

    for response in (
        reset_password(call, token, "short"),
        reset_password(call, token[:-1] + "B", NEW),
        verify(call, token),
    ):
        assert (response.status, response.cookies) == (400, [])
    assert sign_in_from(call, email, PASSWORD, 1).status == 429


def test_a_reset_succeeds_although_counters_cannot_be_emptied(call: Api, email: str, mailbox: Mailbox) -> None:
    call(RESET, json={"email": email}, ip="10.66.0.1")
    token = mailbox.to(email)[-1].token

    with limits_table_failing(UNREACHABLE):
        assert reset_password(call, token, NEW).status == 200


def test_a_browser_is_a_known_device_of_several_addresses(
    call: Api, people: People, settings: Callable[..., None]
) -> None:
    settings(rate_limits="off")
    emails = [people.verified(f"user{number}") for number in range(6)]
    settings(rate_limits="on")
    device = None
    for number, email in enumerate(emails):
        device = device_of(sign_in_from(call, email, PASSWORD, 500 + number, device))
    for email in emails:
        attack(call, email, 10, 600)

    statuses = [sign_in_from(call, email, PASSWORD, 700 + number, device).status for number, email in enumerate(emails)]

    assert statuses == [429] * 2 + [200] * 4


def test_mailed_links_of_strangers_do_not_displace_an_address(
    call: Api, people: People, mailbox: Mailbox, email: str
) -> None:
    """Whoever makes the owner open links of their own accounts does not make the browser unknown."""
    device = device_of(sign_in_from(call, email, PASSWORD, 1))
    for number in range(6):
        other = people.verified(f"other{number}")
        response = reset(call, mailbox, other, cookies=[device], headers=OURS)
        device = device_of(response)
    attack(call, email, 12)

    assert sign_in_from(call, email, PASSWORD, 2, device).status == 200
    assert len(device) < 600


@pytest.fixture(params=["true", "false"])
def strangers_device(
    call: Api,
    mailbox: Mailbox,
    settings: Callable[..., None],
    limits_on: Callable[[], None],
    request: pytest.FixtureRequest,
) -> str:
    """The device of a stranger who signed up with Ann's address and came in, after her click where that is needed."""
    settings(require_email_verification=request.param)
    limits_on()
    response = sign_up(call, ANN, "the stranger's own")
    if request.param == "true":
        assert verify(call, mailbox.last.token).status == 200
        response = sign_in_from(call, ANN, "the stranger's own", 1)
    return device_of(response)


def test_whoever_had_access_before_the_mailbox_was_proved_locks_no_owner_out(
    call: Api, mailbox: Mailbox, strangers_device: str
) -> None:
    """Their browser is a known device no more: it would use up what is kept for those of the owner."""
    reset(call, mailbox, ANN)
    owners_device = device_of(sign_in_from(call, ANN, NEW, 2))

    statuses = [sign_in_from(call, ANN, WRONG, 100 + number, strangers_device).status for number in range(11)]

    assert statuses == [401] * 10 + [429]
    assert sign_in_from(call, ANN, NEW, 3, owners_device).status == 200


def test_until_then_a_device_is_known(call: Api, strangers_device: str) -> None:
    """Nobody else may have signed up."""
    attack(call, ANN, 12)

    assert sign_in_from(call, ANN, "the stranger's own", 2, strangers_device).status == 200


def test_a_sign_in_that_proves_the_password_makes_the_device_known(
    call: Api, mailbox: Mailbox, limits_on: Callable[[], None]
) -> None:
    sign_up(call, ANN)
    limits_on()
    browser = Browser(call)
    verify(browser, mailbox.last.token)
    assert sign_in(browser, ANN).status == 200
    attack(call, ANN, 12)

    assert sign_in(browser, ANN).status == 200
    del browser.cookies[DEVICE]
    assert sign_in(browser, ANN).status == 429


@pytest.mark.parametrize("by", ["redirect", "ID token"])
def test_a_provider_that_takes_an_account_over_makes_the_device_known(
    call: Api, mailbox: Mailbox, limits_on: Callable[[], None], oauth_flow: OAuthFlow, by: str
) -> None:
    """From then on the account is proven, and so is what its owner's browser keeps."""
    sign_up(call, ANN, "the stranger's own")
    limits_on()
    assert verify(call, mailbox.last.token).status == 200
    by_token = {"provider": "google", "idToken": {"token": oauth_flow.provider.id_token()}}
    device = device_of(oauth_flow.sign_in() if by == "redirect" else call(SOCIAL, json=by_token))
    reset(call, mailbox, ANN)
    attack(call, ANN, 12)

    assert sign_in_from(call, ANN, NEW, 2, device).status == 200
