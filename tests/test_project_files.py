"""CI workflows and pre-commit hooks run the commands of the Makefile."""

import re
import tomllib
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.support.layout import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PYTHON = ".venv/bin/python"
PREPARATION = ("curl --version", "sudo apt-get", "sudo sysctl")  # of the runner, before our commands


def parsed(path: str) -> Any:
    """Return a parsed YAML file."""
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def recipe(target: str) -> list[str]:
    """Return the commands of a Makefile target."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found, target
    return [line.strip().replace("$(PYTHON)", PYTHON) for line in found[1].splitlines()]


def test_the_workflow_runs_what_must_pass_before_a_change_lands() -> None:
    job = parsed(".github/workflows/ci.yml")["jobs"]["test"]
    commands = [step["run"] for step in job["steps"] if "run" in step and not step["run"].startswith(PREPARATION)]
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")

    assert commands == re.findall(r"^make .+$", script, re.MULTILINE)
    targets = [word for command in commands for word in command.removeprefix("make ").split() if "=" not in word]
    assert all(map(recipe, targets))
    assert re.search(r"^coverage: test\b", MAKEFILE, re.MULTILINE)  # it includes the README's command


def test_every_night_all_tests_run() -> None:
    (job,) = parsed(".github/workflows/nightly.yml")["jobs"].values()

    assert [step["run"] for step in job["steps"] if "run" in step] == [
        "make test-all",
        "make test-next",
        "make test-dynamodb",
    ]
    assert recipe("test-all")
    assert recipe("test-next")
    assert recipe("test-dynamodb")


@pytest.mark.parametrize(("workflow", "job"), [("ci", "test"), ("nightly", "test-all")])
def test_a_workflow_installs_python_and_node(workflow: str, job: str) -> None:
    steps = parsed(f".github/workflows/{workflow}.yml")["jobs"][job]["steps"]
    actions = {step["uses"].partition("@")[0]: step for step in steps if "uses" in step}

    assert actions["actions/setup-python"]["with"] == {"python-version-file": ".python-version"}
    assert actions["actions/setup-node"]["with"]["node-version"] >= 20
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action["uses"]) for action in actions.values())


def test_the_hooks_are_the_linters_of_make_lint() -> None:
    (repository,) = parsed(".pre-commit-config.yaml")["repos"]
    hooks = repository["hooks"]

    assert repository["repo"] == "local"
    assert [hook["entry"].removeprefix("env SAM_CLI_TELEMETRY=0 ") for hook in hooks] == recipe("lint")
    assert {hook["language"] for hook in hooks} == {"system"}


def test_the_licence_is_the_one_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")

    assert project["license"] == "MIT"
    assert text.startswith("MIT License\n\nCopyright (c) 2026 The Gatehouse authors\n")


def test_the_changelog_has_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = re.findall(r"^## \[(\S+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert project["version"] in versions
