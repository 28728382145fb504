"""The build, and an AWS for it."""

from collections.abc import Iterator

import pytest

from tests.artefacts.subjects import Artefacts, built_artefacts


@pytest.fixture(scope="session")
def artefacts() -> Iterator[Artefacts]:
    """The functions of the build."""
    with built_artefacts() as artefacts:
        yield artefacts
