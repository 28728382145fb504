"""Every sample event under `events/` has AWS's format, and its function responds as expected."""

import json
from pathlib import Path
from typing import Any

import pytest

from gatehouse_dev.filters import any_matches
from gatehouse_dev.template import Template
from tests.support.calls import Api
from tests.support.sample_events import function_name, sample, samples

RESPONSES: dict[str, tuple[int, str | None]] = {
    "auth/account_info": (401, "UNAUTHORIZED"),
    "auth/change_email": (401, "UNAUTHORIZED"),
    "auth/change_password": (401, "UNAUTHORIZED"),
    "auth/delete_user": (401, "UNAUTHORIZED"),
    "auth/delete_user_callback": (404, "FAILED_TO_GET_USER_INFO"),
    "auth/error": (302, None),
    "auth/expo_authorization_proxy": (400, "STATE_MISMATCH"),
    "auth/export_account": (401, "UNAUTHORIZED"),
    "auth/get_access_token": (401, "UNAUTHORIZED"),
    "auth/get_session": (200, None),
    "auth/jwks": (200, None),
    "auth/link_social": (401, "UNAUTHORIZED"),
    "auth/list_accounts": (401, "UNAUTHORIZED"),
    "auth/list_sessions": (401, "UNAUTHORIZED"),
    "auth/oauth_callback": (404, "PROVIDER_NOT_FOUND"),
    "auth/ok": (200, None),
    "auth/refresh": (401, "INVALID_TOKEN"),
    "auth/refresh_token": (401, "UNAUTHORIZED"),
    "auth/request_password_reset": (200, None),
    "auth/reset_password": (400, "INVALID_TOKEN"),
    "auth/revoke_other_sessions": (401, "UNAUTHORIZED"),
    "auth/revoke_session": (401, "UNAUTHORIZED"),
    "auth/revoke_sessions": (401, "UNAUTHORIZED"),
    "auth/send_verification_email": (200, None),
    "auth/send_picture": (404, "NOT_FOUND"),
    "auth/sign_in": (401, "INVALID_EMAIL_OR_PASSWORD"),
    "auth/sign_in_social": (404, "PROVIDER_NOT_FOUND"),
    "auth/sign_out": (200, None),
    "auth/sign_up": (200, None),
    "auth/token": (401, "UNAUTHORIZED"),
    "auth/unlink_account": (401, "UNAUTHORIZED"),
    "auth/unsubscribe": (400, "INVALID_TOKEN"),
    "auth/update_session": (401, "UNAUTHORIZED"),
    "auth/update_user": (401, "UNAUTHORIZED"),
    "auth/verify_email": (400, "INVALID_TOKEN"),
    "auth/verify_password": (401, "UNAUTHORIZED"),
    "pages/send_asset": (200, None),
    "pages/show_page": (200, None),
    "passkeys/delete_passkey": (401, "UNAUTHORIZED"),
    "passkeys/generate_authenticate_options": (200, None),
    "passkeys/generate_register_options": (401, "UNAUTHORIZED"),
    "passkeys/list_user_passkeys": (401, "UNAUTHORIZED"),
    "passkeys/related_origins": (200, None),
    "passkeys/update_passkey": (401, "UNAUTHORIZED"),
    "passkeys/verify_authentication": (400, "CHALLENGE_NOT_FOUND"),
    "passkeys/verify_registration": (401, "UNAUTHORIZED"),
    "system/health": (200, None),
    "tasks/bulk_delete_tasks": (401, "INVALID_TOKEN"),
    "tasks/bulk_tasks": (401, "INVALID_TOKEN"),
    "tasks/complete_task": (401, "INVALID_TOKEN"),
    "tasks/create_task": (401, "INVALID_TOKEN"),
    "tasks/delete_task": (401, "INVALID_TOKEN"),
    "tasks/export_tasks": (401, "INVALID_TOKEN"),
    "tasks/list_changes": (401, "INVALID_TOKEN"),
    "tasks/list_tasks": (401, "INVALID_TOKEN"),
    "tasks/read_task": (401, "INVALID_TOKEN"),
    "tasks/summarize_tasks": (401, "INVALID_TOKEN"),
    "tasks/update_task": (401, "INVALID_TOKEN"),
    "two_factor/disable_two_factor": (401, "UNAUTHORIZED"),
    "two_factor/enable_two_factor": (401, "UNAUTHORIZED"),
    "two_factor/generate_backup_codes": (401, "UNAUTHORIZED"),
    "two_factor/get_totp_uri": (401, "UNAUTHORIZED"),
    "two_factor/list_trusted_devices": (401, "UNAUTHORIZED"),
    "two_factor/revoke_trusted_device": (401, "UNAUTHORIZED"),
    "two_factor/send_otp": (401, "INVALID_TWO_FACTOR_COOKIE"),
    "two_factor/verify_backup_code": (401, "INVALID_TWO_FACTOR_COOKIE"),
    "two_factor/verify_otp": (401, "INVALID_TWO_FACTOR_COOKIE"),
    "two_factor/verify_totp": (401, "INVALID_TWO_FACTOR_COOKIE"),
}
STREAMS: dict[str, dict[str, Any]] = {
    "auth/erase_user": {"batchItemFailures": []},
    "mail/send_mail": {"batchItemFailures": []},
}

QUEUED: dict[str, dict[str, Any]] = {"mail/record_mail_feedback": {"batchItemFailures": []}}

SCHEDULED = ["keys/rotate_secret", "mail/remind"]

REQUIRED = {"version", "routeKey", "rawPath", "rawQueryString", "headers", "requestContext", "isBase64Encoded"}
OPTIONAL = {"body", "cookies", "pathParameters", "queryStringParameters"}
GATEWAY = {"accountId", "apiId", "domainName", "domainPrefix", "requestId", "routeKey", "stage", "time", "timeEpoch"}
HTTP = {"method", "path", "protocol", "sourceIp", "userAgent"}


def test_every_event_has_a_row_and_every_row_an_event() -> None:
    assert samples() == sorted([*RESPONSES, *STREAMS, *QUEUED, *SCHEDULED])


@pytest.mark.parametrize("name", RESPONSES)
def test_an_event_gets_the_expected_response(call: Api, name: str) -> None:
    response = call.invoke(function_name(name), sample(name))

    assert (response["statusCode"], code_of(response["body"])) == RESPONSES[name]


@pytest.mark.parametrize("name", [*STREAMS, *QUEUED])
def test_an_event_of_a_stream_or_queue_gets_the_expected_result(call: Api, name: str) -> None:
    assert call.invoke(function_name(name), sample(name)) == (STREAMS | QUEUED)[name]


@pytest.mark.parametrize("name", SCHEDULED)
def test_a_scheduled_event_runs(call: Api, name: str) -> None:
    assert call.invoke(function_name(name), sample(name)) is None


@pytest.mark.parametrize("name", RESPONSES)
def test_an_event_is_for_the_function_of_its_folder(template: Template, name: str) -> None:
    event = sample(name)
    (function,) = [route.function for route in template.routes if route.key == event["routeKey"]]

    assert template.functions[function].folder.parts[-2:] == Path(name).parts


@pytest.mark.parametrize("name", RESPONSES)
def test_an_event_is_complete_and_consistent(name: str) -> None:
    event = sample(name)
    context, headers = event["requestContext"], event["headers"]
    method, _, path = event["routeKey"].partition(" ")

    assert set(event) >= REQUIRED
    assert set(event) <= REQUIRED | OPTIONAL
    assert (set(context), set(context["http"])) == (GATEWAY | {"http"}, HTTP)
    assert context["routeKey"] == event["routeKey"]
    assert (context["http"]["method"], context["http"]["path"]) == (method, event["rawPath"])
    assert path.format(**event.get("pathParameters", {})) == event["rawPath"]
    assert (headers["host"], headers["user-agent"]) == (context["domainName"], context["http"]["userAgent"])
    assert int(headers.get("content-length", 0)) == len(event.get("body", "").encode())
    assert ("body" in event) == ("content-type" in headers)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_event_passes_the_filter_of_its_function(template: Template, name: str) -> None:
    (source,) = template.functions[function_name(name)].streams

    assert all(any_matches(source.filters, record) for record in sample(name)["Records"])
    assert all(table_of(record) == source.table for record in sample(name)["Records"])


def code_of(body: str) -> str | None:
    """Return the error code in a response's body, if it is an error."""
    found = json.loads(body) if body.startswith("{") else None
    return found.get("code") if found else None


def table_of(record: dict[str, Any]) -> str:
    """Return the table of a stream record."""
    arn: str = record["eventSourceARN"]
    return arn.split("/")[1]
