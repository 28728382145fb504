"""`make deploy` asks once for a stage's parameters, and warns of cookies that browsers would not send."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatehouse_dev.deploying import CONFIGURATION, Prompt, is_same_site, load_parameters, main, warnings

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

    assert main(["dev"], answering(*ANSWERS, "1"), path) == 0
    assert main(["dev"], no_terminal, path) == 0
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

    assert main(["dev"], answering(*other_site, "1", "x", "2"), path) == 0
    assert load_parameters(path, "dev")["CookieSameSite"] == "none"
    assert "browsers will not send them" in capsys.readouterr().err


def test_bearer_tokens_on_another_site_give_a_warning(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dev"], answering("", "a@example.com", "https://app.example.net", "", "", "3"), path) == 0
    assert "or use bearer tokens only" in capsys.readouterr().err


def test_without_a_terminal_the_missing_parameter_is_reported(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prod"], no_terminal, path) != 0
    assert "no MailFrom for prod" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["production"], ["dev", "prod"]])
def test_a_stage_must_be_named(arguments: list[str], path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments, no_terminal, path) != 0
    assert "STAGE=dev|staging|prod" in capsys.readouterr().err


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
