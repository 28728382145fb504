"""The command `gatehouse import-users`."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatehouse_dev import console
from gatehouse_dev.cli.service import Service, on_service

if TYPE_CHECKING:
    from gatehouse_dev.admin.import_users import ImportResult, Line

app = typer.Typer()


@app.command("import-users")
@on_service
def import_users(
    service: Service,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, show_default=False, help="One JSON object on each line."
        ),
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, and write nothing.")] = False,
) -> None:
    """Import the users of another system.

    A line has the fields email, password_hash (bcrypt, scrypt of better-auth, PBKDF2 of Django), name, image,
    email_verified, id (a UUID), created_at and passkeys; only email is required. An image is a link, or a data URL of a
    PNG, JPEG or WebP picture. Without a hash, a user sets a password by a password reset. Users who exist are not
    changed, so an import can be run again.

    Lines that are not valid are reported with their number, and the exit code is 1. A hash is hashed again by Argon2id,
    which takes about 30 ms: split a large file, and import its parts at once.
    """
    from gatehouse_dev.admin.import_users import ImportResult, ImportRun

    counts: Counter[ImportResult] = Counter()
    try:
        with file.open("rb") as lines, _progress(file, shown=not service.as_json) as advance:
            for line in ImportRun(service.target.base_url, dry_run=dry_run).run(lines):
                counts[line.result] += 1
                _report(line, as_json=service.as_json)
                advance(lines.tell())
    finally:
        _report_counts({result: counts[result] for result in ImportResult}, dry_run=dry_run, as_json=service.as_json)
    if counts[ImportResult.REFUSED]:
        raise typer.Exit(1)


@contextmanager
def _progress(file: Path, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """Show how much of the file was read, on a terminal."""
    if not (shown and sys.stdout.isatty() and sys.stderr.isatty()):
        yield lambda _: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    with Progress(BarColumn(), DownloadColumn(), TimeRemainingColumn(), transient=True) as bar:
        task = bar.add_task("", total=file.stat().st_size)
        yield lambda position: bar.update(task, completed=position)


def _report(line: "Line", *, as_json: bool) -> None:
    if as_json:
        shown = {"line": line.number, "result": line.result, "email": line.email, "message": line.message}
        console.say(json.dumps({name: value for name, value in shown.items() if value}))
    elif line.message:
        sys.stderr.write(f"line {line.number}: {line.message}\n")
    elif line.result != "added":
        console.say(f"line {line.number}: {line.email} is {line.result}")


def _report_counts(counts: "dict[ImportResult, int]", *, dry_run: bool, as_json: bool) -> None:
    added, there, refused = counts.values()
    if as_json:
        console.say(json.dumps({"added": added, "alreadyThere": there, "refused": refused, "dryRun": dry_run}))
        return
    console.say(f"{added} {'would be ' if dry_run else ''}added, {there} already there, {refused} refused.")
