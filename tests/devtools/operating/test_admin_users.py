"""The operator's tool: commands on users, their confirmation and their lines in the audit log."""

import re
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.devtools.operating.conftest import LOCAL, Tool, audit_events
from tests.support.auth_calls import sign_in, sign_up
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import People, Person
from tests.support.tables import all_rows, rows


def is_signed_in(call: Api, person: Person) -> bool:
    return call("GET /api/tasks", bearer=person.token).status == 200


# -- Users ----------------------------------------------------------------------------


def test_a_disabled_user_cannot_sign_in_until_enabled(tool: Tool, call: Api, cloud: Cloud, ann: Person) -> None:
    result = tool("users disable", ann.email, "--yes")

    assert (result.code, result.out) == (0, "ann@example.com is disabled and signed out everywhere.\n")
    assert not is_signed_in(call, ann)
    assert sign_in(call, ann.email).status == 401

    result = tool("users enable", ann.id)

    assert (result.code, result.out) == (0, "ann@example.com can sign in again.\n")
    assert sign_in(call, ann.email).status == 200
    assert audit_events(cloud, ann.id) == [("user disabled", LOCAL), ("user enabled", LOCAL)]


def test_sign_out_ends_all_sessions_and_allows_sign_in(
    tool: Tool, call: Api, cloud: Cloud, people: People, ann: Person
) -> None:
    other = people.sign_in(ann.email)

    assert tool("users sign-out", ann.email, "--yes").out == "ann@example.com is signed out everywhere.\n"

    assert not is_signed_in(call, ann)
    assert not is_signed_in(call, other)
    assert sign_in(call, ann.email).status == 200
    assert audit_events(cloud, ann.id) == [("user signed out", LOCAL)]


def test_a_deleted_user_cannot_sign_in_or_be_shown(tool: Tool, call: Api, cloud: Cloud, ann: Person) -> None:
    result = tool("users delete", ann.email, "--yes")

    assert (result.code, result.out) == (0, "ann@example.com is deleted; all other data is being erased.\n")
    assert not is_signed_in(call, ann)
    assert sign_in(call, ann.email).status == 401
    assert tool("users show", ann.email).code == 1
    assert audit_events(cloud, ann.id) == [("user deleted", LOCAL)]


@pytest.mark.parametrize("command", ["users disable", "users sign-out", "users delete"])
@pytest.mark.parametrize("confirmation", [None, "", "no", "y", "ann", "bob@example.com", "^C"])
def test_without_confirmation_nothing_is_done(
    tool: Tool, cloud: Cloud, ann: Person, command: str, confirmation: str | None
) -> None:
    before = all_rows(cloud)

    result = tool(command, ann.email, confirmation=confirmation)

    assert (result.code, result.out) == (1, "")
    assert "Nothing was changed" in result.err.splitlines()[-1]
    assert all_rows(cloud) == before
    assert audit_events(cloud, ann.id) == []


@pytest.mark.parametrize("confirmation", ["yes", "ann@example.com", " Ann@Example.com "])
def test_the_address_or_yes_confirms(tool: Tool, ann: Person, confirmation: str) -> None:
    result = tool("users delete", ann.id, confirmation=confirmation)

    assert result.code == 0
    assert result.err.startswith("This deletes ann@example.com and all their data permanently.\nType ")


@pytest.mark.parametrize(
    "command", [f"users {name}" for name in ("show", "disable", "enable", "sign-out", "delete", "resend")]
)
@pytest.mark.parametrize("who", ["bob@example.com", "5f0c8b0a-2d0e-4a52-9a3e-0a4b6f6a1c11", "a@b"])
def test_an_unknown_user_is_an_error(tool: Tool, command: str, who: str) -> None:
    result = tool(command, who, confirmation="yes")

    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(f"(There is no user )?{who}( is neither an email address nor a user id)?\\.\n", result.err)


def test_a_pending_sign_up_is_not_a_user(tool: Tool, call: Api) -> None:
    sign_up(call, "ann@example.com")

    assert tool("users disable", "ann@example.com").err == (
        "ann@example.com is not a user yet: the sign-up is not verified.\n"
    )


def test_a_concurrent_change_is_an_error(tool: Tool, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def conflict(*_: Any) -> None:
        raise layer("dynamodb").ConditionFailed

    monkeypatch.setattr("gatehouse_dev.admin.users.transact", conflict)

    assert tool("users sign-out", ann.email, "--yes").err.startswith("The data was changed at the same time")


# -- The command `show` ---------------------------------------------------------------


def test_show_prints_facts_without_secrets(tool: Tool, call: Api, cloud: Cloud, mailbox: Mailbox, ann: Person) -> None:
    call("POST /api/auth/request-password-reset", json={"email": ann.email})
    before = all_rows(cloud)
    (hashed,) = [row["password_hash"] for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"]

    result = tool("users show", ann.email)

    assert result.code == 0
    facts = [line.split(maxsplit=1) for line in result.out.splitlines()]
    assert ["user", ann.id] in facts
    assert ["address", "ann@example.com, verified"] in facts
    assert [name for name, _ in facts].count("session") == 1
    assert any(text.startswith("sign-in ") for text in result.out.splitlines())
    assert any(text.startswith("reset-password to ann@example.com pending") for _, text in facts)
    secrets = (hashed, ann.token, ann.token[-43:], mailbox.last.token)
    assert not [secret for secret in secrets if secret in result.out]
    assert tool("users show", ann.id).code == 0
    assert all_rows(cloud) != before or not mailbox.pending()
    assert audit_events(cloud, ann.id) == []


def test_show_prints_a_pending_sign_up(tool: Tool, call: Api) -> None:
    sign_up(call, "ann@example.com")

    result = tool("users show", "Ann@example.com")

    assert re.search(r"^sign-up +ann@example.com is not verified yet, since 20", result.out, re.MULTILINE)
    assert re.search(r"^mail +verify-email to ann@example.com pending", result.out, re.MULTILINE)
    assert "$argon2" not in result.out


def test_control_characters_are_not_printed(tool: Tool, call: Api, people: People) -> None:
    email = people.verified()
    call(
        "POST /api/auth/sign-in/email",
        json={"email": email, "password": "correct horse battery"},
        headers={"user-agent": "\x1b[2J\x07 x"},
    )

    assert "\x1b" not in tool("users show", email).out


# -- Errors ---------------------------------------------------------------------------


def test_a_failed_audit_line_is_an_error(tool: Tool, ann: Person) -> None:
    with failing_calls(client_error("ServiceUnavailableException", 503), "PutLogEvents", "CreateLogStream"):
        result = tool("users disable", ann.email, "--yes")

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(
        "ann@example.com is disabled and signed out everywhere. But the line in the audit trail is missing"
    )


def test_an_error_of_aws_is_one_line(tool: Tool, ann: Person) -> None:
    with failing_calls(client_error("AccessDeniedException"), "BatchGetItem"):
        result = tool("users show", ann.email)

    assert (result.code, result.out, len(result.err.splitlines())) == (1, "", 1)
    assert result.err.startswith("AWS returned an error: ")


def test_without_a_local_service_the_error_is_one_line(tool: Tool) -> None:
    with failing_calls(UNREACHABLE):
        result = tool("users show", "ann@example.com")

    assert result.err == "The local service at http://localhost:4566 is not running: start it with `make dev`.\n"
