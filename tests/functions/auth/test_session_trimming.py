"""Sessions beyond the maximum end in the background, by an order that some sign-ins write; the newest always stay."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.functions import FunctionFailed
from tests.support.auth_calls import is_signed_in
from tests.support.aws_failures import UNREACHABLE, failing_calls
from tests.support.calls import Api
from tests.support.erasures import Erasures
from tests.support.layer import layer
from tests.support.oauth_flow import OAuthFlow
from tests.support.people import PASSWORD, People
from tests.support.tables import rows

DELETE = "POST /api/auth/delete-user"


@pytest.fixture
def every_session_orders(monkeypatch: pytest.MonkeyPatch, call: Api) -> None:
    """Write an order with each session, not with one in twenty."""
    assert call
    monkeypatch.setattr(layer("accounts.trim_orders"), "ONE_IN", 1)


@pytest.mark.usefixtures("every_session_orders")
def test_the_sessions_renewed_the_longest_ago_end(
    call: Api,
    people: People,
    erasures: Erasures,
    settings: Callable[..., None],
    advance_clock: Callable[..., None],
) -> None:
    settings(maximum_sessions="3")
    email = people.verified()
    sessions = []
    for _ in range(5):
        sessions.append(people.sign_in(email))
        advance_clock(hours=1)
    advance_clock(days=1)
    assert call("GET /api/auth/get-session", bearer=sessions[0].token).status == 200  # renews it

    erasures.deliver()

    alive = [is_signed_in(call, session) for session in sessions]
    assert alive == [True, False, False, True, True]


@pytest.mark.usefixtures("every_session_orders")
def test_nothing_ends_within_the_maximum(
    call: Api, people: People, erasures: Erasures, settings: Callable[..., None]
) -> None:
    settings(maximum_sessions="3")
    email = people.verified()
    sessions = [people.sign_in(email) for _ in range(3)]
    erasures.deliver()

    assert all(is_signed_in(call, session) for session in sessions)


@pytest.mark.usefixtures("every_session_orders")
def test_sessions_that_ended_do_not_count(
    call: Api, people: People, erasures: Erasures, settings: Callable[..., None]
) -> None:
    settings(maximum_sessions="2")
    email = people.verified()
    ended = [people.sign_in(email) for _ in range(4)]
    call("POST /api/auth/revoke-sessions", bearer=ended[0].token)
    sessions = [people.sign_in(email) for _ in range(2)]
    erasures.deliver()

    assert all(is_signed_in(call, session) for session in sessions)


@pytest.mark.usefixtures("every_session_orders")
def test_other_users_keep_their_sessions(
    call: Api, people: People, erasures: Erasures, settings: Callable[..., None]
) -> None:
    settings(maximum_sessions="1")
    ben = people.signed_in("ben")
    email = people.verified()
    for _ in range(3):
        people.sign_in(email)
    order = next(row for row in erasures.orders() if row["subject"] != {"S": ben.id})
    erasures.deliver(order)

    assert is_signed_in(call, ben)


@pytest.mark.usefixtures("every_session_orders")
def test_the_order_of_a_deleted_user_is_harmless(call: Api, cloud: Cloud, people: People, erasures: Erasures) -> None:
    ann = people.signed_in()
    (order,) = erasures.orders()
    assert call(DELETE, bearer=ann.token, json={"password": PASSWORD}).status == 200
    erasures.deliver(order)
    erasures.deliver(*(row for row in erasures.orders() if row["purpose"] == {"S": "erasure"}))
    erasures.deliver(order)

    assert not [row for row in rows(cloud, "TokensTable") if row["subject"] == ann.id]


@pytest.mark.usefixtures("every_session_orders")
def test_a_failed_trim_is_delivered_again(people: People, erasures: Erasures) -> None:
    people.signed_in()
    with failing_calls(UNREACHABLE, "Query"), pytest.raises(FunctionFailed):
        erasures.deliver()


def test_one_session_in_twenty_writes_an_order(call: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call
    orders, drawn = layer("accounts.trim_orders"), iter(range(100))
    monkeypatch.setattr(orders, "ONE_IN", 20)
    monkeypatch.setattr(orders.secrets, "randbelow", lambda most: next(drawn) % most)

    assert sum(bool(orders.trim_orders("a")) for _ in range(100)) == 5


def test_an_order_is_no_round_trip_of_its_own(call: Api, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    email = people.verified()
    people.sign_in(email)
    without = call.aws_operations
    monkeypatch.setattr(layer("accounts.trim_orders"), "ONE_IN", 1)
    people.sign_in(email)

    assert [name.replace("TransactWriteItems", "PutItem") for name in call.aws_operations] == without


@pytest.mark.usefixtures("every_session_orders")
def test_sign_ins_by_a_provider_write_orders_too(erasures: Erasures, oauth_flow: OAuthFlow) -> None:
    oauth_flow.sign_in()

    assert len(erasures.orders()) == 1
