"""Commands in the documents can be typed as they stand: programs, targets of make, and calls of the AWS CLI exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import aws_commands
from tests.support.layout import ROOT

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```$|((?:^ {4}(?! |[|*-]).*\n)+)", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`((?:aws|git|sam|make|\.venv/bin/\w+) [^`]+)`")


def commands(page: Path) -> Iterator[str]:
    """Yield the lines of code blocks, without prompts and joined where they are continued, and commands in the text."""
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.findall(text):
        for line in re.sub(r"\\\n\s*", "", "".join(found)).splitlines():
            yield line.strip().removeprefix("$ ")
    yield from INLINE.findall(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_calls_of_the_aws_cli_exist_with_their_options(page: Path) -> None:
    assert [problem for line in commands(page) for problem in aws_commands.problems(line)] == []


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
