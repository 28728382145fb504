"""The mailed token: bound to its purpose, its address and its row, and not stored anywhere."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import text

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_up, verify
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import People
from tests.support.tables import rows


def made(purpose: str = "verify-email", subject: str = "EMAIL#ann@example.com", mac: bytes = b"m" * 32) -> Any:
    """A token of our making."""
    model = layer("tokens.model")
    return model.MailedToken(purpose=model.Purpose(purpose), subject=subject, mac=mac)


def encoded(text: str) -> str:
    """The head of a token that names any row."""
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def test_a_token_is_read_back_as_it_was_made() -> None:
    assert layer("tokens.model").MailedToken.parse(str(made())) == made()
    assert re.fullmatch(r"[\w-]{43,600}", str(made()), re.ASCII)


@given(text(max_size=700))
def test_anything_else_is_refused(garbage: str) -> None:
    with pytest.raises(layer("errors").InvalidToken):
        layer("tokens.model").MailedToken.parse(garbage)


def test_a_token_has_one_spelling() -> None:
    """Base64 has several for the same bytes; only the one that was mailed is a token."""
    token = str(made())
    spellings = [token + "=", token[:-1] + chr(ord(token[-1]) + 1), token + "\n", " " + token, token.replace("_", "/")]

    for spelling in spellings:
        if spelling != token:
            with pytest.raises(layer("errors").InvalidToken):
                layer("tokens.model").MailedToken.parse(spelling)


@pytest.mark.parametrize("purpose", ["account-exists", "password-changed", "nothing"])
def test_what_only_informs_redeems_nothing(call: Api, purpose: str) -> None:
    assert verify(call, str(made(purpose))).code == "INVALID_TOKEN"
    assert call.aws_operations == []


@pytest.mark.parametrize("subject", ["", "EMAIL#nobody@example.com", "x" * 300, "\0", "USER#1"])
def test_a_token_that_names_any_row_at_all_is_unknown(call: Api, subject: str) -> None:
    """Its coordinates are the caller's to write; a key that DynamoDB would not take is no fault of ours."""
    answer = verify(call, encoded(f"verify-email {subject}") + encoded("m" * 32))

    assert (answer.status, answer.code) == (400, "INVALID_TOKEN")


def test_the_nonce_is_256_random_bits(call: Api) -> None:
    """S-35."""
    assert call
    tokens = layer("tokens")
    lifetime = layer("config").config().reset_lifetime
    issued = [tokens.issue_token("nothing", "x", email="x", base_url="x", lifetime=lifetime) for _ in range(100)]

    assert len({row.nonce for row in issued}) == 100
    assert {len(row.nonce) for row in issued} == {32}
    assert len({tokens.derive_token(row) for row in issued}) == 100


def test_ghsa_hc7v_rggr_4hvx_a_link_that_signs_in_does_so_once(
    call: Api, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None]
) -> None:
    """S-46: of twenty at once one gets a session, and nobody does afterwards."""
    settings(auto_sign_in_after_verification="true")
    sign_up(call, "ann@example.com")
    token = mailbox.last.token

    answers = run_concurrently(lambda _: verify(call, token), range(20))
    answers += [verify(call, token), call("GET /api/auth/verify-email", query={"token": token})]

    assert {answer.status for answer in answers} == {200}
    assert sorted(len(answer.cookies) for answer in answers) == [0] * 21 + [1]
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
        answers = run_concurrently(lambda number: reset_password(call, token, f"a better password {number}"), range(10))
        answers.append(reset_password(call, token, "one more password"))
    else:
        call("POST /api/auth/delete-user", bearer=ann.token, json={})
        sent = {"token": mailbox.last.token}
        answers = run_concurrently(lambda _: call("POST /api/auth/delete-user", bearer=ann.token, json=sent), range(10))

    assert [answer.status for answer in answers].count(200) == 1
    assert {answer.status for answer in answers} <= {200, 400, 401, 404}


@pytest.mark.parametrize("between", ["used", "replaced"])
def test_a_token_is_spent_by_one_write_and_only_while_it_is_the_newest(call: Api, between: str) -> None:
    """S-46: single use is a condition on the write, not a look before it."""
    assert call
    tokens, dynamodb = layer("tokens"), layer("dynamodb")
    lifetime = layer("config").config().reset_lifetime

    def issued() -> Any:
        row = tokens.issue_token(tokens.Purpose.RESET_PASSWORD, "x", email="x@ex.com", base_url="x", lifetime=lifetime)
        row.save()
        return row

    row = issued()
    if between == "used":
        dynamodb.transact(tokens.mark_used(row))
    else:
        issued()

    with pytest.raises(dynamodb.ConditionFailed):
        dynamodb.transact(tokens.mark_used(row))
