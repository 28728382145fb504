"""The operator's tool: commands on users, their confirmation and their lines in the audit log."""

import json
import re
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from botocore.client import BaseClient

from gatehouse_dev.cloud import Cloud
from tests.devtools.operating.conftest import LOCAL, Tool, ToolResult
from tests.support.audit_trail import audit_events
from tests.support.auth_calls import sign_in, sign_up
from tests.support.authenticator import Authenticator
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.passkeys import Passkeys
from tests.support.people import People, Person
from tests.support.tables import all_rows, rows
from tests.support.two_factor import VERIFY_BACKUP, Enrolled, challenge, give

HASH = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()


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


def test_a_change_as_json_is_the_line_of_the_audit_log_with_a_sentence(tool: Tool, ann: Person) -> None:
    result = tool("users disable", ann.email, "--yes", "--json")

    assert json.loads(result.out) == {
        "event": "user disabled",
        "actor": LOCAL,
        "subject": layer("audit").pseudonym(ann.id),
        "message": "ann@example.com is disabled and signed out everywhere.",
    }
    assert tool("users allow-mail", ann.email, "--json").err == "Mail to ann@example.com is allowed already.\n"
    assert tool("mail redrive", "--json").out == ""


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


def test_show_names_passkeys(tool: Tool, call: Api, ann: Person) -> None:
    passkeys = Passkeys(call=call)
    passkeys.register(ann, Authenticator(), name="Phone")
    (stored,) = passkeys.list(ann)

    assert re.search(r"^sign-in +passkey Phone, since 20", tool("users show", ann.email).out, re.MULTILINE)
    assert json.loads(tool("users show", ann.email, "--json").out)["signInMethods"][1] == {
        "provider": "passkey",
        "passkeyId": stored["id"],
        "name": "Phone",
        "createdAt": stored["createdAt"],
        "usedAt": None,
    }


def test_control_characters_are_not_printed(tool: Tool, call: Api, people: People) -> None:
    email = people.verified()
    call(
        "POST /api/auth/sign-in/email",
        json={"email": email, "password": "correct horse battery"},
        headers={"user-agent": "\x1b[2J\x07 x"},
    )

    assert "\x1b" not in tool("users show", email).out


def test_show_prints_json_for_scripts(tool: Tool, call: Api, cloud: Cloud, ann: Person) -> None:
    (hashed,) = [row["password_hash"] for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"]

    result = tool("users show", ann.email, "--json")

    facts = json.loads(result.out)
    assert facts["user"].items() >= {"id": ann.id, "email": ann.email, "emailVerified": True, "disabled": False}.items()
    assert facts["signInMethods"] == [{"provider": "password"}]
    assert [session["userAgent"] for session in facts["sessions"]] == ["pytest"]
    assert (facts["signUp"], facts["mailStopped"], facts["mails"]) == (None, None, [])
    assert not [secret for secret in (hashed, ann.token, ann.token[-43:]) if secret in result.out]
    assert call


# -- The command `list` ---------------------------------------------------------------


@pytest.fixture
def users(tool: Tool, call: Api, tmp_path: Path) -> list[str]:
    """The addresses of imported users: two verified ones, the first with an app, and one that is not; and a sign-up."""
    lines: list[dict[str, Any]] = [
        {"email": "ann@example.com", "email_verified": True, "created_at": "2026-01-02T03:04:05Z", "name": "[b]x"},
        {"email": "bob@example.com", "created_at": "2026-03-01T00:00:00Z"},
        {"email": "cyd@school.example", "email_verified": True, "created_at": "2026-02-01T00:00:00Z"},
    ]
    lines[0]["totp_secret"] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    file = tmp_path / "users.jsonl"
    file.write_text("".join(f"{json.dumps(line | {'password_hash': HASH})}\n" for line in lines))
    assert tool("import-users", str(file)).code == 0
    sign_up(call, "dan@example.com")
    return [line["email"] for line in lines]


def addresses(result: ToolResult) -> list[str]:
    """Return the addresses in JSON lines, sorted."""
    assert (result.code, result.err) == (0, "")
    return sorted(json.loads(line)["email"] for line in result.out.splitlines())


def test_users_are_listed_without_hashes(tool: Tool, users: list[str]) -> None:
    result = tool("users list", "--json")

    assert addresses(result) == users
    listed = {user.pop("email"): user for user in map(json.loads, result.out.splitlines())}
    assert listed["ann@example.com"] | {"id": ""} == {
        "id": "",
        "emailVerified": True,
        "disabled": False,
        "twoFactorEnabled": True,
        "createdAt": "2026-01-02T03:04:05.000Z",
    }
    assert HASH[:20] not in result.out


def test_hashes_are_not_even_read(tool: Tool, users: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real: Any = BaseClient._make_api_call  # type: ignore[attr-defined] # all operations pass through it
    scans: list[dict[str, Any]] = []

    def record(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        scans.append(parameters)
        return real(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    assert addresses(tool("users list", "--json")) == users

    (scan,) = scans
    names = scan["ExpressionAttributeNames"]
    assert {names[name] for name in scan["ProjectionExpression"].split(", ")} == {
        *("pk", "sk", "user_id", "email", "email_verified", "disabled", "two_factor", "created_at")
    }


def test_pages_follow_each_other(tool: Tool, users: list[str]) -> None:
    found: list[str] = []
    after: list[str] = []
    for _ in users:
        result = tool("users list", "--limit", "1", "--json", *after)
        found += addresses(result)
        after = ["--after", json.loads(result.out)["id"]]

    assert sorted(found) == users
    assert tool("users list", *after, "--json").out == ""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--unverified"], [1]),
        (["--email-contains", "@EXAMPLE.com"], [0, 1]),
        (["--email-contains", "nobody"], []),
        (["--since", "2026-02-01"], [1, 2]),
        (["--since", "2026-02-01T00:00:01"], [1]),
        (["--since", "2026-02-01", "--unverified", "--email-contains", "ann"], []),
        (["--disabled"], [2]),
        (["--two-factor"], [0]),
        (["--no-two-factor"], [1, 2]),
    ],
)
def test_the_list_can_be_filtered(tool: Tool, users: list[str], options: list[str], expected: list[int]) -> None:
    tool("users disable", users[2], "--yes")

    assert addresses(tool("users list", *options, "--json")) == [users[number] for number in expected]


def test_a_table_has_a_line_for_each_user_and_says_how_to_go_on(tool: Tool, users: list[str]) -> None:
    """A line is never broken, however narrow the terminal."""
    result = tool("users list", "--limit", "3")

    head, *lines = result.out.splitlines()
    assert head.split() == ["ID", "EMAIL", "VERIFIED", "DISABLED", "2FA", "CREATED"]
    assert sorted(line.split()[1:5] for line in lines) == [
        [users[0], "yes", "no", "yes"],
        [users[1], "no", "no", "no"],
        [users[2], "yes", "no", "no"],
    ]
    assert result.err == f"There may be more: --after {lines[-1].split()[0]}\n"
    assert "There may be more" not in tool("users list", "--limit", "4").err


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


# -- The second factor ------------------------------------------------------------------


def test_a_lost_second_factor_is_turned_off(tool: Tool, call: Api, cloud: Cloud, ann: Person, mailbox: Mailbox) -> None:
    enrolled = Enrolled(call, ann)

    result = tool("users reset-two-factor", ann.email, "--yes")

    assert (result.code, result.out.partition(";")[0]) == (0, "The second factor of ann@example.com is off")
    assert call("GET /api/tasks", bearer=enrolled.token).status == 401
    assert "token" in sign_in(call, ann.email).json
    assert not [row for row in rows(cloud, "UsersTable") if row["sk"] == "SECOND-FACTOR"]
    assert "an operator of the service turned the second factor off" in mailbox.to(ann.email)[-1].text
    assert audit_events(cloud, ann.id) == [("two-factor reset", LOCAL)]


def test_without_a_second_factor_there_is_nothing_to_reset(tool: Tool, cloud: Cloud, ann: Person) -> None:
    before = all_rows(cloud)

    result = tool("users reset-two-factor", ann.email, "--yes")

    assert (result.code, "has no second factor" in result.err, all_rows(cloud)) == (1, True, before)


def test_a_user_is_shown_with_second_factor_and_trusted_devices(tool: Tool, call: Api, ann: Person) -> None:
    enrolled = Enrolled(call, ann)
    done = give(call, VERIFY_BACKUP, challenge(call, ann.email), enrolled.backup_codes[0], trustDevice=True)
    assert done.status == 200

    lines = tool("users show", ann.email).out.splitlines()

    assert "2nd factor  app" in lines
    assert any(line.startswith("trusted     used ") for line in lines)
