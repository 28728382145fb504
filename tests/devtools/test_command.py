"""The command `gatehouse`: how it is found, its help, completion, and what it says about wrong input."""

import io
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
import shellingham

from gatehouse_dev import openapi
from gatehouse_dev.cli import main
from gatehouse_dev.environment import ProcessEnvironment
from tests.support.layout import ROOT
from tests.support.processes import run_python

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((ROOT / "docs").glob("*.md"))
EXAMPLE = re.compile(r"(?:^ {4}|^\$ |`)(?:\.venv/bin/)?gatehouse ([a-z][^`#\n|]*)", re.MULTILINE)
HELP = """\
Usage: gatehouse [OPTIONS] COMMAND [ARGS]...

  Run Gatehouse on this machine, deploy it, and look after its users, mails
  and keys.

Options:
  --install-completion  Install completion for the current shell.
  --show-completion     Show completion for the current shell, to copy it or
                        customize the installation.
  -h, --help            Show this message and exit.

Commands:
  dev           Run the service on this machine, without AWS: `make dev`.
  seed          Add a demo user with tasks to the local service.
  openapi       Write docs/openapi.json from the functions' routers.
  deploy        Build, validate and deploy a stage: `make deploy`.
  doctor        Find what a deployment lacks, with what mends it.
  users         List, show and change users.
  mail          Retry mails that failed.
  keys          Rotate the keys that sign cookies, tokens and links.
  import-users  Import the users of another system.

  See docs/operating.md and docs/local.md.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str


def run(line: str) -> Run:
    """Run a command in this process: `run("users list --local")`."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stop:
        main(line.split())
    return Run(code=int(stop.value.code or 0), out=out.getvalue(), err=err.getvalue())


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """The help of each command, as its group lists it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        groups = {name: run(f"{name} --help").out for name in listed(run("--help").out)}
        nested = [f"{group} {name}" for group, text in groups.items() for name in listed(text)]
        alone = {name: text for name, text in groups.items() if not listed(text)}
        return alone | {name: run(f"{name} --help").out for name in nested}


def listed(text: str) -> list[str]:
    """Return the commands in the help of a group."""
    return re.findall(r"^  ([a-z-]+)  ", text.partition("Commands:")[2], re.MULTILINE)


def test_it_lists_its_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert run("--help") == Run(code=0, out=HELP, err="")


def test_every_command_has_a_help_that_begins_with_a_sentence(helps: dict[str, str]) -> None:
    assert len(helps) == 17
    for name, text in helps.items():
        assert re.match(rf"Usage: gatehouse {name} .*\n\n  [A-Z].*[.]\n\n", text), name
    on_service = {name for name, text in helps.items() if "--json  " in text} - {"dev"}
    assert on_service == {name for name, text in helps.items() if "--stack NAME  " in text and "--local  " in text}
    assert on_service == helps.keys() - {"dev", "seed", "openapi", "deploy"}


def test_every_command_on_a_service_is_in_the_page_for_operators(helps: dict[str, str]) -> None:
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z -]+?)(?: (?:[A-Z@\[]|--).*?)?` \|", page, re.MULTILINE)

    assert set(rows) == {name for name, text in helps.items() if "--local" in text}


def test_examples_in_documents_are_commands_with_their_options(helps: dict[str, str]) -> None:
    examples = [(page.name, line) for page in PAGES for line in EXAMPLE.findall(page.read_text(encoding="utf-8"))]

    assert len(examples) > 20
    for page, line in examples:
        (name,) = [one for one in helps if f"{line} ".startswith(f"{one} ")] or [f"no command in {page}: {line}"]
        assert [option for option in re.findall(r" (-v|--[a-z-]+)", line) if option not in helps[name]] == [], page


# -- Wrong input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("users list", "Choose one service: --stack NAME for a deployed one, or --local for that of `make dev`."),
        ("mail redrive --local --stack x", "Choose one service: --stack NAME for a deployed one, or --local .*"),
        ("frob", "Error: No such command 'frob'."),
        ("users lst --local", "Error: No such command 'lst'. Did you mean 'list'\\?"),
        ("users show --local", "Error: Missing argument 'WHO'."),
        ("users show a@example.com b --local", "Error: Got unexpected extra argument\\(s\\) \\(b\\)"),
        ("users list --local --limit 0", "Error: Invalid value for '--limit': .* greater than or equal to 1"),
        ("users list --local --since soon", "Error: Invalid value for '--since': .*"),
        ("keys rotate --now --local", "Error: No such option: --now"),
        ("import-users --local", "Error: Missing argument 'FILE'."),
        ("seed --url localhost:3000", "--url must begin with http:// or https://"),
    ],
)
def test_wrong_input_is_a_sentence_and_exit_code_2(line: str, sentence: str) -> None:
    result = run(line)

    assert (result.code, result.out) == (2, "")
    assert re.fullmatch(sentence, result.err.splitlines()[-1])


# -- openapi ----------------------------------------------------------------------------


def test_openapi_writes_the_document_and_checks_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """tests/docs/test_openapi.py compares the whole document."""
    monkeypatch.setattr(openapi, "FILE", tmp_path / "openapi.json")
    monkeypatch.setattr(openapi, "document", lambda _: {"openapi": "3.1"})
    monkeypatch.setattr(ProcessEnvironment, "enter", lambda *_: None)
    outdated = Run(code=1, out="", err="docs/openapi.json is not current: run `make openapi`\n")

    assert run("openapi --check") == outdated
    assert run("openapi") == Run(code=0, out="", err="")
    assert run("openapi --check").code == 0
    openapi.FILE.write_text("{}")
    assert run("openapi --check") == outdated


# -- The file `gatehouse`, and completion -----------------------------------------------


def test_it_works_in_any_folder_and_completes_words(tmp_path: Path) -> None:
    """By a link, from another working directory, without variables, and with a space in the folder's name."""
    folder = tmp_path / "a folder's name"
    (folder / "devtools").mkdir(parents=True)
    shutil.copy(ROOT / "devtools/gatehouse", folder / "devtools")
    (folder / "devtools/gatehouse_dev").symlink_to(ROOT / "devtools/gatehouse_dev")
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".cache").symlink_to(ROOT / ".cache")
    link = tmp_path / "gatehouse"
    link.symlink_to(folder / "devtools/gatehouse")
    (tmp_path / "typer.py").write_text("raise ImportError")  # what is in the working directory is not imported

    words = {"COMP_WORDS": "gatehouse users s", "COMP_CWORD": "2", "_GATEHOUSE_COMPLETE": "complete_bash"}
    completed = subprocess.run(  # noqa: S603 -- ours
        [link], cwd=tmp_path, env={"PATH": os.defpath, **words}, capture_output=True, text=True, check=True
    )

    assert (completed.stdout.split(), completed.stderr) == (["show", "sign-out"], "")


def test_make_links_it_into_the_environment() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\n.venv/ready:")[2].partition("\n\n")[0]

    assert "ln -s ../../devtools/gatehouse .venv/bin/gatehouse\n" in recipe
    assert (ROOT / ".venv/bin/../../devtools/gatehouse").stat().st_mode & 0o111


def test_completion_is_installed_for_the_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("bash", "/bin/bash"))

    result = run("--install-completion")

    script = tmp_path / ".bash_completions/gatehouse.sh"
    assert (result.code, str(script) in (tmp_path / ".bashrc").read_text()) == (0, True)
    assert "_GATEHOUSE_COMPLETE=complete_bash $1" in script.read_text()
    assert script.read_text().rstrip().endswith("complete -o default -F _gatehouse_completion gatehouse")


def test_its_help_loads_nothing_that_is_slow() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "devtools")}
    loaded = set(
        run_python("-c", "import sys, gatehouse_dev.cli; print(*sys.modules)", environment=environment).split()
    )

    assert "typer" in loaded
    assert loaded & {"rich", "botocore", "moto", "uvicorn", "fastapi", "gatehouse", "pynamodb", "yaml"} == set()
