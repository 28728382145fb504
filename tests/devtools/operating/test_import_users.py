"""Importing users: whoever can be loaded is, whoever cannot is told, and doing it again changes nothing."""

import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.import_users import MAX_LINE_LENGTH, main
from tests.devtools.operating.conftest import Told
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api
from tests.support.layout import ROOT
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import everything, rows

pytestmark = pytest.mark.xdist_group("operating")
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
ID = "5f0c8b0a-2d0e-4a52-9a3e-0a4b6f6a1c11"
ANN = {"email": "ann@example.com", "password_hash": HASH, "email_verified": True}


type Importer = Callable[..., Told]


@pytest.fixture
def imports(call: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Importer:
    """Import lines, given as they are or as what they say: `imports(ANN, b"{", "--dry-run")`."""
    assert call

    def run(*lines: dict[str, Any] | bytes, dry_run: bool = False) -> Told:
        file = tmp_path / "users.jsonl"
        raw = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
        file.write_bytes(b"".join(line + b"\n" for line in raw))
        capsys.readouterr()
        code = main([str(file), *(["--dry-run"] if dry_run else [])])
        said = capsys.readouterr()
        return Told(code=code, out=said.out, err=said.err)

    return run


def profiles(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """The people who are there, by address."""
    return {row["email"]: row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"}


def test_an_imported_user_signs_in_with_their_old_password(call: Api, imports: Importer) -> None:
    told = imports(ANN)

    assert (told.code, told.err, told.summary) == (0, "", "1 added, 0 already there, 0 refused.")
    answer = sign_in(call, "ann@example.com")
    assert answer.status == 200
    assert call("POST /api/tasks", json={"title": "x"}, bearer=answer.json["token"]).status == 201


def test_everything_that_is_given_is_kept(call: Api, imports: Importer) -> None:
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
        "emailVerified": True,
        "createdAt": "2019-02-03T03:05:06.789Z",
        "updatedAt": "",
    }


def test_an_address_alone_is_enough(call: Api, imports: Importer, mailbox: Mailbox) -> None:
    """Its owner gets in by a reset, which proves the address, too."""
    assert imports({"email": "ann@example.com"}).code == 0
    assert sign_in(call, "ann@example.com").code == "INVALID_EMAIL_OR_PASSWORD"
    assert sign_in(call, "ann@example.com", "").status == 401

    assert reset_password(call, request_reset(call, mailbox, "ann@example.com"), "a better password").status == 200

    assert sign_in(call, "ann@example.com", "a better password").status == 200


def test_null_is_nothing(call: Api, imports: Importer, cloud: Cloud) -> None:
    nothing = dict.fromkeys(("password_hash", "name", "image", "id", "created_at"))

    assert imports({"email": "ann@example.com"} | nothing).code == 0
    assert profiles(cloud)["ann@example.com"]["name"] == ""
    assert call


def test_who_was_not_verified_is_not(call: Api, imports: Importer, mailbox: Mailbox) -> None:
    imports({"email": "ann@example.com", "password_hash": HASH})
    assert sign_in(call, "ann@example.com").code == "EMAIL_NOT_VERIFIED"

    call("POST /api/auth/send-verification-email", json={"email": "ann@example.com"})
    assert verify(call, mailbox.last.token).status == 200

    assert sign_in(call, "ann@example.com").status == 200


def test_an_address_is_kept_in_its_one_spelling(imports: Importer, cloud: Cloud) -> None:
    assert imports(ANN | {"email": " ANN@Example.COM "}).code == 0

    assert set(profiles(cloud)) == {"ann@example.com"}


@pytest.mark.parametrize("dry_run", [False, True])
def test_who_is_already_there_stays_as_they_are(imports: Importer, cloud: Cloud, dry_run: bool) -> None:  # noqa: FBT001 -- a case
    imports(ANN | {"name": "Ann"})
    before = everything(cloud)

    told = imports(ANN | {"name": "Other", "password_hash": None}, ANN | {"email": "b@example.com"}, dry_run=dry_run)

    assert (told.code, told.err) == (0, "")
    assert "line 1: ann@example.com is already there" in told.out
    assert told.summary == f"1 {'would be ' if dry_run else ''}added, 1 already there, 0 refused."
    assert profiles(cloud)["ann@example.com"]["name"] == "Ann"
    assert (everything(cloud) == before) is dry_run


def test_doing_it_again_changes_nothing(imports: Importer, cloud: Cloud) -> None:
    lines = [ANN | {"email": f"user{number}@example.com"} for number in range(20)]
    assert imports(*lines).summary == "20 added, 0 already there, 0 refused."
    before = everything(cloud)

    assert imports(*lines).summary == "0 added, 20 already there, 0 refused."
    assert everything(cloud) == before


def test_who_signed_up_here_is_already_there(imports: Importer, people: People, call: Api) -> None:
    email = people.verified()

    assert imports(ANN | {"email": email}).summary == "0 added, 1 already there, 0 refused."
    assert sign_in(call, email).status == 200


def test_a_sign_up_that_waits_takes_nothing_from_an_imported_user(
    imports: Importer, call: Api, mailbox: Mailbox
) -> None:
    """Or somebody could wait at an address for its import."""
    sign_up(call, "ann@example.com", "of somebody else")
    token = mailbox.last.token
    assert imports(ANN).code == 0

    assert verify(call, token).status == 400

    assert sign_in(call, "ann@example.com").status == 200
    assert sign_in(call, "ann@example.com", "of somebody else").status == 401


def test_a_dry_run_writes_nothing_and_says_what_would_be(imports: Importer, cloud: Cloud) -> None:
    told = imports(ANN, b"{", ANN | {"email": "bob@example.com"}, dry_run=True)

    assert told.code == 1
    assert told.summary == "2 would be added, 0 already there, 1 refused."
    assert told.err.startswith("line 2: ")
    assert everything(cloud) == {name: [] for name in everything(cloud)}


BAD: dict[str, tuple[dict[str, Any] | bytes, str]] = {
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
    "plain password": ({"password_hash": PASSWORD}, "password_hash: its format is not supported"),
    "hash of a wrong type": ({"password_hash": 12}, "password_hash: "),
    "flag as text": ({"email_verified": "true"}, "email_verified: "),
    "flag as number": ({"email_verified": 1}, "email_verified: "),
    "flag as null": ({"email_verified": None}, "email_verified: "),
    "name of a wrong type": ({"name": ["Bob"]}, "name: "),
    "long name": ({"name": "x" * 101}, "name: "),
    "image elsewhere": ({"image": "http://example.com/x.png"}, "image: Must be an https URL"),
    "no UUID": ({"id": "42"}, "id: "),
    "number for an id": ({"id": 42}, "id: "),
    "no date": ({"created_at": "yesterday"}, "created_at: "),
    "date without a zone": ({"created_at": "2024-05-06T07:08:09"}, "created_at: "),
    "date as a number": ({"created_at": 1_700_000_000}, "created_at: "),
    "unknown field": ({"emailVerified": True}, "emailVerified: Extra inputs are not permitted"),
    "too long": ({"name": "x" * MAX_LINE_LENGTH}, f"it is longer than {MAX_LINE_LENGTH} bytes"),
}


@pytest.mark.parametrize(("line", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_line_is_told_and_the_others_load(
    imports: Importer, cloud: Cloud, line: dict[str, Any] | bytes, sentence: str
) -> None:
    bad = line if isinstance(line, bytes) else {"email": "bob@example.com"} | line if line else {}

    told = imports(ANN, bad, ANN | {"email": "cyd@example.com"})

    assert told.code == 1
    (said,) = told.err.splitlines()
    assert said.startswith("line 2: ")
    assert sentence in said
    assert said.endswith(".")
    assert told.summary == "2 added, 0 already there, 1 refused."
    assert set(profiles(cloud)) == {"ann@example.com", "cyd@example.com"}


def test_all_that_is_wrong_with_a_line_is_told(imports: Importer) -> None:
    told = imports({"email": 1, "name": 2, "email_verified": "x"})

    assert all(f"{name}: " in told.err for name in ("email", "name", "email_verified"))


def test_no_hash_is_ever_printed(imports: Importer) -> None:
    """Neither a good one nor what stands in the place of one."""
    told = imports(
        ANN,
        ANN,
        ANN | {"email": "x"},
        ANN | {"email": "bob@example.com", "password_hash": "abcdefgh12345678"},
        ANN | {"email": "bob@example.com", "password_hash": ["abcdefgh12345678"]},
        f'{{"email": "bob@example.com", "password_hash": "{HASH}"'.encode(),
        f'{{"email": "bob@example.com", "{HASH}'.encode(),
    )

    assert told.summary == "1 added, 0 already there, 6 refused."
    assert HASH not in told.out + told.err
    assert "abcdefgh" not in told.out + told.err


def test_an_address_that_comes_twice_is_told(imports: Importer, cloud: Cloud) -> None:
    told = imports(ANN | {"name": "First"}, {"email": "bob@example.com"}, ANN | {"email": "Ann@Example.com"})

    assert told.code == 1
    assert told.err == "line 3: line 1 has the same address.\n"
    assert profiles(cloud)["ann@example.com"]["name"] == "First"


def test_an_id_that_comes_twice_is_told(imports: Importer, cloud: Cloud) -> None:
    told = imports(ANN | {"id": ID}, {"email": "bob@example.com", "id": ID}, {"email": "bob@example.com"})

    assert told.err == "line 2: line 1 has the same id.\n"
    assert told.summary == "2 added, 0 already there, 1 refused."
    assert profiles(cloud)["ann@example.com"]["user_id"] == ID


def test_a_bad_line_takes_no_address(imports: Importer) -> None:
    told = imports(ANN | {"image": "x"}, ANN)

    assert told.summary == "1 added, 0 already there, 1 refused."


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_id_of_somebody_else_is_told(imports: Importer, cloud: Cloud, dry_run: bool) -> None:  # noqa: FBT001 -- a case
    imports(ANN | {"id": ID})
    before = everything(cloud)

    told = imports({"email": "bob@example.com", "id": ID}, dry_run=dry_run)

    assert (told.code, told.err) == (1, "line 1: id: it belongs to a user with another address.\n")
    assert everything(cloud) == before


def test_blank_lines_count_but_do_not_matter(imports: Importer) -> None:
    told = imports(b"", ANN, b"   \r", b"{")

    assert told.err.startswith("line 4: ")
    assert told.summary == "1 added, 0 already there, 1 refused."


def test_a_file_from_windows_is_read(imports: Importer) -> None:
    told = imports(b"\xef\xbb\xbf" + json.dumps(ANN).encode() + b"\r", {"email": "bob@example.com"})

    assert told.summary == "2 added, 0 already there, 0 refused."


def test_the_last_line_needs_no_end(call: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call
    file = tmp_path / "users.jsonl"
    file.write_text(json.dumps(ANN))

    assert main([str(file)]) == 0
    assert capsys.readouterr().out.startswith("1 added")


def test_an_empty_file_is_no_mistake(imports: Importer) -> None:
    assert imports().summary == "0 added, 0 already there, 0 refused."


@pytest.mark.parametrize(
    "error", [UNREACHABLE, client_error("AccessDeniedException"), client_error("ResourceNotFoundException")]
)
def test_where_aws_refuses_it_stops_and_can_be_run_again(imports: Importer, cloud: Cloud, error: Exception) -> None:
    """Better than a million complaints."""
    bob = {"email": "bob@example.com"}
    imports(ANN)

    with failing_calls(error, "TransactWriteItems"):
        told = imports(b"{", bob, {"email": "cyd@example.com"})

    assert told.code == 1
    first, second = told.err.splitlines()
    assert first.startswith("line 1: ")
    assert second.startswith("line 2: AWS returned an error (")
    assert told.summary == "0 added, 0 already there, 1 refused."
    assert imports(ANN, bob).summary == "1 added, 1 already there, 0 refused."
    assert cloud


def test_each_user_is_written_whole_or_not_at_all(imports: Importer, cloud: Cloud) -> None:
    with failing_calls(UNREACHABLE, "TransactWriteItems"):
        imports(ANN)

    assert everything(cloud) == {name: [] for name in everything(cloud)}


def test_many_lines_need_no_memory(call: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All with the same address: what is read and noted must not pile up."""
    assert call
    file = tmp_path / "users.jsonl"
    with file.open("w") as lines:
        lines.writelines(json.dumps(ANN | {"name": f"{number:050}"}) + "\n" for number in range(5_000))
        lines.write("x" * 20_000_000 + "\n")
    tracemalloc.start()
    try:
        main([str(file), "--dry-run"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    said = capsys.readouterr()
    assert said.out.endswith("1 would be added, 0 already there, 5000 refused.\n")
    assert len(said.err.splitlines()) == 5_000
    assert peak < 2_000_000


def test_a_file_that_is_not_there_is_told(call: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call

    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path / "none.jsonl")])

    assert stopped.value.code == 2
    assert "none.jsonl: No such file or directory" in capsys.readouterr().err


def test_without_tables_it_says_what_is_missing(tmp_path: Path) -> None:
    """In a process of its own, with no more than the tools on its path."""
    file = tmp_path / "users.jsonl"
    file.write_text(json.dumps(ANN))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GATEHOUSE_", "AWS_"))}

    told = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-m", "gatehouse_dev.import_users", str(file)],
        env=environment | {"PYTHONPATH": str(ROOT / "devtools")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (told.returncode, told.stdout) == (1, "")
    assert "GATEHOUSE_USERS_TABLE is missing" in told.stderr
    assert "Traceback" not in told.stderr
