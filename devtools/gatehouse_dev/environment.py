"""Set the process environment that deployed functions have, and restore the original."""

import os
from collections.abc import Mapping

from gatehouse_dev.resource_names import REGION

EXCLUDED_VARIABLES = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class ProcessEnvironment:
    """Changes to os.environ, and the original values."""

    def __init__(self, endpoint: str | None) -> None:
        self._before: dict[str, str | None] = {}
        self._aws = EXCLUDED_VARIABLES | (
            {"AWS_ENDPOINT_URL_DYNAMODB": endpoint, "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": endpoint} if endpoint else {}
        )

    def enter(self, variables: Mapping[str, str]) -> None:
        """Set the functions' variables; a second call, after a reload, adds to the first."""
        for name in [name for name in os.environ if name.startswith("AWS_") and name not in self._aws]:
            self._set(name, None)
        for name, value in {**variables, **self._aws}.items():
            self._set(name, value)

    def restore(self) -> None:
        """Restore the original environment."""
        before, self._before = self._before, {}
        for name, value in before.items():
            _set_variable(name, value)

    def _set(self, name: str, value: str | None) -> None:
        self._before.setdefault(name, os.environ.get(name))
        _set_variable(name, value)


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
