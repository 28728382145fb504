"""Commands in the documents can be typed as they stand: programs, targets of make, and calls of the AWS CLI exist."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.support.layout import ROOT

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```$|((?:^ {4}(?! |[|*-]).*\n)+)", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`((?:aws|git|sam|make|\.venv/bin/\w+) [^`]+)`")
FOR_EVERY_COMMAND = {"--query", "--output", "--region", "--profile"}


def commands(page: Path) -> Iterator[str]:
    """Yield the lines of code blocks, without prompts and joined where they are continued, and commands in the text."""
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.findall(text):
        for line in re.sub(r"\\\n\s*", "", "".join(found)).splitlines():
            yield line.strip().removeprefix("$ ")
    yield from INLINE.findall(text)


@cache
def client(service: str) -> Any:
    """Return a client of a service, which knows its operations."""
    return botocore.session.get_session().create_client(service, "us-east-1")


def operation_problem(service: str, name: str, options: set[str]) -> str:
    """Return what is wrong with a call of the AWS CLI, or nothing."""
    if name == "wait":
        return "" if service in botocore.session.get_session().get_available_services() else service
    known = {xform_name(one, "-"): one for one in client(service).meta.service_model.operation_names}
    if name not in known:
        return f"no command {name}"
    shape = client(service).meta.service_model.operation_model(known[name]).input_shape
    allowed = {f"--{xform_name(member, '-')}" for member in (shape.members if shape else ())} | FOR_EVERY_COMMAND
    unknown = {one for one in options if one not in allowed and one.replace("--no-", "--", 1) not in allowed}
    return f"no option {', '.join(sorted(unknown))}" if unknown else ""


def aws_calls(page: Path) -> Iterator[tuple[str, str, set[str]]]:
    """Yield service, command and options of each call of the AWS CLI."""
    for line in commands(page):
        for call in re.findall(r"(?:^|\$\()aws ([a-z0-9]+) ([a-z-]+)((?: [^|;)]*)?)", line):
            yield call[0], call[1], set(re.findall(r"(?<!\S)--[a-z-]+", call[2]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_calls_of_the_aws_cli_exist_with_their_options(page: Path) -> None:
    problems = {
        f"aws {service} {name}": problem
        for service, name, options in aws_calls(page)
        if service != "configure" and (problem := operation_problem(service, name, options))
    }

    assert problems == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_of_make_and_programs_of_the_environment_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))

    for line in commands(page):
        program, *words = line.split("#")[0].split() or [""]
        if program == "make" and words:
            assert words[0] in targets, line
        if program.startswith(".venv/bin/"):
            assert (ROOT / program).exists(), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_program_that_is_installed_in_the_folder_is_called_there(page: Path) -> None:
    """A shell does not find `sam`, but `.venv/bin/sam`. Prose may name it: `sam build` is part of `make build`."""
    assert [line for line in commands(page) if re.match(r"sam .*--|cfn-lint |moto_server ", line)] == []


def test_the_page_about_deploying_lists_the_programs_that_it_calls() -> None:
    page = ROOT / "docs/deploy.md"
    prerequisites = page.read_text(encoding="utf-8").partition("## 1. ")[2].partition("\n## ")[0]
    called = {line.split()[0] for line in commands(page) if re.match(r"(aws|curl|git|make) ", line)}

    assert called == {"aws", "curl", "git", "make"}
    assert [name for name in called if {"aws": "The AWS CLI"}.get(name, f"`{name}`") not in prerequisites] == []
