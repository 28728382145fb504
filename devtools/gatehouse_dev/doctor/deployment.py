"""The deployment that is examined: its parameters and outputs, and clients of its region."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config

from gatehouse_dev.admin.targets import ENDPOINT
from gatehouse_dev.environment import EXCLUDED_VARIABLES
from gatehouse_dev.template import load, local_parameters

IMPATIENT = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 2})
# No profile of the developer matters for the local service.
WITHOUT_FILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A stack, or the local service. `client` returns a botocore client, `resource` the name of a resource by its
    logical id, empty while it is being created; both raise what botocore raises.
    """

    name: str
    region: str
    client: Callable[[str], Any]
    status: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    resource: Callable[[str], str] = str
    is_local: bool = False

    @property
    def target(self) -> str:
        """The option of `gatehouse` that chooses this deployment."""
        return "--local" if self.is_local else f"--stack {self.name} --region {self.region}"

    @property
    def api_url(self) -> str:
        """The URL at which the API itself is, without a slash at the end."""
        return self.outputs.get("ApiUrl", "").rstrip("/")

    @property
    def public_url(self) -> str:
        """The URL by which the functions call their API, in links and to providers."""
        return self.parameter("BaseUrl").rstrip("/") or self.api_url

    def parameter(self, name: str) -> str:
        """Return the value of a parameter; empty if the deployed template has none of this name."""
        return self.parameters.get(name, "")

    def items(self, name: str) -> list[str]:
        """Return the items of a parameter that is a list."""
        return [item.strip() for item in self.parameter(name).split(",") if item.strip()]

    def aws(self, command: str) -> str:
        """Return a call of the AWS CLI in the deployment's region."""
        return f"aws {command} --region {self.region}"

    def set(self, *settings: str) -> tuple[str, str]:
        """Return the two steps that change parameters."""
        if self.is_local:
            return f"Set {' '.join(settings)} as GATEHOUSE_ variables (docs/configuration.md)", "make dev"
        named = ", ".join(f'"{setting}"' for setting in settings)
        stage = self.parameter("Stage") or "…"
        return f"Set {named} in parameter_overrides of [{stage}.global.parameters], samconfig.toml", self.deploy

    @property
    def deploy(self) -> str:
        """The command that deploys it again."""
        return f"make deploy STAGE={self.parameter('Stage') or '…'}"


def origin(url: str) -> str:
    """Return the origin of a URL, as browsers send it; empty if it has none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


def session(region: str | None) -> botocore.session.Session:
    """Return a session with the caller's credentials."""
    made = botocore.session.get_session()
    if region:
        made.set_config_variable("region", region)
    return made


def local_deployment(environ: Mapping[str, str]) -> Deployment:
    """Return the service that `make dev` runs, with the settings of this environment. Raises TemplateError."""
    template = load(parameters=local_parameters(environ, int(environ.get("PORT", "3000"))))
    variables = template.environment()
    own = {
        "aws_access_key_id": EXCLUDED_VARIABLES["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": EXCLUDED_VARIABLES["AWS_SECRET_ACCESS_KEY"],
        "endpoint_url": environ.get("AWS_ENDPOINT_URL") or ENDPOINT,
    }
    region = EXCLUDED_VARIABLES["AWS_REGION"]
    return Deployment(
        name="",
        region=region,
        client=_clients(botocore.session.Session(WITHOUT_FILES), region, **own),
        parameters=template.parameters,
        outputs={"ApiUrl": template.parameters["BaseUrl"]},
        resource={"TokensTable": variables["GATEHOUSE_TOKENS_TABLE"]}.__getitem__,
        is_local=True,
    )


def account(made: botocore.session.Session, region: str) -> Deployment:
    """Return what can be examined without a stack: the account."""
    return Deployment(name="", region=region, client=_clients(made, region))


def deployed(made: botocore.session.Session, region: str, stack: str) -> Deployment:
    """Return a stack; raises what botocore raises."""
    client = _clients(made, region)
    (found,) = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]

    def resource(logical: str) -> str:
        found = client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=logical)
        return str(found["StackResourceDetail"].get("PhysicalResourceId", ""))

    return Deployment(
        name=stack,
        region=region,
        client=client,
        status=found["StackStatus"],
        parameters={one["ParameterKey"]: one.get("ParameterValue", "") for one in found.get("Parameters", ())},
        outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())},
        resource=resource,
    )


def _clients(made: botocore.session.Session, region: str, **options: Any) -> Callable[[str], Any]:
    @cache
    def client(service: str) -> Any:
        return made.create_client(service, region, config=IMPATIENT, **options)

    return client
