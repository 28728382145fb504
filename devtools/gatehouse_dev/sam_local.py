"""`python -m gatehouse_dev.sam_local` -- write env.json, with which functions in `sam local` use `make cloud`."""

import json

from gatehouse_dev.template import Template, load, local_parameters
from gatehouse_dev.template_file import DEFAULT_PATH

ENDPOINT = "http://host.docker.internal:4566"
PORT = 3000
FILE = DEFAULT_PATH.parent / "env.json"
WITHOUT_GOOGLE = {"GATEHOUSE_GOOGLE_CLIENT_ID": ""}  # the fake Google is at localhost, which a container cannot reach


def local_template() -> Template:
    """Return the template with the resource names of `make cloud`, independent of the environment."""
    return load(DEFAULT_PATH, local_parameters(WITHOUT_GOOGLE, PORT))


def text(template: Template) -> str:
    """Return the file for the option --env-vars; `Parameters` apply to every function."""
    variables = template.environment() | {"AWS_ENDPOINT_URL": ENDPOINT}
    return json.dumps({"Parameters": dict(sorted(variables.items()))}, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(local_template()), encoding="utf-8")
