"""Write docs/openapi.json, or with `--check` fail if it is not current: `python -m gatehouse_dev.openapi`."""

import sys

from gatehouse_dev import openapi
from gatehouse_dev.environment import ProcessEnvironment
from gatehouse_dev.template import load, local_parameters

PORT = 3000  # any: it is not in the document


def main() -> None:
    """Write the document; with `--check` exit with 1 when it is outdated."""
    template = load(parameters=local_parameters({}, PORT))
    ProcessEnvironment(endpoint=None).enter(template.environment())
    text = openapi.text(openapi.document(template))
    if "--check" not in sys.argv[1:]:
        openapi.FILE.write_text(text, encoding="utf-8")
    elif not openapi.FILE.exists() or openapi.FILE.read_text(encoding="utf-8") != text:
        sys.exit("docs/openapi.json is not current: run `make openapi`")


if __name__ == "__main__":
    main()
