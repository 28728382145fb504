"""The layer can be imported once the cloud runs, and what it logs can be read."""

import json
import sys
from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.layer import layer


@pytest.fixture(autouse=True)
def _importable(api: Api) -> None:
    """The environment of the template, which the layer reads when imported."""
    assert api


class Stdout:
    """Whatever standard output is at the moment."""

    def write(self, text: str) -> int:
        """Write to it."""
        return sys.stdout.write(text)

    def flush(self) -> None:
        """Flush it."""
        sys.stdout.flush()


class Log:
    """What a test wrote to standard output and error, where Lambda takes logs from."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    @property
    def text(self) -> str:
        """All of it so far."""
        written = self._capsys.readouterr()
        self._text += written.out + written.err
        return self._text

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of the logger, parsed; metrics left out."""
        lines = [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]
        return [line for line in lines if "_aws" not in line]


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Log:
    """Read the log; the logger holds on to the stream that it found when it was made."""
    for handler in layer("telemetry").logger._logger.handlers:
        monkeypatch.setattr(handler, "stream", Stdout())
    return Log(capsys)
