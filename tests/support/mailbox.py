"""Mail as its receiver sees it. moto delivers no streams, so reading the mailbox runs send_mail on pending rows."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail."""

    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]

    @property
    def link(self) -> str:
        """The first link of the mail."""
        found = re.search(r"https?://\S+", self.text)
        assert found, self.text
        return found[0]

    @property
    def token(self) -> str:
        """The token in the mail's link."""
        found = re.search(r"(?:token=|/reset-password/)([\w-]{43,})", unquote(self.link))
        assert found, self.link
        return found[1]


class Mailbox:
    """The mails to all addresses."""

    def __init__(self, call: Api, cloud: Cloud) -> None:
        """Read the mails of this cloud."""
        self._call = call
        self._cloud = cloud

    @property
    def all(self) -> list[Mail]:
        """All mails, oldest first."""
        self.deliver()
        return [
            Mail(to=mail.to, subject=mail.subject, text=mail.text, html=mail.html, headers=dict(mail.headers))
            for mail in self._cloud.mails()
        ]

    @property
    def last(self) -> Mail:
        """The newest mail."""
        return self.all[-1]

    def to(self, address: str) -> list[Mail]:
        """Return the mails to one address, oldest first."""
        return [mail for mail in self.all if mail.to == address]

    def pending(self) -> list[dict[str, Any]]:
        """Return the stream records of rows with a pending mail, oldest first."""
        rows = self._cloud.client("dynamodb").scan(TableName="TokensTable")["Items"]
        pending = [row for row in rows if row.get("mail_state") == {"S": "pending"}]
        return [record(row) for row in sorted(pending, key=lambda row: int(row["created_at"]["N"]))]

    def deliver(self, *records: dict[str, Any]) -> Any:
        """Deliver `records`, by default all pending ones, to send_mail."""
        batch = list(records) or self.pending()
        return self._call.invoke("SendMail", {"Records": batch}) if batch else None


def record(row: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the stream record of a new row."""
    image = {
        name: {"B": b64encode(value["B"]).decode()} if "B" in value else dict(value) for name, value in row.items()
    }
    return {
        "eventID": "1",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {"subject": image["subject"], "purpose": image["purpose"]},
            "NewImage": image,
            "SequenceNumber": f"{row['subject']['S']}/{row['purpose']['S']}",
        },
    }
