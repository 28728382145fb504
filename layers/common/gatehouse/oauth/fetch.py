"""JSON from providers."""

import json
from typing import Any

from gatehouse import outbound
from gatehouse.config import config
from gatehouse.errors.providers import ProviderUnavailable


def fetch(url: str, *, form: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """Return the status and the JSON at `url`, to which `form` is posted if there is one; None for a body that is no
    JSON. Raises ProviderUnavailable without a complete response in time.
    """
    seconds = config().provider_timeout
    accept = {"accept": "application/json"}
    try:
        status, body = outbound.fetch(url, seconds=seconds, form=form, headers=accept | (headers or {}))
    except outbound.RequestFailed as failure:
        raise ProviderUnavailable(cause=f"{url}: {failure}") from None
    try:
        return status, json.loads(body)
    except (ValueError, RecursionError):
        return status, None
