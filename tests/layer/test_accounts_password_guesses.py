"""Wrong passwords of signed-in callers are counted for each user; the session that fills the counter is ended."""

import ast
import json
import re
from collections.abc import Callable
from datetime import timedelta
from itertools import count, cycle
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.layer.test_throttle import limits_table_failing
from tests.support import settings_usage
from tests.support.auth_calls import CLEARED_COOKIES, TRUSTED_ORIGIN, is_signed_in
from tests.support.aws_failures import UNREACHABLE
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.layer import layer
from tests.support.layout import ROOT, handler_modules
from tests.support.people import PASSWORD, People, Person
from tests.support.settings_usage import MODULES, reachable
from tests.support.tables import rows

WRONG = "not the owner's"
BODIES: dict[str, Callable[[str], dict[str, Any]]] = {  # of each route that checks the password of a signed-in caller
    "POST /api/auth/verify-password": lambda password: {"password": password},
    "POST /api/auth/change-password": lambda password: {"currentPassword": password, "newPassword": "a better one"},
    "POST /api/auth/delete-user": lambda password: {"password": password},
    **{
        f"POST /api/auth/two-factor/{name}": lambda password: {"password": password}
        for name in ("enable", "disable", "get-totp-uri", "generate-backup-codes")
    },
}
VERIFY = "POST /api/auth/verify-password"
BY_ADDRESS = {"SignIn"}  # these check the password of an address, counted for the address
WITH_A_TOKEN = {"VerifyEmail"}  # counted for the user whom it was mailed to: test_accounts_mailbox_proof.py, rule 7
CHECK = ("gatehouse.accounts.passwords", "is_correct")
SETTING = {  # these set a password, and check none
    *("POST /api/auth/sign-up/email", "POST /api/auth/signup", "POST /api/auth/register"),
    "POST /api/auth/reset-password",
}
CALLERS = {
    ("gatehouse.accounts.flows", "sign_in"),
    ("gatehouse.accounts.changes", "check_password"),
    ("gatehouse.accounts.redemption", "_is_password"),
    ("gatehouse.accounts.imported_hashes", "spend_equal_work"),  # against no hash, after sign-in has counted
}
addresses = count()
each_route = pytest.mark.parametrize("route", BODIES)


@pytest.fixture
def ann(people: People, settings: Callable[..., None]) -> Person:
    """A signed-in user, with limits on."""
    ann = people.signed_in()
    settings(rate_limits="on")
    return ann


def guess(call: Api, token: str, password: str = WRONG, route: str = VERIFY, **request: Any) -> Response:
    """Send a password from a new IP address."""
    number = next(addresses)
    return call(
        route,
        **{"bearer": token, "json": BODIES[route](password), "ip": f"10.{number // 250}.0.{number % 250}"} | request,
    )


def outcome(response: Response) -> tuple[int, str | None]:
    """Return status and code."""
    return response.status, response.code


# -- No check is forgotten ---------------------------------------------------------------


def test_every_function_that_checks_a_password_is_tested_here(template: Template) -> None:
    """A new one needs a row in BODIES, or counts for an address, as sign-in does."""
    functions = {one.folder: name for name, one in template.functions.items()}
    checking = {functions[one.path.parent] for one in handler_modules() if CHECK in reachable(one)}

    assert checking == {route.function for route in template.routes if route.key in BODIES} | BY_ADDRESS | WITH_A_TOKEN


def test_only_functions_that_count_check_a_password() -> None:
    """All functions that check it for a signed-in user do so in one place."""
    callers = {
        (module, name)
        for module in MODULES
        for name in settings_usage._top_level(module)
        if name and CHECK in settings_usage._uses((module, name))[1]
    }

    assert callers == CALLERS


def test_every_route_that_accepts_a_password_is_known_here(template: Template) -> None:
    """A new one checks it, or sets it."""
    document = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
    accepting = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method != "parameters" and _accepts_password(operation, document)
    }

    others = {route.key for route in template.routes if route.function in BY_ADDRESS | WITH_A_TOKEN}
    assert accepting == BODIES.keys() | SETTING | {key for key in others if key.startswith("POST ")}


def _accepts_password(operation: dict[str, Any], document: dict[str, Any]) -> bool:
    text = json.dumps(operation.get("requestBody", {}))
    for name in re.findall(r'"#/components/schemas/(\w+)"', text):
        text += json.dumps(document["components"]["schemas"][name])
    return bool(re.search(r'"\w*password\w*": \{', text, re.IGNORECASE))


def test_one_module_compares_hashes() -> None:
    """What checks a password does so by `passwords.is_correct`."""
    comparing = {
        module.name
        for module in MODULES.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith(("argon2.", "_hasher.verify"))
    }

    assert comparing == {"gatehouse.accounts.passwords"}


@each_route
def test_the_session_that_fills_the_counter_is_ended_on_every_route(
    call: Api, ann: Person, people: People, route: str
) -> None:
    other = people.sign_in(ann.email)

    assert [outcome(guess(call, ann.token, route=route)) for _ in range(9)] == [(400, "INVALID_PASSWORD")] * 9
    response = guess(call, ann.token, route=route)

    assert outcome(response) == (401, "TOO_MANY_WRONG_PASSWORDS")
    assert response.cookies == CLEARED_COOKIES
    assert response.headers["www-authenticate"].startswith("Bearer ")
    assert not is_signed_in(call, ann)
    assert is_signed_in(call, other)
    assert outcome(guess(call, ann.token, PASSWORD, route)) == (401, "UNAUTHORIZED")


def test_all_routes_share_the_counter_of_a_user(call: Api, ann: Person) -> None:
    """`verify-password` took any number of guesses."""
    routes = cycle(BODIES)

    assert [guess(call, ann.token, route=next(routes)).status for _ in range(10)] == [400] * 9 + [401]


def test_a_cookie_is_cleared_with_its_session(call: Api, ann: Person) -> None:
    browser: dict[str, Any] = {"bearer": None, "cookies": [ann.cookie], "headers": TRUSTED_ORIGIN}

    responses = [guess(call, "", **browser) for _ in range(10)]

    assert [response.cookies for response in responses] == [[]] * 9 + [CLEARED_COOKIES]


# -- Who is affected ---------------------------------------------------------------------


def test_another_session_waits_and_goes_on(
    call: Api, ann: Person, people: People, advance_clock: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before the password is checked, and not ended: a thief with a stolen session signs nobody out."""
    for _ in range(9):
        guess(call, ann.token)
    other = people.sign_in(ann.email)
    guess(call, ann.token)

    with monkeypatch.context() as full:
        full.setattr(layer("accounts.passwords"), "is_correct", lambda *_: pytest.fail("hashed"))
        refused = guess(call, other.token, PASSWORD)
    assert outcome(refused) == (429, "TOO_MANY_REQUESTS")
    assert 880 <= int(refused.headers["retry-after"]) <= 900
    assert is_signed_in(call, other)
    advance_clock(minutes=15, seconds=1)
    assert guess(call, other.token, PASSWORD).status == 200


def test_strangers_cannot_fill_it(call: Api, ann: Person, cloud: Cloud) -> None:
    """They fill the one of sign-in, and signed-in users fill no other."""
    for number in range(12):
        call("POST /api/auth/sign-in/email", json={"email": ann.email, "password": WRONG}, ip=f"10.99.0.{number}")
    before = rows(cloud, "LimitsTable")
    for token in ("", ann.token[:-1] + "B", f"{ann.token}x"):
        assert guess(call, token).status == 401
    assert rows(cloud, "LimitsTable") == before

    assert guess(call, ann.token, PASSWORD).status == 200


def test_guesses_of_a_user_do_not_count_for_others_nor_for_sign_in(call: Api, ann: Person, people: People) -> None:
    bob = people.signed_in("bob")
    for _ in range(10):
        guess(call, ann.token)

    assert guess(call, bob.token).status == 400
    assert people.sign_in(ann.email).token


def test_the_right_password_does_not_count(call: Api, ann: Person, cloud: Cloud) -> None:
    for _ in range(9):
        guess(call, ann.token)

    assert {guess(call, ann.token, PASSWORD).status for _ in range(12)} == {200}
    assert [row["calls"] for row in rows(cloud, "LimitsTable") if row["key"].startswith("wrong-passwords")] == ["9"]
    assert guess(call, ann.token).status == 401


def test_wrong_passwords_expire_after_fifteen_minutes(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    for _ in range(9):
        guess(call, ann.token)
    advance_clock(minutes=15, seconds=1)

    assert [guess(call, ann.token).status for _ in range(10)] == [400] * 9 + [401]


def test_what_is_refused_before_the_check_does_not_count(call: Api, ann: Person, cloud: Cloud) -> None:
    for password in ("x" * 129, PASSWORD + "x" * 128):
        assert outcome(guess(call, ann.token, password)) == (400, "PASSWORD_TOO_LONG")

    assert rows(cloud, "LimitsTable") == []


def test_of_forty_concurrent_guesses_ten_are_hashed(call: Api, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, hashed = layer("accounts.passwords"), []
    monkeypatch.setattr(passwords, "is_correct", lambda password, _: hashed.append(password))

    statuses = run_concurrently(lambda _: guess(call, ann.token).status, range(40))

    assert len(hashed) <= 10
    assert statuses.count(400) <= 9
    assert set(statuses) <= {400, 401, 429}
    assert not is_signed_in(call, ann)


@each_route
def test_no_password_is_checked_uncounted(call: Api, ann: Person, route: str) -> None:
    """S-18: while the counters cannot be written, the session goes on, but no password is accepted."""
    with limits_table_failing(UNREACHABLE):
        for password in (WRONG, PASSWORD):
            assert outcome(guess(call, ann.token, password, route)) == (503, "SERVICE_UNAVAILABLE")

    assert is_signed_in(call, ann)


def test_the_number_is_a_setting_and_can_be_off(call: Api, ann: Person, settings: Callable[..., None]) -> None:
    settings(rate_limits="off")
    assert {guess(call, ann.token).status for _ in range(12)} == {400}
    settings(rate_limits="on", rate_limit_failed_sign_ins="2/60")

    assert [guess(call, ann.token).status for _ in range(3)] == [400, 401, 401]


def test_the_counter_is_deleted_with_the_user(
    call: Api, ann: Person, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer("erasure.flows"), "_LONGEST_REQUEST", timedelta(0))
    guess(call, ann.token)
    assert guess(call, ann.token, PASSWORD, "POST /api/auth/delete-user").status == 200
    assert any(ann.id in row["key"] for row in rows(cloud, "LimitsTable"))

    layer("erasure").erase(ann.id, lambda: 60_000)

    assert not any(ann.id in row["key"] for row in rows(cloud, "LimitsTable"))
