"""The layer can be imported while the cloud runs, and its log can be read."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.keys.test_rotate_secret import Rotation
from tests.support.calls import Api
from tests.support.layer import layer


@pytest.fixture(autouse=True)
def _importable(api: Api) -> None:
    """Set the environment of the template, which the layer reads when imported."""
    assert api


@pytest.fixture
def rotation(call: Api, cloud: Cloud) -> Iterator[Rotation]:
    """Secrets Manager; afterwards there is a good secret again."""
    rotation = Rotation(call, cloud)
    yield rotation
    rotation.put("a good secret again, as long as it has to be, whatever happened to the one before")


class Stdout:
    """The current standard output."""

    def write(self, text: str) -> int:
        """Write to it."""
        return sys.stdout.write(text)

    def flush(self) -> None:
        """Flush it."""
        sys.stdout.flush()


class Log:
    """The log of a test: standard output and error, as Lambda collects it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    @property
    def text(self) -> str:
        """Return the log so far."""
        written = self._capsys.readouterr()
        self._text += written.out + written.err
        return self._text

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the logger's lines, parsed, without metrics."""
        lines = [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]
        return [line for line in lines if "_aws" not in line]


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Log:
    """The log; the logger's stream is replaced, for it keeps the one that it found when imported."""
    for handler in layer("telemetry").logger._logger.handlers:
        monkeypatch.setattr(handler, "stream", Stdout())
    return Log(capsys)
