"""The mailed token: bound to its purpose, its address and its row, and not stored."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import text

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import TRUSTED_ORIGIN, request_reset, reset_password, sign_up, verify
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import People
from tests.support.tables import rows


def token_for(purpose: str = "verify-email", subject: str = "EMAIL#ann@example.com", mac: bytes = b"m" * 32) -> Any:
    """Create a token."""
    model = layer("tokens.model")
    return model.MailedToken(purpose=model.Purpose(purpose), subject=subject, mac=mac)


def encode(text: str) -> str:
    """Encode a part of a token."""
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def test_a_token_is_parsed_as_it_was_created() -> None:
    assert layer("tokens.model").MailedToken.parse(str(token_for())) == token_for()
    assert re.fullmatch(r"[\w-]{43,600}", str(token_for()), re.ASCII)


@given(text(max_size=700))
def test_any_other_text_is_refused(other: str) -> None:
    with pytest.raises(layer("errors").InvalidToken):
        layer("tokens.model").MailedToken.parse(other)


def test_only_the_canonical_base64_is_accepted() -> None:
    """Base64 has several spellings of the same bytes."""
    token = str(token_for())
    spellings = [token + "=", token[:-1] + chr(ord(token[-1]) + 1), token + "\n", " " + token, token.replace("_", "/")]

    for spelling in spellings:
        if spelling != token:
            with pytest.raises(layer("errors").InvalidToken):
                layer("tokens.model").MailedToken.parse(spelling)


@pytest.mark.parametrize("purpose", ["account-exists", "password-changed", "nothing"])
def test_a_token_of_an_informational_mail_redeems_nothing(call: Api, purpose: str) -> None:
    assert verify(call, str(token_for(purpose))).code == "INVALID_TOKEN"
    assert call.aws_operations == []


@pytest.mark.parametrize("subject", ["", "EMAIL#nobody@example.com", "x" * 300, "\0", "USER#1"])
def test_a_token_for_any_other_row_is_unknown(call: Api, subject: str) -> None:
    """The caller can write any subject; a key that DynamoDB refuses must not cause a 500."""
    response = verify(call, encode(f"verify-email {subject}") + encode("m" * 32))

    assert (response.status, response.code) == (400, "INVALID_TOKEN")


def test_the_nonce_has_256_random_bits(call: Api) -> None:
    """S-35."""
    assert call
    tokens = layer("tokens")
    lifetime = layer("config").config().reset_lifetime
    issue = [tokens.issue_token("nothing", "x", email="x", base_url="x", lifetime=lifetime) for _ in range(100)]

    assert len({row.nonce for row in issue}) == 100
    assert {len(row.nonce) for row in issue} == {32}
    assert len({tokens.derive_token(row) for row in issue}) == 100


def test_ghsa_hc7v_rggr_4hvx_a_link_that_signs_in_does_so_once(
    call: Api, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None]
) -> None:
    """S-46: one of twenty concurrent redemptions gets a session, and no later one."""
    settings(auto_sign_in_after_verification="true")
    cookie = sign_up(call, "ann@example.com").cookies[0].partition(";")[0]
    token, same_browser = mailbox.last.token, partial(call, cookies=[cookie], headers=TRUSTED_ORIGIN)

    responses = run_concurrently(lambda _: verify(same_browser, token), range(20))
    responses += [verify(same_browser, token), same_browser("GET /api/auth/verify-email", query={"token": token})]

    signed_in = [any("session_token=" in line for line in response.cookies) for response in responses]
    assert {response.status for response in responses} == {200}
    assert sorted(signed_in) == [False] * 21 + [True]
    assert len([row for row in rows(cloud, "SessionsTable") if row["session_id"] != "EPOCH"]) == 1


@pytest.mark.parametrize("purpose", ["reset", "delete"])
def test_ghsa_hc7v_rggr_4hvx_a_link_that_changes_something_does_so_once(
    call: Api, people: People, mailbox: Mailbox, settings: Callable[..., None], purpose: str
) -> None:
    """S-46."""
    settings(delete_user_by_mail="true")
    ann = people.signed_in()
    if purpose == "reset":
        token = request_reset(call, mailbox, ann.email)
        responses = run_concurrently(
            lambda number: reset_password(call, token, f"a better password {number}"), range(10)
        )
        responses.append(reset_password(call, token, "one more password"))
    else:
        call("POST /api/auth/delete-user", bearer=ann.token, json={})
        sent = {"token": mailbox.last.token}
        responses = run_concurrently(
            lambda _: call("POST /api/auth/delete-user", bearer=ann.token, json=sent), range(10)
        )

    assert [response.status for response in responses].count(200) == 1
    assert {response.status for response in responses} <= {200, 400, 401, 404}


@pytest.mark.parametrize("between", ["used", "replaced"])
def test_a_token_is_consumed_by_one_write_and_only_while_it_is_the_newest(call: Api, between: str) -> None:
    """S-46: single use is a condition on the write."""
    assert call
    tokens, dynamodb = layer("tokens"), layer("dynamodb")
    lifetime = layer("config").config().reset_lifetime

    def issue() -> Any:
        row = tokens.issue_token(tokens.Purpose.RESET_PASSWORD, "x", email="x@ex.com", base_url="x", lifetime=lifetime)
        row.save()
        return row

    row = issue()
    if between == "used":
        dynamodb.transact(tokens.mark_used(row))
    else:
        issue()

    with pytest.raises(dynamodb.ConditionFailed):
        dynamodb.transact(tokens.mark_used(row))
