"""The doctor on the service of `make dev`."""

import json
import re
from collections.abc import Iterator

import pytest

from gatehouse_dev.cli import main
from tests.devtools.doctor.conftest import (
    unused_url,
)
from tests.support.service import Service, running_service

pytestmark = pytest.mark.xdist_group("doctor local")  # they share one service


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running_service(cloud_port="0", cors_origins="http://localhost:5173") as service:
        yield service


@pytest.fixture
def local(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The environment in which `make dev` runs."""
    monkeypatch.setenv("PORT", service.url.rpartition(":")[2])
    monkeypatch.setenv("AWS_ENDPOINT_URL", service.cloud_url)
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    return service


def test_the_local_service_is_examined_without_aws(local: Service, capsys: pytest.CaptureFixture[str]) -> None:
    """By its own API and outbox, and with the provider of `make dev`."""
    with pytest.raises(SystemExit) as stop:
        main(["doctor", "--local", "--json"])

    findings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["level"] for one in findings} == {"ok"}, findings
    assert [one["check"] for one in findings] == [
        *("api", "public url", "mails", "cors", "cookies"),
        *("providers", "providers"),
    ]
    assert findings[3]["message"] == "The API answers preflights of http://localhost:5173."
    assert findings[-1]["message"].endswith(f"{local.url}/api/auth/oauth/google/callback.")
    assert stop.value.code in (0, None)


def test_a_local_service_that_does_not_run_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", unused_url().rpartition(":")[2])
    monkeypatch.setenv("AWS_ENDPOINT_URL", unused_url())

    with pytest.raises(SystemExit) as stop:
        main(["doctor", "--local"])

    printed = capsys.readouterr().out
    assert stop.value.code == 1
    assert re.match(r"problem  api: http://localhost:\d+/health cannot be reached: .*\n +make dev\n", printed)
    assert "warning  cors: Not checked: " in printed


def test_invalid_settings_are_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GATEHOUSE_COOKIE_SAME_SITE", "sometimes")

    with pytest.raises(SystemExit) as stop:
        main(["doctor", "--local"])

    printed = capsys.readouterr()
    assert (stop.value.code, printed.out) == (1, "")
    assert printed.err.startswith("The environment is not valid: parameter CookieSameSite is 'sometimes'")
