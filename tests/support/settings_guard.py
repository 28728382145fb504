"""Fails a function that reads a setting which the template does not give it. In tests, all share one environment."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from gatehouse_dev.template import Template
from tests.support import aws_calls
from tests.support.settings_usage import SETTINGS


@contextmanager
def enforce_settings(template: Template) -> Iterator[None]:
    """Raise ConfigurationError when a function reads a setting that it lacks in the template."""
    from gatehouse.config import Config, ConfigurationError  # noqa: PLC0415 -- a cloud puts the layer on the path

    def checked(config: Config, name: str) -> object:
        function = template.functions.get(aws_calls._current.get() or "")
        variable = f"GATEHOUSE_{name.upper()}"
        if function and name in SETTINGS and variable not in function.environment:
            raise ConfigurationError(f"{function.name} reads {variable}, which template.yaml does not give it")
        return object.__getattribute__(config, name)

    with patch.object(Config, "__getattribute__", checked):
        yield
