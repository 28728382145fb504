"""The API, its address and certificate, and Lambda's concurrency."""

import json
import socket
import ssl
from typing import Any
from urllib.error import URLError
from urllib.request import OpenerDirector

import pytest

from tests.devtools.doctor.conftest import (
    CERTIFICATE_ARN,
    NAMED,
    Examine,
    issued,
    unused_url,
)
from tests.support import deployed_stack
from tests.support.deployed_stack import REGION, STACK, StandIn, client, physical, stand_in

SITE = "https://app.example.com"


def test_an_api_that_cannot_be_reached_does_not_stop_other_checks(examine: Examine) -> None:
    url = unused_url()
    deployed_stack.create(url, CorsOrigins=SITE, CookieSameSite="none")

    report = examine()

    assert report.problems == ["api"]
    assert report.of("api")[0][1].startswith(f"{url}/health cannot be reached: ")
    assert report.of("cors")[0][:2] == (
        "warning",
        f"Not checked: {report.of('api')[0][1].replace('/health', '/api/auth/get-session')}",
    )
    assert report.of("rotation")[0][0] == "ok"


def test_an_api_that_fails_is_a_problem_with_its_log(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)
    api.answers["GET /health"] = (503, {}, json.dumps({"code": "SERVICE_UNAVAILABLE"}))

    ((level, message, remedy),) = examine().of("api")

    assert (level, message) == ("problem", f"{api.url}/health answers 503 (SERVICE_UNAVAILABLE).")
    assert remedy == [f"aws logs tail {physical('Logs')} --since 10m --region {REGION}"]


@pytest.mark.parametrize(
    ("raised", "words", "step"),
    [
        (socket.gaierror(-2, "unknown"), "its name has no address", "Add to DNS: api.example.com CNAME d-1.example"),
        ("tls", "its certificate is not accepted: ", "Point api.example.com at d-1.example"),
    ],
)
def test_dns_and_certificate_of_the_domain_are_told_apart(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, raised: Any, words: str, step: str
) -> None:
    deployed_stack.create("https://api.example.com", CertificateArn=CERTIFICATE_ARN, **NAMED)
    described = client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    described[0]["Outputs"].append({"OutputKey": "DomainTarget", "OutputValue": "d-1.example"})
    error = ssl.SSLCertVerificationError("certificate verify failed") if raised == "tls" else raised

    def fail(*_: object, **__: object) -> None:
        raise URLError(error)

    monkeypatch.setattr(OpenerDirector, "open", fail)

    report = examine(DescribeStacks={"Stacks": described}, DescribeCertificate=issued("ISSUED"))

    ((level, message, remedy),) = report.of("api")
    assert (level, words in message, remedy[0]) == ("problem", True, step)


def test_a_certificate_that_waits_for_dns_shows_its_record(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url, CertificateArn=CERTIFICATE_ARN, **NAMED)

    ((level, message, remedy),) = examine(DescribeCertificate=issued("PENDING_VALIDATION")).of("certificate")

    assert (level, "waits for a DNS record" in message) == ("problem", True)
    assert remedy == ["Add to DNS: _a.api.example.com. CNAME _b.acm-validations.aws."]
    assert examine(DescribeCertificate=issued("ISSUED")).of("certificate")[0][0] == "ok"
    assert examine(DescribeCertificate=issued("EXPIRED")).of("certificate")[0][0] == "problem"


def test_a_base_url_must_lead_to_the_api(examine: Examine, api: StandIn) -> None:
    """It may be that of a CDN, or of a frontend that passes requests on."""
    with stand_in() as other:
        deployed_stack.create(api.url, BaseUrl=other.url)
        assert examine().of("public url")[0][0] == "ok"

        other.answers["GET /api/auth/ok"] = (200, {}, "<html>A parked domain</html>")
        ((level, message, remedy),) = examine().of("public url")

    assert (level, message) == (
        "problem",
        f"BaseUrl is {other.url}, which answers 200 to /api/auth/ok: it is not this API.",
    )
    assert remedy[0].startswith(f'Set "BaseUrl={api.url}" in parameter_overrides of [dev.global.parameters]')
    assert examine().of("public url")[0][0] == "problem"  # nothing listens there any more


def test_a_domain_needs_a_base_url(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url, CertificateArn=CERTIFICATE_ARN, DomainName="api.example.com", BaseUrl="")

    ((level, _, remedy),) = examine(DescribeCertificate=issued("ISSUED")).of("public url")

    assert (level, '"BaseUrl=https://api.example.com"' in remedy[0], remedy[1]) == (
        "problem",
        True,
        "make deploy STAGE=dev",
    )


def test_a_new_account_runs_ten_functions(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)

    report = examine(GetAccountSettings={"AccountLimit": {"ConcurrentExecutions": 10}})

    ((level, message, remedy),) = report.of("concurrency")
    assert (level, message.startswith("Lambda runs only 10 functions"), report.code) == ("warning", True, 0)
    assert remedy[0].startswith("aws service-quotas request-service-quota-increase --service-code lambda ")
