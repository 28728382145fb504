"""/dev/mailbox/templates shows every mail in every language without sending any."""

import pytest

from gatehouse_dev import pages
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.gateway import Api as Gateway
from gatehouse_dev.messages import Request
from tests.support.calls import Api


@pytest.mark.usefixtures("call")
def test_every_mail_is_shown_in_every_language(api: Api, cloud: Cloud) -> None:
    gateway = Gateway(routes=api.template.routes, cors=api.template.cors)
    response = pages.page(Request(method="GET", raw_path="/dev/mailbox/templates"), gateway, {}, cloud.mails())

    assert response is not None
    text = response.body.decode()
    assert response.status == 200
    assert text.count("<article>") == 20 * 2
    assert "Set a new password for Gatehouse" in text
    assert "Bestätigen Sie Ihre E-Mail-Adresse für Gatehouse" in text
    assert "<Smith>" not in text
    assert "$" not in text.partition("<article>")[2]
    assert cloud.mails() == []
