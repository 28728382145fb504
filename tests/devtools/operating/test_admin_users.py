"""The operator's tool and people: it does what it says, asks before it destroys, and leaves a line in the trail."""

import re
from typing import Any

import pytest

from gatehouse_dev.admin.__main__ import main
from gatehouse_dev.cloud import Cloud
from tests.devtools.operating.conftest import LOCAL, Tool, trail
from tests.support.auth_calls import sign_in, sign_up
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import People, Person
from tests.support.tables import everything, rows


def is_signed_in(call: Api, person: Person) -> bool:
    return call("GET /api/tasks", bearer=person.token).status == 200


# -- Users ----------------------------------------------------------------------------


def test_who_is_disabled_is_out_until_they_are_enabled(tool: Tool, call: Api, cloud: Cloud, ann: Person) -> None:
    told = tool("disable", ann.email, "--yes")

    assert (told.code, told.out) == (0, "ann@example.com is disabled and signed out everywhere.\n")
    assert not is_signed_in(call, ann)
    assert sign_in(call, ann.email).status == 401

    told = tool("enable", ann.id)

    assert (told.code, told.out) == (0, "ann@example.com can sign in again.\n")
    assert sign_in(call, ann.email).status == 200
    assert trail(cloud, ann.id) == [("user disabled", LOCAL), ("user enabled", LOCAL)]


def test_who_is_signed_out_is_so_everywhere_and_may_sign_in_again(
    tool: Tool, call: Api, cloud: Cloud, people: People, ann: Person
) -> None:
    other = people.sign_in(ann.email)

    assert tool("sign-out", ann.email, "--yes").out == "ann@example.com is signed out everywhere.\n"

    assert not is_signed_in(call, ann)
    assert not is_signed_in(call, other)
    assert sign_in(call, ann.email).status == 200
    assert trail(cloud, ann.id) == [("user signed out", LOCAL)]


def test_who_is_deleted_is_gone(tool: Tool, call: Api, cloud: Cloud, ann: Person) -> None:
    told = tool("delete", ann.email, "--yes")

    assert (told.code, told.out) == (0, "ann@example.com is deleted; all other data is being erased.\n")
    assert not is_signed_in(call, ann)
    assert sign_in(call, ann.email).status == 401
    assert tool("show", ann.email).code == 1
    assert trail(cloud, ann.id) == [("user deleted", LOCAL)]


@pytest.mark.parametrize("command", ["disable", "sign-out", "delete"])
@pytest.mark.parametrize("answer", [None, "", "no", "y", "ann", "bob@example.com", "^C"])
def test_nothing_is_done_unless_somebody_agrees(
    tool: Tool, cloud: Cloud, ann: Person, command: str, answer: str | None
) -> None:
    before = everything(cloud)

    told = tool(command, ann.email, answer=answer)

    assert (told.code, told.out) == (1, "")
    assert "Nothing was changed" in told.err.splitlines()[-1]
    assert everything(cloud) == before
    assert trail(cloud, ann.id) == []


@pytest.mark.parametrize("answer", ["yes", "ann@example.com", " Ann@Example.com "])
def test_the_address_or_yes_is_agreement(tool: Tool, ann: Person, answer: str) -> None:
    told = tool("delete", ann.id, answer=answer)

    assert told.code == 0
    assert told.err.startswith("This deletes ann@example.com and all their data permanently.\nType ")


@pytest.mark.parametrize("command", ["show", "disable", "enable", "sign-out", "delete", "resend"])
@pytest.mark.parametrize("who", ["bob@example.com", "5f0c8b0a-2d0e-4a52-9a3e-0a4b6f6a1c11", "a@b"])
def test_who_is_not_there_is_told_in_a_sentence(tool: Tool, command: str, who: str) -> None:
    told = tool(command, who, answer="yes")

    assert (told.code, told.out) == (1, "")
    assert re.fullmatch(f"(There is no user )?{who}( is neither an email address nor a user id)?\\.\n", told.err)


def test_a_sign_up_that_waits_is_no_user(tool: Tool, call: Api) -> None:
    sign_up(call, "ann@example.com")

    assert tool("disable", "ann@example.com").err == (
        "ann@example.com is not a user yet: the sign-up is not verified.\n"
    )


def test_a_change_at_the_same_time_is_told(tool: Tool, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any) -> None:
        raise layer("dynamodb").ConditionFailed

    monkeypatch.setattr("gatehouse_dev.admin.users.transact", lost)

    assert tool("sign-out", ann.email, "--yes").err.startswith("The data was changed at the same time")


# -- Looking --------------------------------------------------------------------------


def test_show_tells_what_there_is_and_no_secret(
    tool: Tool, call: Api, cloud: Cloud, mailbox: Mailbox, ann: Person
) -> None:
    call("POST /api/auth/request-password-reset", json={"email": ann.email})
    before = everything(cloud)
    (hashed,) = [row["password_hash"] for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"]

    told = tool("show", ann.email)

    assert told.code == 0
    facts = [line.split(maxsplit=1) for line in told.out.splitlines()]
    assert ["user", ann.id] in facts
    assert ["address", "ann@example.com, verified"] in facts
    assert [name for name, _ in facts].count("session") == 1
    assert any(text.startswith("sign-in ") for text in told.out.splitlines())
    assert any(text.startswith("reset-password to ann@example.com pending") for _, text in facts)
    secrets = (hashed, ann.token, ann.token[-43:], mailbox.last.token)
    assert not [secret for secret in secrets if secret in told.out]
    assert tool("show", ann.id).code == 0
    assert everything(cloud) != before or not mailbox.pending()
    assert trail(cloud, ann.id) == []


def test_show_tells_of_a_sign_up_that_waits(tool: Tool, call: Api) -> None:
    sign_up(call, "ann@example.com")

    told = tool("show", "Ann@example.com")

    assert re.search(r"^sign-up +ann@example.com is not verified yet, since 20", told.out, re.MULTILINE)
    assert re.search(r"^mail +verify-email to ann@example.com pending", told.out, re.MULTILINE)
    assert "$argon2" not in told.out


def test_what_people_call_themselves_commands_no_terminal(tool: Tool, call: Api, people: People) -> None:
    email = people.verified()
    call(
        "POST /api/auth/sign-in/email",
        json={"email": email, "password": "correct horse battery"},
        headers={"user-agent": "\x1b[2J\x07 x"},
    )

    assert "\x1b" not in tool("show", email).out


# -- Trouble --------------------------------------------------------------------------


def test_what_the_audit_trail_does_not_take_is_not_said_to_be_well(tool: Tool, ann: Person) -> None:
    with failing_calls(client_error("ServiceUnavailableException", 503), "PutLogEvents", "CreateLogStream"):
        told = tool("disable", ann.email, "--yes")

    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(
        "ann@example.com is disabled and signed out everywhere. But the line in the audit trail is missing"
    )


def test_a_refusal_by_aws_is_one_sentence(tool: Tool, ann: Person) -> None:
    with failing_calls(client_error("AccessDeniedException"), "BatchGetItem"):
        told = tool("show", ann.email)

    assert (told.code, told.out, len(told.err.splitlines())) == (1, "", 1)
    assert told.err.startswith("AWS returned an error: ")


def test_no_local_service_is_one_sentence(tool: Tool) -> None:
    with failing_calls(UNREACHABLE):
        told = tool("show", "ann@example.com")

    assert told.err == "The local service at http://localhost:4566 is not running: start it with `make dev`.\n"


@pytest.mark.parametrize(
    "arguments",
    [[], ["show", "a@b.c"], ["--local"], ["--local", "--stack", "x", "redrive"], ["--local", "dance"]],
)
def test_what_is_not_understood_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)

    assert stop.value.code == 2
    assert "usage:" in capsys.readouterr().err
