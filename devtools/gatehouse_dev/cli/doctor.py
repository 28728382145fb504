"""The command `gatehouse doctor`."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from gatehouse_dev import console
from gatehouse_dev.cli.service import Json, Local, Region, Stack, choose_one, fail

if TYPE_CHECKING:
    from gatehouse_dev.doctor.findings import Finding

app = typer.Typer()
COLOURS = {"ok": console.GREEN, "warning": console.YELLOW, "problem": console.RED}
WIDTH = max(map(len, COLOURS))


@app.command()
def doctor(*, stack: Stack = None, region: Region = None, local: Local = False, as_json: Json = False) -> None:
    """Find what a deployment lacks, with what mends it.

    Asks AWS and the deployed API, in the order in which a new owner meets it: credentials, stack, domain, mail, CORS,
    cookies, providers, alarms and keys. It changes nothing; the API counts its requests, and keeps the state of a
    sign-in at each provider for ten minutes, as for any visitor. Exits with 1 if there is a problem.
    """
    from gatehouse_dev.doctor.examination import examine, examine_local
    from gatehouse_dev.doctor.findings import Level
    from gatehouse_dev.template_file import TemplateError

    choose_one(stack, local=local)
    counts = dict.fromkeys(Level, 0)
    try:
        for finding in examine(stack, region) if stack else examine_local(os.environ):
            counts[finding.level] += 1
            for line in [json.dumps(asdict(finding))] if as_json else _lines(finding):
                console.say(line)
    except TemplateError as error:
        fail(f"The environment is not valid: {error}")
    if not as_json:
        console.say(_summary(counts[Level.PROBLEM], counts[Level.WARNING]))
    if counts[Level.PROBLEM]:
        raise typer.Exit(1)


def _lines(finding: "Finding") -> Iterator[str]:
    level = console.coloured(finding.level.ljust(WIDTH), COLOURS[finding.level], sys.stdout)
    yield f"{level}  {console.printable(f'{finding.check}: {finding.message}')}"
    for step in finding.remedy:
        yield f"{'':{WIDTH}}    {console.printable(step)}"


def _summary(problems: int, warnings: int) -> str:
    found = [f"{count} {name}{'s' * (count != 1)}" for count, name in ((problems, "problem"), (warnings, "warning"))]
    return f"{' and '.join(found)}{': begin with the first.' if problems else '.'}"
