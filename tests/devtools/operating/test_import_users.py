"""Importing users: valid lines are imported, invalid lines are reported, and a second run changes nothing."""

import json
import re
import sys
import tracemalloc
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bcrypt
import cbor2
import pyotp
import pytest

from gatehouse_dev.cloud import Cloud
from tests.devtools.operating.conftest import Tool, ToolResult
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.authenticator import UP, UV, Authenticator
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.base64url import encode
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.passkeys import Passkeys
from tests.support.people import PASSWORD, People
from tests.support.pictures import data_url, noise, picture_at
from tests.support.tables import all_rows, rows
from tests.support.two_factor import VERIFY_TOTP, challenge, give

pytestmark = pytest.mark.xdist_group("operating")
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
MAX_LINE_LENGTH = 128 * 1024  # bytes
ID = "5f0c8b0a-2d0e-4a52-9a3e-0a4b6f6a1c11"
ANN = {"email": "ann@example.com", "password_hash": HASH, "email_verified": True}


type Importer = Callable[..., ToolResult]


@pytest.fixture
def imports(tool: Tool, tmp_path: Path) -> Importer:
    """Import lines, given as dicts or bytes: `imports(ANN, b"{", dry_run=True)`."""

    def run(*lines: dict[str, Any] | bytes, dry_run: bool = False) -> ToolResult:
        file = tmp_path / "users.jsonl"
        raw = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
        file.write_bytes(b"".join(line + b"\n" for line in raw))
        return tool("import-users", str(file), *(["--dry-run"] if dry_run else []))

    return run


def profiles(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """Return the profiles by address."""
    return {row["email"]: row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"}


def imported_costs(cloud: Cloud) -> dict[str, int]:
    """The highest cost of each kind of hash."""
    found = [json.loads(row["costs"]) for row in rows(cloud, "UsersTable") if row["pk"] == "IMPORTED"]
    return found[0] if found else {}


def test_an_imported_user_signs_in_with_their_old_password(call: Api, imports: Importer) -> None:
    result = imports(ANN)

    assert (result.code, result.err, result.summary) == (0, "", "1 added, 0 already there, 0 refused.")
    response = sign_in(call, "ann@example.com")
    assert response.status == 200
    assert call("POST /api/tasks", json={"title": "x"}, bearer=response.json["token"]).status == 201


def test_a_hash_is_stored_under_a_hash_of_ours(imports: Importer, cloud: Cloud) -> None:
    imports(ANN)

    stored = profiles(cloud)["ann@example.com"]["password_hash"]
    assert stored.startswith(f"{HASH[:29]}$$argon2id$")
    assert HASH[29:] not in stored


def test_failed_sign_ins_of_others_take_as_long_from_then_on(imports: Importer, cloud: Cloud) -> None:
    """Also for who is already there, from an earlier version."""
    costlier = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(5)).decode()

    imports(ANN, ANN | {"email": "bob@example.com", "password_hash": costlier})

    assert imported_costs(cloud) == {"bcrypt": 32}
    cloud.client("dynamodb").delete_item(TableName="UsersTable", Key={"pk": {"S": "IMPORTED"}, "sk": {"S": "HASHES"}})
    assert imports(ANN).summary == "0 added, 1 already there, 0 refused."
    assert imported_costs(cloud) == {"bcrypt": 16}


def test_a_trial_records_nothing(imports: Importer, cloud: Cloud) -> None:
    imports(ANN, dry_run=True)

    assert rows(cloud, "UsersTable") == []


def test_a_hash_of_ours_stays_as_it_is(imports: Importer, cloud: Cloud) -> None:
    ours = layer("accounts.passwords").hash_password(PASSWORD)

    imports(ANN | {"password_hash": ours})

    assert profiles(cloud)["ann@example.com"]["password_hash"] == ours
    assert imported_costs(cloud) == {}


def test_who_is_there_already_is_not_hashed_again(imports: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    imports(ANN)

    def hashed(_stored: str) -> str:
        pytest.fail("hashed")

    monkeypatch.setattr(layer("accounts.passwords"), "wrap_hash", hashed)
    assert imports(ANN).summary == "0 added, 1 already there, 0 refused."


def test_all_given_fields_are_stored(call: Api, imports: Importer) -> None:
    imports(
        ANN
        | {"name": "Änn 作業", "image": "https://example.com/ann.png", "id": ID}
        | {"created_at": "2019-02-03T04:05:06.789+01:00"}
    )

    user = sign_in(call, "ann@example.com").json["user"]

    assert user | {"updatedAt": ""} == {
        "id": ID,
        "email": "ann@example.com",
        "name": "Änn 作業",
        "image": "https://example.com/ann.png",
        "twoFactorEnabled": False,
        "emailVerified": True,
        "createdAt": "2019-02-03T03:05:06.789Z",
        "updatedAt": "",
    }


def test_a_picture_that_is_stored_in_the_profile_elsewhere_becomes_a_row(
    call: Api, imports: Importer, cloud: Cloud
) -> None:
    """As UI kits of better-auth store it, up to 88 KB. Its URL is that of the service."""
    line = ANN | {"image": data_url(noise()), "id": ID}

    assert imports(line, dry_run=True).summary == "1 would be added, 0 already there, 0 refused."
    assert imports(line).code == 0
    assert imports(line).summary == "0 added, 1 already there, 0 refused."
    assert picture_at(call, profiles(cloud)["ann@example.com"]["image"]) == ("image/png", noise())


def test_an_address_alone_is_enough(call: Api, imports: Importer, mailbox: Mailbox) -> None:
    """The user signs in after a password reset, which also verifies the address."""
    assert imports({"email": "ann@example.com"}).code == 0
    assert sign_in(call, "ann@example.com").code == "INVALID_EMAIL_OR_PASSWORD"
    assert sign_in(call, "ann@example.com", "").status == 401

    assert reset_password(call, request_reset(call, mailbox, "ann@example.com"), "a better password").status == 200

    assert sign_in(call, "ann@example.com", "a better password").status == 200


def test_null_is_the_same_as_absent(call: Api, imports: Importer, cloud: Cloud) -> None:
    nothing = dict.fromkeys(("password_hash", "name", "image", "id", "created_at"))

    assert imports({"email": "ann@example.com"} | nothing).code == 0
    assert profiles(cloud)["ann@example.com"]["name"] == ""
    assert call


def test_an_unverified_user_stays_unverified(call: Api, imports: Importer, mailbox: Mailbox) -> None:
    imports({"email": "ann@example.com", "password_hash": HASH})
    assert sign_in(call, "ann@example.com").code == "EMAIL_NOT_VERIFIED"

    call("POST /api/auth/send-verification-email", json={"email": "ann@example.com"})
    assert verify(call, mailbox.last.token).status == 200

    assert sign_in(call, "ann@example.com").status == 200


def test_an_address_is_normalized(imports: Importer, cloud: Cloud) -> None:
    assert imports(ANN | {"email": " ANN@Example.COM "}).code == 0

    assert set(profiles(cloud)) == {"ann@example.com"}


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_existing_user_is_not_changed(imports: Importer, cloud: Cloud, dry_run: bool) -> None:  # noqa: FBT001 -- a case
    imports(ANN | {"name": "Ann"})
    before = all_rows(cloud)

    result = imports(ANN | {"name": "Other", "password_hash": None}, ANN | {"email": "b@example.com"}, dry_run=dry_run)

    assert (result.code, result.err) == (0, "")
    assert "line 1: ann@example.com is already there" in result.out
    assert result.summary == f"1 {'would be ' if dry_run else ''}added, 1 already there, 0 refused."
    assert profiles(cloud)["ann@example.com"]["name"] == "Ann"
    assert (all_rows(cloud) == before) is dry_run


def test_a_second_import_changes_nothing(imports: Importer, cloud: Cloud) -> None:
    lines = [ANN | {"email": f"user{number}@example.com"} for number in range(20)]
    assert imports(*lines).summary == "20 added, 0 already there, 0 refused."
    before = all_rows(cloud)

    assert imports(*lines).summary == "0 added, 20 already there, 0 refused."
    assert all_rows(cloud) == before


def test_a_user_who_signed_up_already_exists(imports: Importer, people: People, call: Api) -> None:
    email = people.verified()

    assert imports(ANN | {"email": email}).summary == "0 added, 1 already there, 0 refused."
    assert sign_in(call, email).status == 200


def test_a_pending_sign_up_cannot_take_over_an_imported_user(imports: Importer, call: Api, mailbox: Mailbox) -> None:
    """Otherwise an attacker could sign up with an address before its import."""
    sign_up(call, "ann@example.com", "of somebody else")
    token = mailbox.last.token
    assert imports(ANN).code == 0

    assert verify(call, token).status == 400

    assert sign_in(call, "ann@example.com").status == 200
    assert sign_in(call, "ann@example.com", "of somebody else").status == 401


def test_a_dry_run_writes_nothing_and_reports_what_it_would_do(imports: Importer, cloud: Cloud) -> None:
    result = imports(ANN, b"{", ANN | {"email": "bob@example.com"}, dry_run=True)

    assert result.code == 1
    assert result.summary == "2 would be added, 0 already there, 1 refused."
    assert result.err.startswith("line 2: ")
    assert all_rows(cloud) == {name: [] for name in all_rows(cloud)}


INVALID_LINES: dict[str, tuple[dict[str, Any] | bytes, str]] = {
    "broken JSON": (b'{"email": "bob@example.com"', "Invalid JSON"),
    "no JSON": (b"bob@example.com,x,y", "Invalid JSON"),
    "no object": (b'["bob@example.com"]', "object"),
    "null": (b"null", "object"),
    "not UTF-8": (b'{"email": "bob@example.com", "name": "\xff"}', "Invalid JSON"),
    "half a character": (b'{"email": "bob@example.com", "name": "\\ud83d"}', "Invalid JSON"),
    "no address": ({}, "email: Field required"),
    "null address": ({"email": None}, "email: "),
    "bad address": ({"email": "bob@example"}, "email: Invalid email address"),
    "two addresses": ({"email": "a@example.com, b@example.com"}, "email: Invalid email address"),
    "address of another alphabet": ({"email": "bøb@example.com"}, "email: Invalid email address"),
    "unknown hash": ({"password_hash": "{SSHA}abcdefgh"}, "password_hash: its format is not supported"),
    "hash of a high cost": ({"password_hash": "$2b$16$" + "O" * 53}, "password_hash: it takes too long to check"),
    "plain password": ({"password_hash": PASSWORD}, "password_hash: its format is not supported"),
    "hash of a wrong type": ({"password_hash": 12}, "password_hash: "),
    "flag as text": ({"email_verified": "true"}, "email_verified: "),
    "flag as number": ({"email_verified": 1}, "email_verified: "),
    "flag as null": ({"email_verified": None}, "email_verified: "),
    "name of a wrong type": ({"name": ["Bob"]}, "name: "),
    "long name": ({"name": "x" * 101}, "name: "),
    "image elsewhere": ({"image": "http://example.com/x.png"}, "image: Send a link that begins with https://"),
    "no picture": ({"image": "data:image/png;base64,R0lGODlh"}, "image: This is not a picture that can be shown"),
    "no UUID": ({"id": "42"}, "id: "),
    "number for an id": ({"id": 42}, "id: "),
    "no date": ({"created_at": "yesterday"}, "created_at: "),
    "date without a zone": ({"created_at": "2024-05-06T07:08:09"}, "created_at: "),
    "date as a number": ({"created_at": 1_700_000_000}, "created_at: "),
    "unknown field": ({"emailVerified": True}, "emailVerified: Extra inputs are not permitted"),
    "too long": ({"name": "x" * MAX_LINE_LENGTH}, f"it is longer than {MAX_LINE_LENGTH} bytes"),
}


@pytest.mark.parametrize(("line", "sentence"), INVALID_LINES.values(), ids=INVALID_LINES)
def test_an_invalid_line_is_reported_and_the_others_are_imported(
    imports: Importer, cloud: Cloud, line: dict[str, Any] | bytes, sentence: str
) -> None:
    invalid = line if isinstance(line, bytes) else {"email": "bob@example.com"} | line if line else {}

    result = imports(ANN, invalid, ANN | {"email": "cyd@example.com"})

    assert result.code == 1
    (printed,) = result.err.splitlines()
    assert printed.startswith("line 2: ")
    assert sentence in printed
    assert printed.endswith(".")
    assert result.summary == "2 added, 0 already there, 1 refused."
    assert set(profiles(cloud)) == {"ann@example.com", "cyd@example.com"}


def test_all_errors_of_a_line_are_reported(imports: Importer) -> None:
    result = imports({"email": 1, "name": 2, "email_verified": "x"})

    assert all(f"{name}: " in result.err for name in ("email", "name", "email_verified"))


def test_no_hash_is_ever_printed(imports: Importer) -> None:
    """Neither a valid hash nor an invalid value in its field."""
    result = imports(
        ANN,
        ANN,
        ANN | {"email": "x"},
        ANN | {"email": "bob@example.com", "password_hash": "abcdefgh12345678"},
        ANN | {"email": "bob@example.com", "password_hash": ["abcdefgh12345678"]},
        f'{{"email": "bob@example.com", "password_hash": "{HASH}"'.encode(),
        f'{{"email": "bob@example.com", "{HASH}'.encode(),
    )

    assert result.summary == "1 added, 0 already there, 6 refused."
    assert HASH not in result.out + result.err
    assert "abcdefgh" not in result.out + result.err


def test_a_duplicate_address_is_reported(imports: Importer, cloud: Cloud) -> None:
    result = imports(ANN | {"name": "First"}, {"email": "bob@example.com"}, ANN | {"email": "Ann@Example.com"})

    assert result.code == 1
    assert result.err == "line 3: line 1 has the same address.\n"
    assert profiles(cloud)["ann@example.com"]["name"] == "First"


def test_a_duplicate_id_is_reported(imports: Importer, cloud: Cloud) -> None:
    result = imports(ANN | {"id": ID}, {"email": "bob@example.com", "id": ID}, {"email": "bob@example.com"})

    assert result.err == "line 2: line 1 has the same id.\n"
    assert result.summary == "2 added, 0 already there, 1 refused."
    assert profiles(cloud)["ann@example.com"]["user_id"] == ID


def test_an_invalid_line_does_not_reserve_its_address(imports: Importer) -> None:
    result = imports(ANN | {"image": "x"}, ANN)

    assert result.summary == "1 added, 0 already there, 1 refused."


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_id_of_another_user_is_reported(imports: Importer, cloud: Cloud, dry_run: bool) -> None:  # noqa: FBT001 -- a case
    imports(ANN | {"id": ID})
    before = all_rows(cloud)

    result = imports({"email": "bob@example.com", "id": ID}, dry_run=dry_run)

    assert (result.code, result.err) == (1, "line 1: id: it belongs to a user with another address.\n")
    assert all_rows(cloud) == before


def test_blank_lines_are_skipped_but_counted(imports: Importer) -> None:
    result = imports(b"", ANN, b"   \r", b"{")

    assert result.err.startswith("line 4: ")
    assert result.summary == "1 added, 0 already there, 1 refused."


def test_a_file_from_windows_is_read(imports: Importer) -> None:
    result = imports(b"\xef\xbb\xbf" + json.dumps(ANN).encode() + b"\r", {"email": "bob@example.com"})

    assert result.summary == "2 added, 0 already there, 0 refused."


def test_the_last_line_needs_no_newline(tool: Tool, tmp_path: Path) -> None:
    file = tmp_path / "users.jsonl"
    file.write_text(json.dumps(ANN))

    assert tool("import-users", str(file)).out.startswith("1 added")


def test_an_empty_file_is_valid(imports: Importer) -> None:
    assert imports().summary == "0 added, 0 already there, 0 refused."


@pytest.mark.parametrize(
    "error", [UNREACHABLE, client_error("AccessDeniedException"), client_error("ResourceNotFoundException")]
)
def test_an_error_of_aws_stops_the_import_which_can_be_repeated(
    imports: Importer, cloud: Cloud, error: Exception
) -> None:
    """It does not report the same error for each line."""
    bob = {"email": "bob@example.com"}
    imports(ANN)

    with failing_calls(error, "TransactWriteItems"):
        result = imports(b"{", bob, {"email": "cyd@example.com"})

    assert result.code == 1
    first, second = result.err.splitlines()
    assert first.startswith("line 1: ")
    assert second.startswith("line 2: AWS returned an error (")
    assert result.summary == "0 added, 0 already there, 1 refused."
    assert imports(ANN, bob).summary == "1 added, 1 already there, 0 refused."
    assert cloud


def test_each_user_is_written_in_one_transaction(imports: Importer, cloud: Cloud) -> None:
    with failing_calls(UNREACHABLE, "TransactWriteItems"):
        imports(ANN)

    assert [row["pk"] for row in rows(cloud, "UsersTable")] == ["IMPORTED"]
    assert [name for name, found in all_rows(cloud).items() if found] == ["UsersTable"]


def test_memory_does_not_grow_with_the_number_of_lines(imports: Importer, tool: Tool, tmp_path: Path) -> None:
    """All lines have the same address, so that all but one are reported."""
    imports()  # imports modules
    file = tmp_path / "users.jsonl"
    with file.open("w") as lines:
        lines.writelines(json.dumps(ANN | {"name": f"{number:050}"}) + "\n" for number in range(5_000))
        lines.write("x" * 20_000_000 + "\n")
    tracemalloc.start()
    try:
        result = tool("import-users", str(file), "--dry-run")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert result.out.endswith("1 would be added, 0 already there, 5000 refused.\n")
    assert len(result.err.splitlines()) == 5_000
    assert peak < 2_000_000


@pytest.mark.parametrize("name", ["none.jsonl", ""])
def test_a_missing_file_is_reported(tool: Tool, tmp_path: Path, name: str) -> None:
    result = tool("import-users", str(tmp_path / name))

    assert (result.code, result.out) == (2, "")
    assert re.search(r"\nError: Invalid value for 'FILE': file '.*' (does not exist|is a directory)\.\n$", result.err)


def test_json_has_a_line_for_each_user_and_the_counts(tool: Tool, tmp_path: Path) -> None:
    file = tmp_path / "users.jsonl"
    file.write_text(json.dumps(ANN) + "\n{\n")

    result = tool("import-users", str(file), "--json")

    first, second, counts = map(json.loads, result.out.splitlines())
    assert (result.code, result.err) == (1, "")
    assert first == {"line": 1, "result": "added", "email": "ann@example.com"}
    assert (second["line"], second["result"]) == (2, "refused")
    assert second["message"].startswith("Invalid JSON")
    assert counts == {"added": 1, "alreadyThere": 0, "refused": 1, "dryRun": False}


def test_progress_is_shown_on_a_terminal(imports: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only there: everywhere else the output is the lines alone."""
    assert "━" not in imports(ANN).out
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)

    result = imports(ANN, b"{")

    assert re.search("━.*136/136 bytes", result.out + result.err)
    assert "line 1: ann@example.com is already there" in result.out


def test_an_imported_app_is_the_second_factor(call: Api, imports: Importer, cloud: Cloud) -> None:
    secret = pyotp.random_base32()

    assert imports(ANN | {"totp_secret": f"{secret[:4].lower()} {secret[4:]}"}).summary.startswith("1 added")

    token = challenge(call, "ann@example.com")
    code = pyotp.TOTP(secret).at(int(layer("clock").now().timestamp()))
    assert give(call, VERIFY_TOTP, token, code).status == 200
    assert secret not in repr(rows(cloud, "UsersTable"))


@pytest.mark.parametrize("secret", ["x", "JBSWY3DP", "0189", "A" * 200])
def test_a_bad_secret_is_refused(imports: Importer, cloud: Cloud, secret: str) -> None:
    result = imports(ANN | {"totp_secret": secret})

    assert "totp_secret: it is not base32 of 10 to 64 bytes." in result.err
    assert profiles(cloud) == {}


# -- Passkeys ---------------------------------------------------------------------------


def passkey_of(made: Authenticator, **more: Any) -> dict[str, Any]:
    """Return a passkey as a line has it."""
    public_key = b64encode(cbor2.dumps(made.key.cose)).decode()
    return {"credential_id": encode(made.credential_id), "public_key": public_key, **more}


def test_an_imported_passkey_signs_in_whatever_its_handle_was(call: Api, imports: Importer) -> None:
    made = Authenticator(user_handle=b"a handle that better-auth does not store", counter=7, counts=True)
    more = {"counter": 7, "transports": "internal,telepathy", "name": "Phone", "device_type": "multiDevice"}

    assert (
        imports({"email": "ann@example.com", "email_verified": True, "passkeys": [passkey_of(made, **more)]}).code == 0
    )

    response = Passkeys(call=call).sign_in(made)
    assert response.json["user"]["email"] == "ann@example.com"
    (shown,) = call("GET /api/auth/passkey/list-user-passkeys", bearer=response.json["session"]["token"]).json
    assert (shown["name"], shown["counter"], shown["transports"]) == ("Phone", 8, "internal")


def test_an_imported_handle_is_checked(call: Api, imports: Importer) -> None:
    made = Authenticator(user_handle=b"its handle")
    imports(ANN | {"passkeys": [passkey_of(made, user_handle=encode(b"its handle"))]})

    assert Passkeys(call=call).sign_in(replace(made, user_handle=b"another")).status == 401
    assert Passkeys(call=call).sign_in(made).status == 200


def test_what_was_not_known_of_an_imported_passkey_is_learned(call: Api, imports: Importer) -> None:
    """Whether it may be backed up never changes."""
    made = Authenticator()
    imports(ANN | {"passkeys": [passkey_of(made)]})

    assert Passkeys(call=call).sign_in(made).status == 200
    assert Passkeys(call=call).sign_in(replace(made, flags=UP | UV)).status == 400


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"credential_id": "!"}, "passkeys: base64url."),
        ({"credential_id": ""}, "passkeys: length of the credential id."),
        ({"public_key": "!"}, "passkeys: Only base64 data is allowed."),
        ({"public_key": "oA=="}, "passkeys: algorithm of the public key."),
        ({"counter": -1}, "passkeys.0.counter: Input should be greater than or equal to 0."),
        ({"name": "x" * 65}, "passkeys.0.name: String should have at most 64 characters."),
        ({"secret": "x"}, "passkeys.0.secret: Extra inputs are not permitted."),
    ],
    ids=str,
)
def test_a_passkey_that_is_not_valid_is_refused(
    imports: Importer, cloud: Cloud, changes: dict[str, Any], message: str
) -> None:
    result = imports(ANN | {"passkeys": [passkey_of(Authenticator()) | changes]})

    assert (result.code, result.err) == (1, f"line 1: {message}\n")
    assert rows(cloud, "UsersTable") == []


def test_passkeys_need_a_verified_address(imports: Importer) -> None:
    result = imports(ANN | {"email_verified": False, "passkeys": [passkey_of(Authenticator())]})

    assert result.err == "line 1: passkeys: only a user with a verified address can have any.\n"


def test_a_user_has_at_most_twenty_different_passkeys(imports: Importer) -> None:
    many = [passkey_of(Authenticator()) for _ in range(21)]

    assert imports(ANN | {"passkeys": many}).err == "line 1: passkeys: there are more than 20.\n"
    assert imports(ANN | {"passkeys": many[:1] * 2}).err == "line 1: passkeys: two have the same credential_id.\n"
    assert imports(ANN | {"passkeys": many[:20]}).code == 0


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_passkey_belongs_to_one_user(imports: Importer, *, dry_run: bool) -> None:
    made = passkey_of(Authenticator())
    bob = ANN | {"email": "bob@example.com", "passkeys": [made]}

    result = imports(ANN | {"passkeys": [made]}, bob, dry_run=dry_run)
    assert result.err == "line 2: line 1 has the same passkey.\n"
    if not dry_run:
        assert imports(bob).err == "line 1: passkeys: another user has one of them.\n"
        assert imports(bob, dry_run=True).err == "line 1: passkeys: another user has one of them.\n"
