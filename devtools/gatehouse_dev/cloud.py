"""The resources of the template, created in this process: tables, secrets, a verified sender, mail."""

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import create_loader
from botocore.session import get_session

from gatehouse_dev import passwords, tables
from gatehouse_dev.engine import Engine, Listener, Mail
from gatehouse_dev.environment import ProcessEnvironment
from gatehouse_dev.resource_names import REGION, physical_name
from gatehouse_dev.template import Template

__all__ = ["Cloud", "CloudError", "Mail"]

MODELS = create_loader()  # shared: each session would read the service descriptions again, which is slow


class CloudError(Exception):
    """A resource cannot be created; the message says which."""


class Cloud:
    """An embedded AWS, while entered.

    With an endpoint, DynamoDB and its streams are there, and existing tables are kept; mail and secrets stay embedded.
    `secrets` are the values of secrets that the template names but does not create.
    """

    def __init__(
        self, template: Template, endpoint: str | None = None, secrets: Mapping[str, str] | None = None
    ) -> None:
        self.template = template
        self._given = secrets or {}
        self.endpoint = endpoint
        self._engine = Engine()
        self._surroundings = ProcessEnvironment(endpoint)
        self._running = ExitStack()
        self._session = get_session()
        self._session.register_component("data_loader", MODELS)
        self._clients: dict[str, Any] = {}
        self._clients_lock = threading.Lock()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._surroundings.restore)
            self._surroundings.enter(self.template.environment())
            stack.enter_context(self._engine.running(self.endpoint))
            self._create_what_is_missing()
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._clients.clear()
        self._running.close()

    def client(self, service: str) -> Any:  # botocore makes its clients at run time
        """Return a botocore client of this cloud; thread-safe."""
        with self._clients_lock:
            if service not in self._clients:
                client = self._clients[service] = self._session.create_client(service, region_name=REGION)
                _ = client.exceptions  # created at the first access; two threads would create two sets
            return self._clients[service]

    def mails(self) -> list[Mail]:
        """Return the sent mails, oldest first."""
        return list(self._engine.mails)

    def on_write(self, listener: Listener) -> None:
        """Register a listener for requests that write to the embedded DynamoDB; not for an endpoint."""
        self._engine.listeners.append(listener)

    def reset(self) -> None:
        """Empty tables and mailbox; secrets and identities stay."""
        if self.endpoint:
            self._delete_rows()
        self._engine.clear()

    def adopt(self, template: Template) -> None:
        """Switch to an edited template: new resources are created, existing ones kept."""
        variables = template.environment()
        self.template = template
        self._surroundings.enter(variables)
        self._create_what_is_missing()

    def table_name(self, logical: str) -> str:
        """Return the physical name of a logical id."""
        return physical_name(logical, self.template.resources[logical])

    def _delete_rows(self) -> None:
        dynamodb = self.client("dynamodb")
        for logical, properties in self.template.tables.items():
            table, key = self.table_name(logical), [part["AttributeName"] for part in properties["KeySchema"]]
            for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
                for row in page["Items"]:
                    dynamodb.delete_item(TableName=table, Key={name: row[name] for name in key})

    def _create_what_is_missing(self) -> None:
        try:
            self._create_tables()
            self._create_secrets()
            self._create_log_groups()
            self._verify_senders()
        except (BotoCoreError, ClientError) as error:
            message = f"the template's resources cannot be created: {error}"
            raise CloudError(message) from error

    def _create_tables(self) -> None:
        dynamodb = self.client("dynamodb")
        pages = dynamodb.get_paginator("list_tables").paginate()
        existing = {name for page in pages for name in page["TableNames"]}
        for logical, properties in self.template.tables.items():
            if self.table_name(logical) not in existing:
                tables.create(dynamodb, self.table_name(logical), properties)

    def _create_secrets(self) -> None:
        manager = self.client("secretsmanager")
        existing = {secret["Name"] for secret in manager.list_secrets(MaxResults=100)["SecretList"]}
        declared = {
            physical_name(logical, self.template.resources[logical]): passwords.secret_string(properties)
            for logical, properties in self.template.secrets.items()
        }
        for name, value in {**declared, **self._given}.items():
            if name not in existing:
                manager.create_secret(Name=name, SecretString=value)

    def _create_log_groups(self) -> None:
        logs = self.client("logs")
        existing = {group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]}
        for logical, resource in self.template.resources.items():
            name = physical_name(logical, resource)
            if resource["Type"] == "AWS::Logs::LogGroup" and name not in existing:
                logs.create_log_group(logGroupName=name)

    def _verify_senders(self) -> None:
        mail = self.client("sesv2")
        existing = {identity["IdentityName"] for identity in mail.list_email_identities()["EmailIdentities"]}
        for identity in set(self.template.identities.values()) - existing:
            mail.create_email_identity(EmailIdentity=identity)
