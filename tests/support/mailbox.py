"""Mail as its receiver sees it. moto delivers no streams, so looking hands pending rows to send_mail first."""

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
    """One mail."""

    to: str
    subject: str
    text: str
    html: str

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
    """All mail, whoever it is for."""

    def __init__(self, call: Api, cloud: Cloud) -> None:
        """An empty one."""
        self._call = call
        self._cloud = cloud

    @property
    def all(self) -> list[Mail]:
        """Every mail so far, oldest first."""
        self.deliver()
        return [Mail(to=mail.to, subject=mail.subject, text=mail.text, html=mail.html) for mail in self._cloud.mails()]

    @property
    def last(self) -> Mail:
        """The newest mail."""
        return self.all[-1]

    def to(self, address: str) -> list[Mail]:
        """The mails for one address, oldest first."""
        return [mail for mail in self.all if mail.to == address]

    def pending(self) -> list[dict[str, Any]]:
        """Stream records of the rows that ask for a mail."""
        rows = self._cloud.client("dynamodb").scan(TableName="TokensTable")["Items"]
        return [record(row) for row in rows if row.get("mail_state") == {"S": "pending"}]

    def deliver(self, *records: dict[str, Any]) -> Any:
        """Hand `records`, or all that is pending, to send_mail."""
        batch = list(records) or self.pending()
        return self._call.invoke("SendMail", {"Records": batch}) if batch else None


def record(row: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The stream record of a row that was just written."""
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
