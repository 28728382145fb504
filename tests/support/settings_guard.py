"""Many functions share a process here. None of them may read a setting that it would not have in Lambda."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from gatehouse_dev.template import Template
from tests.support import aws_calls
from tests.support.settings_usage import SETTINGS


@contextmanager
def enforce_settings(template: Template) -> Iterator[None]:
    """Refuse a function what the template does not give to it."""
    from gatehouse.config import Config, ConfigurationError  # noqa: PLC0415 -- a cloud puts the layer on the path

    def own(config: Config, name: str) -> object:
        function = template.functions.get(aws_calls._current.get() or "")
        variable = f"GATEHOUSE_{name.upper()}"
        if function and name in SETTINGS and variable not in function.environment:
            raise ConfigurationError(f"{function.name} reads {variable}, and template.yaml does not give it that")
        return object.__getattribute__(config, name)

    with patch.object(Config, "__getattribute__", own):
        yield
