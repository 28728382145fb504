"""`make deploy` asks once for a stage's parameters, and warns of cookies that browsers would not send."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gatehouse_dev import deploying
from gatehouse_dev.cli import main
from gatehouse_dev.deploying import CONFIGURATION, Prompt, is_same_site, load_parameters, prepare, warnings

ANSWERS = ["no-reply@example.com", "https://app.example.com/", "api.example.com", "Z123", "ops@example.com"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A copy of the project's samconfig.toml."""
    return Path(shutil.copy(CONFIGURATION, tmp_path))


def answering(*answers: str) -> Prompt:
    """Return a prompt that gives these answers and no more."""
    remaining: Iterator[str] = iter(answers)
    return lambda _question: next(remaining)


def no_terminal(_question: str) -> str:
    """Act as a prompt without a terminal."""
    raise EOFError


def test_answers_are_stored_and_not_asked_for_again(path: Path) -> None:
    before = path.read_text()

    assert prepare("dev", answering(*ANSWERS, "1"), path) == 0
    assert prepare("dev", no_terminal, path) == 0
    assert load_parameters(path, "dev") == {
        "Stage": "dev",
        "MailFrom": "no-reply@example.com",
        "FrontendUrl": "https://app.example.com/",
        "CorsOrigins": "https://app.example.com",
        "DomainName": "api.example.com",
        "BaseUrl": "https://api.example.com",
        "HostedZoneId": "Z123",
        "AlarmEmail": "ops@example.com",
        "CookieSameSite": "lax",
    }
    assert load_parameters(path, "prod")["Stage"] == "prod"
    assert len(path.read_text().splitlines()) == len(before.splitlines())


def test_a_combination_that_cannot_work_is_rejected(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lax cookies do not work on another site."""
    other_site = ["no-reply@example.com", "https://app.example.net", "", ""]

    assert prepare("dev", answering(*other_site, "1", "x", "2"), path) == 0
    assert load_parameters(path, "dev")["CookieSameSite"] == "none"
    assert "browsers will not send them" in capsys.readouterr().err


def test_bearer_tokens_on_another_site_give_a_warning(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare("dev", answering("", "a@example.com", "https://app.example.net", "", "", "3"), path) == 0
    assert "or use bearer tokens only" in capsys.readouterr().err


def test_without_a_terminal_the_missing_parameter_is_reported(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare("prod", no_terminal, path) != 0
    assert "no MailFrom for prod" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["production"], ["dev", "prod"]])
def test_a_stage_must_be_named(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["deploy", *arguments])

    assert stop.value.code == 2
    assert "Usage: gatehouse deploy [OPTIONS] {STAGE}" in capsys.readouterr().err


def test_a_stage_is_built_and_deployed_until_a_step_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **options: Any) -> SimpleNamespace:
        ran.append(command[2:])
        assert options["env"]["PATH"].startswith(f"{sys.base_prefix}/bin")
        assert options["env"]["SAM_CLI_TELEMETRY"] == "0"
        return SimpleNamespace(returncode=3 if "deploy" in command else 0)

    monkeypatch.setattr(deploying, "subprocess", SimpleNamespace(run=run))

    assert deploying.deploy("staging") == 3
    assert [" ".join(command) for command in ran] == [
        "samcli validate --config-env staging",
        "samcli build --config-env staging",
        "gatehouse_dev.prepare_build .aws-sam/build",
        "samcli deploy --config-env staging",
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("app.example.com", "api.example.com", True),
        ("example.com", "api.example.com", True),
        ("example.co.uk", "api.example.co.uk", True),
        ("one.co.uk", "api.two.co.uk", False),
        ("app.example.com", "api.example.net", False),
        ("app.example.com", "", False),
    ],
)
def test_a_site_is_a_registrable_domain(one: str, other: str, same: bool) -> None:  # noqa: FBT001 -- a case
    assert is_same_site(one, other) is same


@pytest.mark.parametrize("same_site", ["lax", "strict"])
def test_every_frontend_on_another_site_gives_a_warning(same_site: str) -> None:
    parameters = {
        "CookieSameSite": same_site,
        "DomainName": "api.example.com",
        "CorsOrigins": "https://app.example.com,https://a.example.net,https://b.example.net",
    }

    assert [warning.split()[1] for warning in warnings(parameters)] == ["a.example.net", "b.example.net"]
    assert list(warnings(parameters | {"CookieSameSite": "none"})) == []
