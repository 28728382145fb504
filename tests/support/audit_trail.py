"""The audit trail, which all tests of a process share."""

import json

from gatehouse_dev.cloud import Cloud
from tests.support.layer import layer


def audit_events(cloud: Cloud, user_id: str) -> list[tuple[str, str]]:
    """Return event and actor of each line about a user in the audit log."""
    found = cloud.client("logs").filter_log_events(logGroupName="AuditLogs")["events"]
    lines = [json.loads(event["message"]) for event in found]
    subject = layer("audit").pseudonym(user_id)
    return [(line["event"], line["actor"]) for line in lines if line["subject"] == subject]
