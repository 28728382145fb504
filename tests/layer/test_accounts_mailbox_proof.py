"""Whoever proves the mailbox ends up alone in the account: the eight rules, each by its number."""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import (
    SIGN_UP_COOKIE,
    TRUSTED_ORIGIN,
    VERIFIED_COOKIE,
    cookie_names,
    request_reset,
    reset_password,
    sign_in,
    sign_up,
    verify,
)
from tests.support.aws_failures import UNREACHABLE
from tests.support.browser import Browser
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.faults import failing_at
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow, error_of, token_of
from tests.support.people import People, Person
from tests.support.tables import rows, tables_unchanged

ANN, NEW = "ann@example.com", "new@example.com"
FIRST, SECOND, CHOSEN = "the first password", "the second password", "the chosen password"
OWNERS, ATTACKERS = "the owner's own", "the attacker's"
SIGN_UP = "POST /api/auth/sign-up/email"
FOLLOW = "GET /api/auth/verify-email"
RESEND = "POST /api/auth/send-verification-email"
CHANGE = "POST /api/auth/change-email"


def profile(cloud: Cloud) -> dict[str, Any]:
    """The one user's row."""
    (row,) = (row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE")
    return row


def waiting(cloud: Cloud) -> dict[str, Any]:
    """The one verification that waits."""
    (row,) = (row for row in rows(cloud, "TokensTable") if row["purpose"] == "verify-email")
    return row


def purposes(cloud: Cloud) -> set[str]:
    """What mails were ordered."""
    return {row["purpose"] for row in rows(cloud, "TokensTable")}


def works(call: Api, bearer: str) -> bool:
    """Whether a session is good for anything."""
    return call("GET /api/tasks", bearer=bearer).status == 200


@pytest.fixture
def asked_for_proof(settings: Callable[..., None]) -> None:
    """A deployment in which a mailed link alone lets no password in."""
    settings(verification_proof="password")


@pytest.fixture
def squatter(call: Api, settings: Callable[..., None]) -> str:
    """Somebody signed up with Ann's address where that takes no verification; their session."""
    settings(require_email_verification="false")
    return str(sign_up(call, ANN, ATTACKERS).json["token"])


@pytest.fixture
def unproven(call: Api, mailbox: Mailbox) -> Browser:
    """The owner clicked the mail of the attacker's sign-up: its password is active. Her browser."""
    sign_up(call, ANN, ATTACKERS)
    owner = Browser(call)
    assert verify(owner, mailbox.last.token).status == 200
    return owner


def mailed_again(call: Api, mailbox: Mailbox) -> str:
    """Have a verification mailed; its token."""
    mailbox.deliver()
    call(RESEND, json={"email": ANN})
    return mailbox.to(ANN)[-1].token


# -- Rule 1: one waiting row for each address -------------------------------------------


def test_rule_1_a_new_sign_up_replaces_the_password_and_keeps_the_link(
    call: Api, mailbox: Mailbox, cloud: Cloud
) -> None:
    call(SIGN_UP, json={"email": ANN, "password": FIRST, "name": "First"})
    first, before = mailbox.last.token, waiting(cloud)
    call(SIGN_UP, json={"email": ANN, "password": SECOND, "name": "Second"})

    after = waiting(cloud)
    assert mailbox.last.token == first
    assert len(mailbox.to(ANN)) == 2
    assert (after["nonce"], after["name"]) == (before["nonce"], "Second")
    assert after["password_hash"] != before["password_hash"]
    assert (before["sign_ups"], after["sign_ups"]) == ("1", "2")
    assert before["sign_up_id"] != after["sign_up_id"]


def test_rule_1_a_sign_up_that_carries_the_cookie_of_the_one_before_is_not_counted(call: Api, cloud: Cloud) -> None:
    browser = Browser(call)
    for password in (FIRST, SECOND, CHOSEN):
        sign_up(browser, ANN, password)
    assert waiting(cloud)["sign_ups"] == "1"

    sign_up(call, ANN, ATTACKERS)
    sign_up(browser, ANN, FIRST)

    assert waiting(cloud)["sign_ups"] == "3"


def test_rule_1_a_repeated_sign_up_with_the_same_password_is_not_counted(
    call: Api, mailbox: Mailbox, cloud: Cloud
) -> None:
    """An app has no cookies, and a response may have been lost. A stranger does not know the password."""
    with failing_at(UNREACHABLE, at=1, executed=True) as asked:
        assert sign_up(call, ANN, FIRST).status == 503
    assert asked == ["BatchGetItem", "PutItem"]

    assert sign_up(call, ANN, FIRST).status == 200

    assert waiting(cloud)["sign_ups"] == "1"
    assert verify(call, mailbox.last.token).status == 200
    assert sign_in(call, ANN, FIRST).status == 200


def test_rule_1_the_same_password_does_not_undo_the_count_of_another(call: Api, cloud: Cloud) -> None:
    for password in (FIRST, ATTACKERS, FIRST, FIRST):
        sign_up(call, ANN, password)

    assert waiting(cloud)["sign_ups"] == "3"


@pytest.mark.parametrize("domain", ["", "example.com"])
@pytest.mark.parametrize("path", ["sign-up/email", "signup", "register"])
def test_rule_1_every_sign_up_sets_a_signed_cookie_of_its_own(
    call: Api, people: People, settings: Callable[..., None], path: str, domain: str
) -> None:
    """Also for a taken address, which must not show; and for this host alone, whatever CookieDomain is."""
    settings(cookie_domain=domain)
    people.verified("bob")
    responses = [
        call(f"POST /api/auth/{path}", json={"email": email, "password": FIRST})
        for email in (ANN, ANN, "bob@example.com")
    ]

    lines = [response.cookies for response in responses]
    assert all(
        line.startswith(f"{SIGN_UP_COOKIE}=")
        and line.endswith("; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax")
        for (line,) in lines
    )
    assert len({line for (line,) in lines}) == 3
    assert len({len(unquote(line)) for (line,) in lines}) == 1


def test_rule_1_twenty_sign_ups_at_once_are_all_counted(call: Api, cloud: Cloud) -> None:
    responses = run_concurrently(lambda number: sign_up(call, ANN, f"password of {number}"), range(20))

    assert {response.status for response in responses} == {200}
    assert waiting(cloud)["sign_ups"] == "20"


def test_rule_1_a_sign_up_that_another_overtakes_is_counted_with_it(
    call: Api, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(call, ANN, FIRST)
    interleave(monkeypatch, "accounts.verification_mail", "verification", lambda: sign_up(call, ANN, SECOND))

    sign_up(call, ANN, CHOSEN)

    assert waiting(cloud)["sign_ups"] == "3"


def test_rule_1_a_sign_up_that_races_a_redemption_does_not_bring_the_row_back(
    call: Api, mailbox: Mailbox, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(call, ANN, FIRST)
    token = mailbox.last.token
    interleave(monkeypatch, "accounts.verification_mail", "verification", lambda: verify(call, token))

    assert sign_up(call, ANN, SECOND).status == 200

    assert "used_at" in waiting(cloud)
    assert sign_in(call, ANN, FIRST).status == 200
    assert "already have an account" in mailbox.last.subject


def test_rule_1_resending_mails_the_one_link(call: Api, mailbox: Mailbox, cloud: Cloud) -> None:
    sign_up(call, ANN, FIRST)
    token, before = mailbox.last.token, waiting(cloud)

    assert mailed_again(call, mailbox) == token

    kept = ("nonce", "sign_up_id", "sign_ups", "password_hash", "origin", "created_at", "delete_at")
    assert [waiting(cloud)[name] for name in kept] == [before[name] for name in kept]
    assert len(mailbox.to(ANN)) == 2


def test_rule_1_resending_for_a_user_who_is_there_mails_the_one_link(
    call: Api, mailbox: Mailbox, squatter: str
) -> None:
    assert squatter

    assert mailed_again(call, mailbox) == mailed_again(call, mailbox)


def test_rule_1_an_expired_link_is_replaced_and_its_sign_ups_are_still_counted(
    call: Api, mailbox: Mailbox, cloud: Cloud, advance_clock: Callable[..., None]
) -> None:
    sign_up(call, ANN, ATTACKERS)
    first = mailbox.last.token
    advance_clock(minutes=16)
    sign_up(call, ANN, OWNERS)

    assert mailbox.last.token != first
    assert waiting(cloud)["sign_ups"] == "2"
    assert verify(call, first).code == "INVALID_TOKEN"


def test_rule_1_a_mail_that_is_under_way_does_not_stop_the_next_one(
    call: Api, mailbox: Mailbox, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have the same nonce; were the second marked as sent, its link would not expire for a week."""
    sign_up(call, ANN, FIRST)
    interleave(monkeypatch, "mail.flows", "render", lambda: sign_up(call, ANN, SECOND))
    mailbox.deliver()

    assert waiting(cloud)["mail_state"] == "pending"
    assert len(mailbox.to(ANN)) == 2
    assert "expires_at" in waiting(cloud)


def test_rule_1_rows_of_before_count_as_one_sign_up(call: Api, mailbox: Mailbox, cloud: Cloud) -> None:
    sign_up(call, ANN, FIRST)
    tokens = layer("tokens")
    row = tokens.TokenRow(f"EMAIL#{ANN}", "verify-email")
    row.update(
        [tokens.TokenRow.sign_ups.remove(), tokens.TokenRow.sign_up_id.remove(), tokens.TokenRow.origin.remove()]
    )

    assert "Asked for on " in mailbox.last.text
    sign_up(call, ANN, SECOND)
    assert waiting(cloud)["sign_ups"] == "2"


@pytest.mark.parametrize(
    ("agent", "ip", "where"),
    [
        ("Mozilla/5.0 (X11) Gecko/20100101 Firefox/140.0", "203.0.113.77", "Firefox, 203.0.113.0/24"),
        (
            "Mozilla/5.0 AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "2001:db8:1:2::3",
            "Edge, 2001:db8:1::/48",
        ),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1 Version/18.0 Safari/604.1", "203.0.113.77", "Safari, 203.0.113.0/24"),
        ("<b>https://evil.example</b>", "203.0.113.77", "203.0.113.0/24"),
    ],
)
def test_rule_1_the_mail_says_when_and_roughly_from_where(
    call: Api, mailbox: Mailbox, agent: str, ip: str, where: str
) -> None:
    """Roughly, because it may be read by somebody else; and in words of ours."""
    now = layer("clock").now()
    sent = {"email": ANN, "password": FIRST}
    call(SIGN_UP, json=sent, ip=ip, headers={"user-agent": agent})

    moment = f"{now.day} {now:%B} {now.year}, {now:%H:%M} UTC"
    assert f"Asked for on {moment}, from {where}." in mailbox.last.text
    assert f"Asked for on {moment}, from {where}." in mailbox.last.html
    assert "evil" not in mailbox.last.text + mailbox.last.html


def test_rule_1_the_mail_says_it_in_german(call: Api, mailbox: Mailbox) -> None:
    now = layer("clock").now()
    call(SIGN_UP, json={"email": ANN, "password": FIRST}, headers={"accept-language": "de"})

    assert f"Angefordert am {now.day}. " in mailbox.last.text
    assert f"{now.year}, {now:%H:%M} UTC, von 203.0.113.0/24." in mailbox.last.text


# -- Rule 2: the browser that signed up ---------------------------------------------------


@pytest.mark.parametrize("by", ["POST", "GET"])
@pytest.mark.parametrize("proof", ["link", "password"])
def test_rule_2_the_browser_that_signed_up_makes_its_password_active_and_proven(  # noqa: PLR0917 -- four fixtures, two columns
    call: Api, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None], by: str, proof: str
) -> None:
    settings(verification_proof=proof)
    browser = Browser(call)
    browser(SIGN_UP, json={"email": ANN, "password": FIRST, "name": "Ann"})
    token = mailbox.last.token

    response = verify(browser, token) if by == "POST" else browser(FOLLOW, query={"token": token})

    assert (response.status, cookie_names(response)) == (200, [SIGN_UP_COOKIE])
    assert SIGN_UP_COOKIE not in browser.cookies
    assert "password_unproven" not in profile(cloud)
    assert profile(cloud)["name"] == "Ann"
    assert sign_in(call, ANN, FIRST).status == 200


def test_rule_2_holds_for_the_last_sign_up_however_many_there_were(call: Api, mailbox: Mailbox) -> None:
    owner = Browser(call)
    sign_up(call, ANN, ATTACKERS)
    sign_up(owner, ANN, OWNERS)

    assert verify(owner, mailbox.last.token, proof="required").status == 200

    assert [sign_in(call, ANN, password).status for password in (OWNERS, ATTACKERS)] == [200, 401]


def test_rule_2_the_cookie_of_a_sign_up_that_was_replaced_proves_nothing(call: Api, mailbox: Mailbox) -> None:
    owner = Browser(call)
    sign_up(owner, ANN, OWNERS)
    sign_up(call, ANN, ATTACKERS)

    assert verify(owner, mailbox.last.token, proof="required").code == "PASSWORD_REQUIRED"


def test_rule_2_no_other_signed_cookie_fits(call: Api, mailbox: Mailbox, cloud: Cloud, people: People) -> None:
    """Nor does one that is not signed, or is signed for something else."""
    keys = layer("keys")
    sign_up(call, ANN, ATTACKERS)
    token, sign_up_id = mailbox.last.token, waiting(cloud)["sign_up_id"]
    session = people.signed_in("bob").cookie.partition("=")[2]
    texts = [sign_up_id, f"gatehouse.verified:{sign_up_id}", f":{sign_up_id}", f"gatehouse.sign_up{sign_up_id}"]
    forged = [keys.sign(text) for text in texts] + [session, sign_up_id, f"gatehouse.sign_up:{sign_up_id}.{'A' * 43}="]

    with tables_unchanged(cloud):
        for value in forged:
            response = call(
                "POST /api/auth/verify-email",
                json={"token": token, "proof": "required"},
                cookies=[f"{SIGN_UP_COOKIE}={value.replace('=', '%3D')}"],
                headers=TRUSTED_ORIGIN,
            )
            assert response.code == "PASSWORD_REQUIRED", value


def test_rule_2_another_host_of_the_domain_cannot_set_the_cookie(call: Api, mailbox: Mailbox) -> None:
    """Browsers let it set one of another name, with the value from a stranger's own sign-up."""
    attacker = Browser(call)
    sign_up(attacker, ANN, ATTACKERS)
    planted = attacker.cookies[SIGN_UP_COOKIE]

    for name in ("gatehouse.sign_up", "__Secure-gatehouse.sign_up"):
        owner = Browser(call)
        owner.cookies[name] = planted
        assert verify(owner, mailbox.last.token, proof="required").code == "PASSWORD_REQUIRED"


# -- Rule 3: with a password ---------------------------------------------------------------


@pytest.mark.parametrize("sign_ups", [1, 2])
@pytest.mark.parametrize("proof", ["link", "password"])
def test_rule_3_whoever_has_the_mailbox_chooses_the_password(  # noqa: PLR0917 -- four fixtures and two columns
    call: Api, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None], sign_ups: int, proof: str
) -> None:
    settings(verification_proof=proof)
    sent = {"email": ANN, "password": ATTACKERS, "name": "Eve", "image": "https://evil.example/x.png"}
    for _ in range(sign_ups):
        call(SIGN_UP, json=sent)

    response = verify(call, mailbox.last.token, password=CHOSEN)

    assert (response.status, response.json["user"]["name"], response.json["user"]["image"]) == (200, "", None)
    assert not profile(cloud).keys() & {"password_unproven", "image"}
    assert [sign_in(call, ANN, password).status for password in (CHOSEN, ATTACKERS)] == [200, 401]


def test_rule_3_the_usual_rules_hold_and_leave_the_token_unspent(call: Api, mailbox: Mailbox, cloud: Cloud) -> None:
    sign_up(call, ANN, ATTACKERS)
    token = mailbox.last.token

    with tables_unchanged(cloud):
        for password, code in (
            ("short", "PASSWORD_TOO_SHORT"),
            ("x" * 129, "PASSWORD_TOO_LONG"),
            (ANN, "WEAK_PASSWORD"),
        ):
            assert verify(call, token, password=password).code == code
    assert verify(call, token, password=CHOSEN).status == 200


def test_rule_3_of_two_who_choose_at_once_one_is_told_that_it_worked(call: Api, mailbox: Mailbox) -> None:
    sign_up(call, ANN, ATTACKERS)
    token = mailbox.last.token

    responses = run_concurrently(lambda password: verify(call, token, password=password), (FIRST, SECOND))

    said = {password: response.code for password, response in zip((FIRST, SECOND), responses, strict=True)}
    assert sorted(map(str, said.values())) == ["INVALID_TOKEN", "None"]
    assert {password: sign_in(call, ANN, password).status for password in said} == {
        password: 401 if code else 200 for password, code in said.items()
    }


# -- Rule 4: neither -------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["POST", "GET"])
def test_rule_4_the_password_of_a_single_sign_up_becomes_active_but_unproven(
    call: Api, mailbox: Mailbox, cloud: Cloud, by: str
) -> None:
    sign_up(call, ANN, FIRST)
    token = mailbox.last.token

    response = verify(call, token) if by == "POST" else call(FOLLOW, query={"token": token})

    assert (response.status, cookie_names(response)) == (200, [VERIFIED_COOKIE])
    assert profile(cloud)["password_unproven"] is True
    assert sign_in(call, ANN, FIRST).status == 200


@pytest.mark.parametrize("by", ["POST", "GET"])
def test_rule_4_after_several_sign_ups_nobodys_password_becomes_active_and_a_link_to_choose_one_is_mailed(
    call: Api, mailbox: Mailbox, cloud: Cloud, by: str
) -> None:
    for password in (OWNERS, ATTACKERS):
        call(SIGN_UP, json={"email": ANN, "password": password, "name": "Eve", "image": "https://evil.example/x.png"})
    token = mailbox.last.token

    response = verify(call, token) if by == "POST" else call(FOLLOW, query={"token": token})

    assert (response.status, cookie_names(response)) == (200, [])
    assert profile(cloud)["email_verified"] is True
    assert not profile(cloud).keys() & {"password_hash", "password_unproven", "image"}
    assert profile(cloud)["name"] == ""
    assert [sign_in(call, ANN, password).status for password in (OWNERS, ATTACKERS)] == [401, 401]
    assert reset_password(call, mailbox.last.token, CHOSEN).status == 200
    assert sign_in(call, ANN, CHOSEN).status == 200
    assert "access-removed" not in purposes(cloud)


def test_rule_4_twenty_redemptions_of_several_sign_ups_at_once_make_one_user_and_one_mail(
    call: Api, mailbox: Mailbox, cloud: Cloud
) -> None:
    for password in (OWNERS, ATTACKERS):
        sign_up(call, ANN, password)
    token, before = mailbox.last.token, len(mailbox.all)

    responses = run_concurrently(lambda _: verify(call, token), range(20))

    assert {response.status for response in responses} == {200}
    assert len(mailbox.all) == before + 1
    assert profile(cloud)["email"] == ANN


@pytest.mark.usefixtures("asked_for_proof")
@pytest.mark.parametrize("sign_ups", [1, 2])
def test_rule_4_where_proof_is_asked_for_the_link_alone_is_refused_and_unspent(
    call: Api, mailbox: Mailbox, cloud: Cloud, sign_ups: int
) -> None:
    for _ in range(sign_ups):
        sign_up(call, ANN, FIRST)
    token = mailbox.last.token

    with tables_unchanged(cloud):
        posted, got = verify(call, token), call(FOLLOW, query={"token": token})
        led = call(FOLLOW, query={"token": token, "callbackURL": "/tasks?a=1"})

    assert [(response.status, response.code) for response in (posted, got)] == [(400, "PASSWORD_REQUIRED")] * 2
    assert posted.json["details"] == got.json["details"] == {"password": "new"}
    assert (led.status, led.headers["location"]) == (302, "/tasks?a=1&error=PASSWORD_REQUIRED")
    assert posted.cookies == got.cookies == led.cookies == []
    assert verify(call, token, password=CHOSEN).status == 200


def test_rule_4_a_page_may_ask_for_the_same_strictness(call: Api, mailbox: Mailbox, cloud: Cloud) -> None:
    sign_up(call, ANN, FIRST)
    token = mailbox.last.token

    with tables_unchanged(cloud):
        assert verify(call, token, proof="required").code == "PASSWORD_REQUIRED"
        assert verify(call, token, proof="whatever").code == "VALIDATION_ERROR"


# -- Rule 5: while a password is unproven -------------------------------------------------------


def test_rule_5_signing_in_with_it_from_the_browser_that_redeemed_proves_it(
    call: Api, cloud: Cloud, unproven: Browser
) -> None:
    assert sign_in(call, ANN, ATTACKERS).status == 200
    assert sign_in(unproven, ANN, "a wrong one").status == 401
    assert profile(cloud)["password_unproven"] is True

    assert sign_in(unproven, ANN, ATTACKERS).status == 200

    assert "password_unproven" not in profile(cloud)


def test_rule_5_that_sign_in_alone_writes_one_thing_more(call: Api, unproven: Browser) -> None:
    sign_in(call, ANN, ATTACKERS)
    from_elsewhere = call.aws_operations
    sign_in(unproven, ANN, ATTACKERS)
    proving = call.aws_operations
    sign_in(unproven, ANN, ATTACKERS)

    assert from_elsewhere == call.aws_operations == ["BatchGetItem", "BatchGetItem", "PutItem"]
    assert proving == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]


def test_rule_5_the_browser_of_another_user_proves_nothing(
    call: Api, mailbox: Mailbox, cloud: Cloud, unproven: Browser
) -> None:
    """An attacker has a browser that redeemed, too: for an address of their own."""
    sign_up(call, "eve@example.com", FIRST)
    eve = Browser(call)
    verify(eve, mailbox.last.token)
    assert eve.cookies.keys() == unproven.cookies.keys()

    assert sign_in(eve, ANN, ATTACKERS).status == 200

    assert "password_unproven" in next(row for row in rows(cloud, "UsersTable") if row.get("email") == ANN)


def test_rule_5_a_password_that_is_replaced_at_that_moment_is_not_proven(
    call: Api, mailbox: Mailbox, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, unproven: Browser
) -> None:
    token = request_reset(call, mailbox, ANN)
    interleave(monkeypatch, "accounts.flows", "open_session", lambda: reset_password(call, token, OWNERS))

    assert sign_in(unproven, ANN, ATTACKERS).code == "INVALID_EMAIL_OR_PASSWORD"

    assert sign_in(call, ANN, OWNERS).status == 200
    assert "password_unproven" not in profile(cloud)


def test_rule_5_changing_an_unproven_password_does_not_prove_it(
    call: Api, cloud: Cloud, mailbox: Mailbox, oauth_flow: OAuthFlow, unproven: Browser
) -> None:
    assert unproven
    bearer = sign_in(call, ANN, ATTACKERS).json["token"]
    body = {"currentPassword": ATTACKERS, "newPassword": "another of theirs"}
    assert call("POST /api/auth/change-password", bearer=bearer, json=body).status == 200
    assert profile(cloud)["password_unproven"] is True
    assert mailbox.all

    assert token_of(oauth_flow.sign_in())

    assert not works(call, bearer)
    assert sign_in(call, ANN, "another of theirs").status == 401


def entries(call: Api, mailbox: Mailbox, oauth_flow: OAuthFlow) -> dict[str, Callable[[], object]]:
    """Every further proof of the mailbox, by its name."""
    return {
        "reset": lambda: reset_password(call, request_reset(call, mailbox, ANN), OWNERS),
        "provider": oauth_flow.sign_in,
        "provider linked before": lambda: oauth_flow.sign_in() if linked(call, oauth_flow) else None,
        "id token": lambda: call(
            "POST /api/auth/sign-in/social",
            json={"provider": "google", "idToken": {"token": oauth_flow.provider.id_token()}},
        ),
    }


ENTRIES = ("reset", "provider", "provider linked before", "id token")


def linked(call: Api, oauth_flow: OAuthFlow) -> bool:
    """Link the provider in a session of whoever knows the password; returns whether it was."""
    return error_of(oauth_flow.link(sign_in(call, ANN, ATTACKERS).json["token"])) is None


@pytest.mark.parametrize("by", ENTRIES)
def test_rule_5_a_further_proof_removes_all_that_lets_in_and_the_owner_is_told(  # noqa: PLR0917 -- five fixtures, a column
    call: Api,
    mailbox: Mailbox,
    cloud: Cloud,
    oauth_flow: OAuthFlow,
    settings: Callable[..., None],
    unproven: Browser,
    by: str,
) -> None:
    """Password, sessions, refresh tokens, providers and pending changes; data stays."""
    settings(confirm_email_change="false")
    assert unproven
    signed_in = call("POST /api/auth/login", json={"email": ANN, "password": ATTACKERS}).json
    bearer = sign_in(call, ANN, ATTACKERS).json["token"]
    kept = call("POST /api/tasks", bearer=bearer, json={"title": "planted"}).json["id"]
    link_another_provider(call, ANN)
    call(CHANGE, bearer=bearer, json={"newEmail": NEW})
    change = mailbox.to(NEW)[-1].token
    reset = request_reset(call, mailbox, ANN)

    response = entries(call, mailbox, oauth_flow)[by]()

    assert isinstance(response, Response)
    assert response.status in {200, 302}
    assert profile(cloud)["email_verified"] is True
    assert not works(call, bearer)
    assert call("POST /api/auth/refresh", json={"refresh_token": signed_in["refresh_token"]}).status == 401
    assert sign_in(call, ANN, ATTACKERS).status == 401
    assert verify(Browser(call), change, password=ATTACKERS).code == "INVALID_TOKEN"
    assert reset_password(call, reset, ATTACKERS).code == "INVALID_TOKEN"
    assert {row["sk"] for row in rows(cloud, "UsersTable") if "planted-account" in row["pk"] + row["sk"]} == set()
    assert "password_unproven" not in profile(cloud)
    assert "Password and access to your Gatehouse account were reset" in {mail.subject for mail in mailbox.to(ANN)}
    mine = token_of(response) if "set-auth-token" in response.headers else sign_in(call, ANN, OWNERS).json["token"]
    assert call("GET /api/tasks/{task_id}", bearer=mine, task_id=kept).status == 200


def link_another_provider(call: Api, email: str) -> None:
    """Link one more account to a user, as no request would for whoever does not have the address."""
    dynamodb, table, oauth = layer("dynamodb"), layer("accounts.table"), layer("oauth.table")
    (pointer,) = dynamodb.batch_get(table.email_key(email))
    (found,) = dynamodb.batch_get(table.profile_key(pointer.user_id))
    now = layer("clock").now()
    row = oauth.AccountRow(
        *oauth.account_key(found.user_id, "planted-account")[1:],
        user_id=found.user_id,
        account_id="planted-account",
        provider_id="oidc",
        subject="1",
        created_at=now,
        updated_at=now,
    )
    assert call
    dynamodb.transact(*layer("accounts.sign_in_methods").add_link(found, "planted-account"), dynamodb.put(row))


@pytest.mark.parametrize("by", ENTRIES)
def test_rule_5_what_is_proven_is_not_purged(  # noqa: PLR0917 -- five fixtures and a column
    call: Api, mailbox: Mailbox, cloud: Cloud, oauth_flow: OAuthFlow, unproven: Browser, by: str
) -> None:
    bearer = sign_in(unproven, ANN, ATTACKERS).json["token"]

    entries(call, mailbox, oauth_flow)[by]()

    assert works(call, bearer) is (by != "reset")
    assert "access-removed" not in purposes(cloud)
    assert sign_in(call, ANN, OWNERS if by == "reset" else ATTACKERS).status == 200


def test_rule_5_a_reset_link_of_before_the_address_was_verified_purges_as_well(
    call: Api, mailbox: Mailbox, cloud: Cloud, squatter: str
) -> None:
    """Whether an account is proven is not what it was when the link was asked for."""
    assert reset_password(call, request_reset(call, mailbox, ANN), OWNERS).status == 200

    assert not works(call, squatter)
    assert sign_in(call, ANN, ATTACKERS).status == 401
    assert profile(cloud)["email_verified"] is True
    assert "access-removed" in purposes(cloud)


def test_rule_5_two_who_come_by_a_provider_at_once_end_up_in_one_account(
    call: Api, oauth_flow: OAuthFlow, cloud: Cloud, unproven: Browser
) -> None:
    assert unproven
    bearer = sign_in(call, ANN, ATTACKERS).json["token"]

    responses = run_concurrently(oauth_flow.complete, [oauth_flow.begin() for _ in range(2)])

    assert all(works(call, token_of(response)) for response in responses)
    assert not works(call, bearer)
    assert "password_hash" not in profile(cloud)


@pytest.mark.parametrize("proven", [False, True])
def test_rule_5_who_comes_by_a_provider_while_another_tab_joins_it_comes_in_as_well(  # noqa: PLR0917 -- as many
    call: Api,
    oauth_flow: OAuthFlow,
    monkeypatch: pytest.MonkeyPatch,
    unproven: Browser,
    people: People,
    proven: bool,  # noqa: FBT001 -- a case
) -> None:
    """The account was linked between the two reads of a sign-in."""
    email = people.verified("bob") if proven else ANN
    person = {"sub": "4004", "email": email, "email_verified": True}
    first, second = oauth_flow.begin(), oauth_flow.begin()
    interleave(monkeypatch, "oauth.flows", "profile_key", lambda: oauth_flow.complete(first, **person))

    response = oauth_flow.complete(second, **person)

    assert unproven
    assert works(call, token_of(response))


# -- Rule 6: sessions -----------------------------------------------------------------------------


@pytest.fixture
def eager(settings: Callable[..., None]) -> None:
    """A deployment in which verifying signs in."""
    settings(auto_sign_in_after_verification="true")


def has_session(response: Response) -> bool:
    """Whether an response opened a session."""
    assert response.status == 200, response.text
    return any("session_token=" in line for line in response.cookies)


@pytest.mark.usefixtures("eager")
def test_rule_6_a_session_is_opened_after_rule_2_and_rule_3_alone(call: Api, mailbox: Mailbox) -> None:
    browser = Browser(call)
    addresses = [f"{name}@example.com" for name in "abcd"]
    for email in addresses:
        sign_up(browser if email[0] == "a" else call, email, FIRST)
    sign_up(call, addresses[3], SECOND)
    tokens = [mailbox.to(email)[-1].token for email in addresses]

    opened = [
        has_session(verify(browser, tokens[0])),
        has_session(verify(call, tokens[1], password=CHOSEN)),
        has_session(verify(call, tokens[2])),
        has_session(verify(call, tokens[3])),
    ]

    assert opened == [True, True, False, False]


@pytest.mark.usefixtures("eager")
def test_rule_6_no_session_is_opened_for_a_user_who_is_there(call: Api, mailbox: Mailbox, squatter: str) -> None:
    assert squatter
    token = mailed_again(call, mailbox)

    assert has_session(verify(call, token, password=ATTACKERS)) is False


@pytest.mark.usefixtures("eager")
def test_rule_6_another_site_cannot_sign_its_visitor_in(call: Api, mailbox: Mailbox, cloud: Cloud) -> None:
    sign_up(call, ANN, ATTACKERS)
    body = {"token": mailbox.last.token, "password": CHOSEN}

    with tables_unchanged(cloud):
        response = call("POST /api/auth/verify-email", json=body, headers={"origin": "https://evil.example"})

    assert (response.status, response.code) == (403, "INVALID_ORIGIN")


# -- Rule 7: an account that exists unverified -------------------------------------------------------


def verified_by(call: Api, way: str, token: str, bearer: str) -> Response:
    """Redeem with the session or the password of the account."""
    if way == "session":
        return verify(partial(call, bearer=bearer), token)
    return verify(call, token, password=ATTACKERS)


@pytest.mark.parametrize("way", ["session", "password"])
@pytest.mark.parametrize("proof", ["link", "password"])
def test_rule_7_the_accounts_session_or_password_proves_both(  # noqa: PLR0917 -- five fixtures and two columns
    call: Api, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None], squatter: str, way: str, proof: str
) -> None:
    settings(verification_proof=proof)
    token = mailed_again(call, mailbox)

    response = verified_by(call, way, token, squatter)

    assert (response.status, response.json["user"]["emailVerified"], response.cookies) == (200, True, [])
    assert "password_unproven" not in profile(cloud)
    assert works(call, squatter)
    assert sign_in(call, ANN, ATTACKERS).status == 200


def test_rule_7_otherwise_sessions_end_at_once_and_the_password_is_unproven(
    call: Api, mailbox: Mailbox, cloud: Cloud, squatter: str, people: People
) -> None:
    """Somebody else's session in that browser is no proof; nor is a JWT."""
    login = call("POST /api/auth/login", json={"email": ANN, "password": ATTACKERS}).json
    eve = people.signed_in("eve")
    token = mailed_again(call, mailbox)

    response = verify(partial(call, cookies=[eve.cookie], headers=TRUSTED_ORIGIN), token)

    assert (response.status, cookie_names(response)) == (200, [VERIFIED_COOKIE])
    row = next(row for row in rows(cloud, "UsersTable") if row.get("email") == ANN)
    assert (row["email_verified"], row["password_unproven"]) == (True, True)
    assert not works(call, squatter)
    assert not works(call, login["access_token"])
    assert works(call, eve.token)


def test_rule_7_a_jwt_is_no_session(call: Api, mailbox: Mailbox, cloud: Cloud, squatter: str) -> None:
    assert squatter
    login = call("POST /api/auth/login", json={"email": ANN, "password": ATTACKERS}).json
    token = mailed_again(call, mailbox)

    verify(partial(call, bearer=login["access_token"]), token)

    assert profile(cloud)["password_unproven"] is True


def test_rule_7_a_wrong_password_is_refused_and_purges_nothing(
    call: Api, mailbox: Mailbox, cloud: Cloud, squatter: str
) -> None:
    token = mailed_again(call, mailbox)

    with tables_unchanged(cloud):
        response = verify(call, token, password="a wrong one")

    assert (response.status, response.code) == (400, "INVALID_PASSWORD")
    assert works(call, squatter)
    assert verify(call, token, password=ATTACKERS).status == 200


def test_rule_7_wrong_passwords_are_counted_for_the_account(
    call: Api, mailbox: Mailbox, settings: Callable[..., None], squatter: str
) -> None:
    """Not with those of strangers, who could keep the owner from verifying."""
    settings(rate_limits="on", rate_limit_failed_sign_ins="3/900", rate_limit_sign_in="100/10")
    assert squatter
    token = mailed_again(call, mailbox)
    assert [sign_in(call, ANN, "a wrong one").status for _ in range(4)] == [401, 401, 401, 429]

    codes = [verify(call, token, password="a wrong one").code for _ in range(4)]

    assert codes == ["INVALID_PASSWORD"] * 3 + ["TOO_MANY_REQUESTS"]
    assert verify(call, token, password=ATTACKERS).code == "TOO_MANY_REQUESTS"


def test_rule_7_a_right_password_empties_the_counter(
    call: Api, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None], squatter: str
) -> None:
    settings(rate_limits="on")
    assert squatter
    token = mailed_again(call, mailbox)
    verify(call, token, password="a wrong one")
    assert [row["calls"] for row in rows(cloud, "LimitsTable") if "wrong-passwords" in row["key"]] == ["1"]

    assert verify(call, token, password=ATTACKERS).status == 200

    assert [row for row in rows(cloud, "LimitsTable") if "wrong-passwords" in row["key"]] == []


@pytest.mark.parametrize("strict", ["setting", "page"])
def test_rule_7_where_proof_is_asked_for_the_link_alone_is_refused(  # noqa: PLR0917 -- five fixtures and a column
    call: Api, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None], squatter: str, strict: str
) -> None:
    token = mailed_again(call, mailbox)
    settings(verification_proof="password" if strict == "setting" else "link")

    with tables_unchanged(cloud):
        response = verify(call, token, **({} if strict == "setting" else {"proof": "required"}))

    assert (response.status, response.code, response.json["details"]) == (
        400,
        "PASSWORD_REQUIRED",
        {"password": "current"},
    )
    assert works(call, squatter)


def test_rule_7_a_link_to_an_address_that_is_verified_already_changes_nothing(
    call: Api, mailbox: Mailbox, cloud: Cloud, squatter: str
) -> None:
    first = mailed_again(call, mailbox)
    table = layer("accounts.table")
    table.ProfileRow(profile(cloud)["pk"], "PROFILE").update([table.ProfileRow.email_verified.set(True)])
    before = profile(cloud)

    assert verify(call, first).status == 200

    assert profile(cloud) == before
    assert works(call, squatter)


# -- Rule 8: verified, proven accounts; a change of address ---------------------------------------------


def test_rule_8_a_reset_of_a_proven_account_unlinks_nothing(
    call: Api, mailbox: Mailbox, cloud: Cloud, people: People, oauth_flow: OAuthFlow
) -> None:
    people.verified("ann")
    oauth_flow.sign_in()

    assert reset_password(call, request_reset(call, mailbox, ANN), CHOSEN).status == 200

    assert token_of(oauth_flow.sign_in())
    assert sign_in(call, ANN, CHOSEN).status == 200
    assert len(profile(cloud)["links"]) == 1
    assert "access-removed" not in purposes(cloud)


@pytest.fixture
def ann(people: People) -> Person:
    """Ann, signed in."""
    return people.signed_in()


@pytest.fixture
def change(call: Api, mailbox: Mailbox, settings: Callable[..., None], ann: Person) -> str:
    """What was mailed to the new address when Ann asked to move there."""
    settings(confirm_email_change="false")
    call(CHANGE, bearer=ann.token, json={"newEmail": NEW})
    return mailbox.to(NEW)[-1].token


@pytest.mark.parametrize("proof", ["link", "password"])
def test_rule_8_whoever_has_the_new_mailbox_alone_does_not_move_an_account(  # noqa: PLR0917 -- six fixtures, a column
    call: Api, people: People, cloud: Cloud, settings: Callable[..., None], ann: Person, change: str, proof: str
) -> None:
    """A stranger asked to move their account onto somebody's address, who clicks."""
    settings(verification_proof=proof)
    eve = people.signed_in("eve")
    with tables_unchanged(cloud):
        responses = [
            verify(call, change),
            verify(partial(call, bearer=eve.token), change),
            call(FOLLOW, query={"token": change}),
        ]
        led = call(FOLLOW, query={"token": change, "callbackURL": "/tasks"})

    assert [(response.status, response.code) for response in responses] == [(400, "PASSWORD_REQUIRED")] * 3
    assert {response.json["details"]["password"] for response in responses} == {"current"}
    assert led.headers["location"] == "/tasks?error=PASSWORD_REQUIRED"
    assert verify(partial(call, bearer=ann.token), change).status == 200


@pytest.mark.parametrize("by", ["session", "cookie", "password"])
def test_rule_8_the_accounts_session_or_password_moves_it_and_ends_nothing(  # noqa: PLR0917 -- five fixtures, a column
    call: Api, people: People, cloud: Cloud, ann: Person, change: str, by: str
) -> None:
    phone = people.sign_in(ann.email)
    with_session: dict[str, dict[str, Any]] = {
        "session": {"bearer": ann.token},
        "cookie": {"cookies": [ann.cookie], "headers": TRUSTED_ORIGIN},
    }

    response = verify(
        partial(call, **with_session.get(by, {})),
        change,
        **({"password": "correct horse battery"} if by == "password" else {}),
    )

    assert (response.status, response.json["user"]["email"]) == (200, NEW)
    assert [works(call, person.token) for person in (ann, phone)] == [True, True]
    assert "access-removed" not in purposes(cloud)


def test_rule_8_a_wrong_password_moves_nothing_and_is_counted(
    call: Api, cloud: Cloud, settings: Callable[..., None], change: str
) -> None:
    settings(rate_limits="on", rate_limit_failed_sign_ins="2/900")

    codes = [verify(call, change, password="a wrong one").code for _ in range(3)]

    assert codes == ["INVALID_PASSWORD", "INVALID_PASSWORD", "TOO_MANY_REQUESTS"]
    assert profile(cloud)["email"] == ANN
    settings(rate_limits="off")
    assert verify(call, change, password="correct horse battery").status == 200


def test_rule_8_an_account_without_a_password_is_moved_by_its_session(
    call: Api, mailbox: Mailbox, oauth_flow: OAuthFlow, settings: Callable[..., None]
) -> None:
    settings(confirm_email_change="false")
    bearer = token_of(oauth_flow.sign_in())
    call(CHANGE, bearer=bearer, json={"newEmail": NEW})
    change = mailbox.to(NEW)[-1].token

    assert verify(call, change, password="whatever it is").code == "INVALID_PASSWORD"
    assert verify(partial(call, bearer=bearer), change).status == 200


def test_rule_8_moving_an_unproven_account_proves_it(
    call: Api, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None], unproven: Browser
) -> None:
    """Whoever has its password has the new mailbox: there is nobody else."""
    settings(confirm_email_change="false")
    assert unproven
    bearer = sign_in(call, ANN, ATTACKERS).json["token"]
    call(CHANGE, bearer=bearer, json={"newEmail": NEW})

    verify(partial(call, bearer=bearer), mailbox.to(NEW)[-1].token)

    assert profile(cloud)["email"] == NEW
    assert "password_unproven" not in profile(cloud)


def test_rule_8_who_never_proved_an_address_holds_it_no_longer_than_they_have_it(
    call: Api, mailbox: Mailbox, squatter: str
) -> None:
    """Or a stranger could keep the owner from it for days after they left, from a provider and a reset, too."""
    call(CHANGE, bearer=squatter, json={"newEmail": NEW})
    assert verify(partial(call, bearer=squatter), mailbox.to(NEW)[-1].token).status == 200
    mailbox.deliver()

    assert sign_up(call, ANN, OWNERS).status == 200
    assert mailbox.to(ANN) == []


def test_rule_8_an_unproven_account_that_was_moved_away_comes_back_to_the_owner_alone(
    call: Api, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None], unproven: Browser
) -> None:
    settings(confirm_email_change="false")
    assert unproven
    bearer = sign_in(call, ANN, ATTACKERS).json["token"]
    call(CHANGE, bearer=bearer, json={"newEmail": NEW})
    verify(partial(call, bearer=bearer), mailbox.to(NEW)[-1].token)

    assert verify(call, mailbox.to(ANN)[-1].token).json["user"]["email"] == ANN

    assert not works(call, bearer)
    assert sign_in(call, ANN, ATTACKERS).status == 401
    assert reset_password(call, mailbox.to(ANN)[-1].token, OWNERS).status == 200
    assert "password_unproven" not in profile(cloud)


# -- Every way in --------------------------------------------------------------------------------------


def test_an_account_that_nobody_verified_is_not_joined_by_a_provider(
    oauth_flow: OAuthFlow, cloud: Cloud, squatter: str
) -> None:
    """The owner proves the mailbox first, by the mail or a reset."""
    assert squatter
    with tables_unchanged(cloud):
        assert error_of(oauth_flow.sign_in()) == "account_not_linked"
