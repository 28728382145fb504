"""Two signed-in users, and the stream of erasure orders."""

from datetime import timedelta

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.erasures import Erasures
from tests.support.layer import layer
from tests.support.passkeys import Passkeys
from tests.support.people import People, Person
from tests.support.two_factor import Enrolled


@pytest.fixture
def ann(people: People) -> Person:
    """A signed-in user."""
    return people.signed_in("ann")


@pytest.fixture
def bob(people: People) -> Person:
    """Another signed-in user."""
    return people.signed_in("bob")


@pytest.fixture
def erasures(call: Api, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Erasures:
    """The stream of erasure orders. Erasing does not wait for requests that are under way."""
    assert call
    monkeypatch.setattr(layer("erasure.flows"), "_LONGEST_REQUEST", timedelta(0))
    return Erasures(call, cloud)


@pytest.fixture
def enrolled(call: Api, ann: Person) -> Enrolled:
    """Ann, whose app is her second factor."""
    return Enrolled(call, ann)


@pytest.fixture
def passkeys(call: Api) -> Passkeys:
    """The calls of passkeys."""
    return Passkeys(call=call)
