"""A plugin of pytest: what the tests themselves need of packages that `make build` trimmed."""

from importlib.metadata import distribution

import pydantic

# SAM's translator describes the template with models of pydantic 1; no function has any.
pydantic.__path__.append(str(distribution("pydantic").locate_file("pydantic")))
