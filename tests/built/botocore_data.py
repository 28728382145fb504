"""A pytest plugin: adds what the tests themselves need of packages that `make build` trimmed."""

from importlib.metadata import distribution

import pydantic

# SAM's translator uses models of pydantic 1; no function does.
pydantic.__path__.append(str(distribution("pydantic").locate_file("pydantic")))
