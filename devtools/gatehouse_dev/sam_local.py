"""`python -m gatehouse_dev.sam_local` -- write env.json: what `sam local` gives functions to reach `make cloud`."""

import json

from gatehouse_dev.template import Template, load, local_parameters
from gatehouse_dev.template_file import DEFAULT_PATH

ENDPOINT = "http://host.docker.internal:4566"
PORT = 3000
FILE = DEFAULT_PATH.parent / "env.json"
WITHOUT_GOOGLE = {"GATEHOUSE_GOOGLE_CLIENT_ID": ""}  # its stand-in is at localhost, which a container is not


def local_template() -> Template:
    """The template with the names that `make cloud` gives, whatever the environment says."""
    return load(DEFAULT_PATH, local_parameters(WITHOUT_GOOGLE, PORT))


def text(template: Template) -> str:
    """The file for the option --env-vars; `Parameters` are for every function."""
    variables = template.environment() | {"AWS_ENDPOINT_URL": ENDPOINT}
    return json.dumps({"Parameters": dict(sorted(variables.items()))}, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(local_template()), encoding="utf-8")
