"""Calls of the passkey endpoints."""

import pytest

from tests.support.calls import Api
from tests.support.passkeys import Passkeys


@pytest.fixture
def passkeys(call: Api) -> Passkeys:
    """Adds passkeys and signs in with them."""
    return Passkeys(call=call)
