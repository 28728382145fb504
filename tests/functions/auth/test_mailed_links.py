"""Mailed links: each has one purpose and a lifetime, and only the newest is valid."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import is_signed_in, reset_password, sign_in, sign_up, verify
from tests.support.calls import Api, Response
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, Person
from tests.support.tables import rows, tables_unchanged

DELETE, CALLBACK = "POST /api/auth/delete-user", "GET /api/auth/delete-user/callback"
FORGOT = "POST /api/auth/request-password-reset"
NEW, PENDING, BETTER = "new@example.com", "waiting@example.com", "a better password"
INVALID = ["x", "x" * 43, "ü" * 60, "=" * 60, "\0" * 60, "a" * 100_000]

type Redeem = Callable[[Api, Person, str], Response]

REDEEM: dict[str, Redeem] = {
    "verify": lambda call, ann, token: verify(partial(call, bearer=ann.token), token),
    "reset": lambda call, _, token: reset_password(call, token, BETTER),
    "delete": lambda call, ann, token: call(DELETE, bearer=ann.token, json={"token": token}),
    "callback": lambda call, ann, token: call(CALLBACK, bearer=ann.token, query={"token": token}),
}


@dataclass(frozen=True, slots=True)
class Link:
    """How to request it, what redeems it, and its lifetime in seconds."""

    request: Callable[[Api, Person], Response]
    by: tuple[str, ...]
    seconds: int = 0


def request_change(call: Api, person: Person) -> Response:
    """Request a change of address."""
    return call("POST /api/auth/change-email", bearer=person.token, json={"newEmail": NEW})


LINKS = {
    "verification": Link(lambda call, _: sign_up(call, PENDING), ("verify",)),
    "change": Link(request_change, ("verify",), 900),
    "confirmation": Link(request_change, ("verify",), 900),
    "reset": Link(lambda call, ann: call(FORGOT, json={"email": ann.email}), ("reset",), 3600),
    "delete": Link(lambda call, ann: call(DELETE, bearer=ann.token, json={}), ("delete", "callback"), 86_400),
}
every_redemption = pytest.mark.parametrize(
    ("kind", "by"), [(kind, by) for kind, link in LINKS.items() for by in link.by]
)
of_a_user = pytest.mark.parametrize("kind", [kind for kind, link in LINKS.items() if link.seconds])


@pytest.fixture
def mailed(call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None]) -> Callable[[str], str]:
    """Request a link, and return the token in the mail."""

    def request(kind: str) -> str:
        settings(delete_user_by_mail="true", confirm_email_change="true" if kind == "confirmation" else "false")
        before = len(mailbox.all)
        assert LINKS[kind].request(call, ann).status == 200
        (mail,) = mailbox.all[before:]
        return mail.token

    return request


def assert_unknown(response: Response, by: str) -> None:
    """Assert that the response is that for a token that was never issued."""
    status = 404 if by in {"delete", "callback"} else 400
    assert (response.status, response.code, response.cookies) == (status, "INVALID_TOKEN", []), response.text


@every_redemption
def test_an_invalid_token_changes_nothing(  # noqa: PLR0917 -- four fixtures and two columns
    call: Api, cloud: Cloud, ann: Person, mailed: Callable[[str], str], kind: str, by: str
) -> None:
    token = mailed(kind)
    tampered = [token[:-43] + "A" * 43, token[:-1] + "_", token[::-1], token * 9]

    with tables_unchanged(cloud):
        for invalid in [*INVALID, *tampered, *([] if by == "delete" else [""])]:
            assert_unknown(REDEEM[by](call, ann, invalid), by)
    assert REDEEM[by](call, ann, token).status == 200


@pytest.mark.parametrize("kind", LINKS)
def test_a_token_is_invalid_for_other_purposes(
    call: Api, cloud: Cloud, ann: Person, mailed: Callable[[str], str], kind: str
) -> None:
    """S-27: a token is bound to its purpose."""
    token = mailed(kind)

    with tables_unchanged(cloud):
        for by in REDEEM.keys() - LINKS[kind].by:
            assert_unknown(REDEEM[by](call, ann, token), by)
    assert REDEEM[LINKS[kind].by[0]](call, ann, token).status == 200


@pytest.mark.parametrize("expired", [False, True])
@pytest.mark.parametrize(("kind", "by"), [("change", "verify"), ("reset", "reset"), ("delete", "callback")])
def test_a_token_is_valid_for_its_lifetime(  # noqa: PLR0917 -- four fixtures and three columns
    call: Api,
    ann: Person,
    mailed: Callable[[str], str],
    advance_clock: Callable[..., None],
    kind: str,
    by: str,
    expired: bool,  # noqa: FBT001 -- a case
) -> None:
    """S-49; the protocol has one response for every expired token but those for deletion."""
    token = mailed(kind)
    advance_clock(seconds=LINKS[kind].seconds + (1 if expired else -2))
    call("POST /api/auth/verify-password", bearer=ann.token, json={"password": PASSWORD})  # deletion needs it fresh

    code = ("INVALID_TOKEN" if by == "callback" else "TOKEN_EXPIRED") if expired else None
    assert REDEEM[by](call, ann, token).code == code


@of_a_user
def test_a_newer_token_invalidates_the_older_one(
    call: Api, ann: Person, mailed: Callable[[str], str], kind: str
) -> None:
    """S-48."""
    first, second = mailed(kind), mailed(kind)

    for by in LINKS[kind].by:
        assert_unknown(REDEEM[by](call, ann, first), by)
    assert REDEEM[LINKS[kind].by[0]](call, ann, second).status == 200


@of_a_user
def test_a_change_of_password_invalidates_the_token(  # noqa: PLR0917 -- five fixtures and a column
    call: Api, cloud: Cloud, ann: Person, mailbox: Mailbox, mailed: Callable[[str], str], kind: str
) -> None:
    """S-52: redeeming it sends no mail either."""
    token = mailed(kind)
    body = {"currentPassword": PASSWORD, "newPassword": BETTER + "!"}
    assert call("POST /api/auth/change-password", bearer=ann.token, json=body).status == 200
    mails = len(mailbox.all)

    with tables_unchanged(cloud):
        for by in LINKS[kind].by:
            assert_unknown(REDEEM[by](call, ann, token), by)
    assert (len(mailbox.all), is_signed_in(call, ann)) == (mails, True)
    assert sign_in(call, ann.email, BETTER + "!").status == 200


@pytest.mark.parametrize("kind", ["change", "confirmation", "reset"])
def test_a_token_of_a_deleted_user_is_invalid(  # noqa: PLR0917 -- six fixtures and a column
    call: Api, cloud: Cloud, ann: Person, mailbox: Mailbox, mailed: Callable[[str], str], settings: Any, kind: str
) -> None:
    """S-41: it does not restore the user."""
    token, mails = mailed(kind), len(mailbox.all)
    settings(delete_user_by_mail="false")
    assert call(DELETE, bearer=ann.token, json={"password": PASSWORD}).status == 200

    assert_unknown(REDEEM[LINKS[kind].by[0]](call, ann, token), kind)
    assert (rows(cloud, "UsersTable"), len(mailbox.all)) == ([], mails)
