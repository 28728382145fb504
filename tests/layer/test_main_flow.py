"""The whole use case: sign up, verify, sign in, use, sign out; and no secret in tables or logs."""

from collections.abc import Callable
from urllib.parse import unquote

from gatehouse_dev.cloud import Cloud
from tests.layer.conftest import Log
from tests.layer.every_route import OURS
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import all_rows

ANN = "ann@example.com"


def test_sign_up_verify_sign_in_use_and_sign_out(call: Api, mailbox: Mailbox) -> None:
    assert sign_up(call, ANN).json["token"] is None
    assert sign_in(call, ANN).code == "EMAIL_NOT_VERIFIED"
    assert verify(call, mailbox.last.token).json["user"]["emailVerified"] is True

    login = sign_in(call, ANN)
    token, cookie = login.json["token"], login.cookies[0].partition(";")[0]
    assert call("GET /api/auth/get-session", cookies=[cookie]).json["user"]["email"] == ANN
    assert call("POST /api/tasks", json={"title": "x"}, bearer=token).status == 201

    assert call("POST /api/auth/sign-out", cookies=[cookie], headers=OURS).json == {"success": True}
    assert call("GET /api/auth/get-session", cookies=[cookie]).text == "null"
    assert call("GET /api/tasks", bearer=token).status == 401


def test_no_secret_is_stored_or_logged(call: Api, mailbox: Mailbox, cloud: Cloud, log: Log) -> None:
    """S-34: passwords, session tokens, mailed tokens and their links."""
    sign_up(call, ANN)
    mailed = [mailbox.last]
    verify(call, mailed[0].token)
    call("GET /api/auth/verify-email", query={"token": mailed[0].token})
    login = sign_in(call, ANN)
    cookie = login.cookies[0].partition(";")[0]
    call("GET /api/auth/get-session", cookies=[cookie])
    call("GET /api/tasks", bearer=login.json["token"])
    sign_in(call, ANN, "not the password")
    request_reset(call, mailbox, ANN)
    mailed.append(mailbox.last)
    call("GET /api/auth/reset-password/{token}", token=mailed[1].token, query={"callbackURL": "/"})
    reset_password(call, mailed[1].token, "a better password")
    reset_password(call, mailed[1].token, "one more password")

    token = login.json["token"]
    secrets = [PASSWORD, "not the password", "a better password", "one more password"]
    secrets += [token, token[58:], unquote(cookie.partition("=")[2]).rpartition(".")[2]]
    secrets += [part for mail in mailed for part in (mail.token, mail.token[-43:], mail.link)]
    tables = str(all_rows(cloud))
    assert len(log.lines) >= 10
    assert [secret for secret in secrets if secret in log.text + tables] == []


def test_no_secret_of_any_other_kind_is_stored_or_logged(  # noqa: PLR0917 -- six fixtures
    call: Api, people: People, mailbox: Mailbox, cloud: Cloud, log: Log, settings: Callable[..., None]
) -> None:
    """S-34: JWTs, refresh tokens, device cookies, and the tokens that change addresses and delete accounts."""
    email = people.verified()
    settings(rate_limits="on", rate_limit_sign_in="99/9", confirm_email_change="true", delete_user_by_mail="true")
    settings(cookie_cache_age="300")
    legacy_login = call("POST /api/auth/login", json={"email": email, "password": PASSWORD})
    login = sign_in(call, email)
    sent = [cookie.partition(";")[0] for cookie in login.cookies]
    shown = call("GET /api/auth/get-session", cookies=sent)
    issued = call("GET /api/auth/token", bearer=login.json["token"]).json["token"]
    refreshed = call("POST /api/auth/refresh", json={"refresh_token": legacy_login.json["refresh_token"]}).json
    call("GET /api/tasks", bearer=legacy_login.json["access_token"])
    call("GET /api/tasks", bearer=issued[:-2])
    call("POST /api/auth/refresh", json={"refresh_token": refreshed["refresh_token"][:-1]})
    mailed = []
    call("POST /api/auth/change-email", bearer=login.json["token"], json={"newEmail": "new@example.com"})
    for address in (email, "new@example.com"):
        mailed.append(mailbox.to(address)[-1])
        assert verify(call, mailed[-1].token, password=PASSWORD).status == 200
    call("POST /api/auth/delete-user", bearer=login.json["token"], json={})
    mailed.append(mailbox.to("new@example.com")[-1])
    tables_before = str(all_rows(cloud))
    deleted = call("POST /api/auth/delete-user", bearer=login.json["token"], json={"token": mailed[-1].token})
    call("POST /api/auth/sign-out", json={"refresh_token": refreshed["refresh_token"]})

    tokens = [legacy_login.json["access_token"], legacy_login.json["refresh_token"], *refreshed.values(), issued]
    texts = [text for text in tokens if isinstance(text, str) and len(text) > 40]
    secrets = [*texts, *(text[-43:] for text in texts), *(text.rpartition(".")[0] for text in texts if "." in text)]
    secrets += [value for cookie in sent for value in (cookie.partition("=")[2], unquote(cookie.partition("=")[2]))]
    secrets += [cookie.rpartition(".")[2] for cookie in sent if "device" in cookie]
    secrets += [part for mail in mailed for part in (mail.token, mail.token[-43:], mail.link)]
    assert (deleted.status, shown.status, len(texts), len(sent)) == (200, 200, 5, 3)
    assert len({*secrets}) > 20
    logs_and_tables = log.text + tables_before + str(all_rows(cloud))
    assert [secret for secret in secrets if secret in logs_and_tables] == []


def test_a_new_stack_has_no_rows(call: Api, cloud: Cloud) -> None:
    """S-14."""
    assert call
    assert all_rows(cloud) == {name: [] for name in all_rows(cloud)}
