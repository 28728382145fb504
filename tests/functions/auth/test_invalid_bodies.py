"""Invalid bodies: each is refused as invalid input, and nothing changes."""

from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.people import PASSWORD, Person
from tests.support.tables import all_rows

TEXT, LONG = [None, 1, ["x"]], "x" * 5000
NEW = "a better password"
CHANGE = {"currentPassword": PASSWORD, "newPassword": NEW}
CONTROLS = [f"Ann{control}Miller" for control in "\0\n\r\t\v\x1b\x7f\x85\u2028\u2029"] + ["Ann\r\nBcc: x@y.example"]
LINKS = [1, "http://example.com/a.png", "javascript:alert(1)", "https://example.com/" + "a" * 500]
LINKS += [
    f"https://{host}/a.png" for host in ("", ":443", "-", ".a.b", "a..b", "[::1]", "a:b", "a:1:80", "a:99999", "a%2e")
]
LINKS += [
    f"https://{host}/a.png" for host in ("ann@example.com", "ann:pw@example.com", "@example.com", "\u212a.example")
]
LINKS += [
    f"https://example.com/{text}"
    for text in ("a b", "a\tb", "a\nb", "a\0b", "a\x7fb", "a\x85b", "a\u2028b", "a\u00a0b")
]
LINKS += [
    f"https://example.com/{text}" for text in ("a\u200bb", "a\u202eb", 'a"onload=x', "a'b", "a`b", "a\\b", "a<b", "a>b")
]
LINKS += [
    "https://example.com\\a.png",
    "https:\\\\example.com/a.png",
    "https:/example.com/a.png",
    "https:example.com/a.png",
]
LINKS += [
    "HTTPS:example.com",
    " https://example.com/a.png",
    "https://example.com/a.png ",
    "https://example.com/a.png\n",
]
ZONES = ["Europe/Nowhere", "europe/berlin", "../../etc/passwd", "/etc/localtime", "CET\0", 0, [], "a" * 65]
NO_OBJECT: list[Any] = [[], "x", 1]


def each(field: str, values: list[Any], **beside: Any) -> list[Any]:
    """Return one body for each value of a field."""
    return [beside | {field: value} for value in values]


INVALID: dict[str, list[Any]] = {
    "sign-up/email": [
        *each("name", ["a" * 101, *CONTROLS], email="new@example.com", password=PASSWORD),
        *each("image", LINKS, email="new@example.com", password=PASSWORD),
        {"email": "new@example.com", "password": PASSWORD, "rememberMe": "yes"},
    ],
    "sign-in/social": [
        *each(
            "additionalParams", [{"state": "x"}, {"redirect_uri": "https://x.example"}, {"nonce": 1}], provider="google"
        ),
        *each("scopes", [["two words"], ["x" * 201], "email"], provider="google"),
        *each("idToken", [{}, "ey"], provider="google"),
        {"provider": "google", "callbackURL": "/" + "x" * 2048},
        {"provider": "google", "loginHint": "x" * 501},
        {"provider": "google", "disableRedirect": "yes"},
        {"provider": None},
    ],
    "change-email": [{}, *each("newEmail", [*TEXT, "ann", "a@b@example.com"])],
    "change-password": [
        *({}, {"currentPassword": PASSWORD}, {"newPassword": NEW}, CHANGE | {"revokeOtherSessions": "yes"}),
        *(CHANGE | {"currentPassword": None}, CHANGE | {"newPassword": [NEW]}),
    ],
    "delete-user": [*each("password", [1, ["x"]]), {"token": 1}],
    "get-access-token": [
        *({}, {"accountId": 1}, {"providerId": 1}, {"providerId": "google", "useAccountCookie": True}),
        *each("useAccountCookie", [True], accountId="x" * 32),
        *each("userId", [None], accountId="x" * 32),
    ],
    "refresh-token": [{}, {"accountId": 1}],
    "revoke-session": [{}, *each("token", TEXT)],
    "unlink-account": [{}, {"accountId": 7}, {"providerId": ["google"]}],
    "update-session": [],
    "update-user": [
        *each("name", [*TEXT, "a" * 101, CONTROLS[1]]),
        *each("image", LINKS),
        *each("taskReminders", ["true", 1, None]),
        *each("timeZone", ZONES),
    ],
    "verify-password": [{}, *each("password", TEXT)],
}


@pytest.mark.usefixtures("google")
@pytest.mark.parametrize("path", INVALID)
def test_an_invalid_body_is_refused_and_changes_nothing(call: Api, ann: Person, cloud: Cloud, path: str) -> None:
    before = all_rows(cloud)

    for body in INVALID[path] + NO_OBJECT:
        response = call(f"POST /api/auth/{path}", bearer=ann.token, json=body)
        assert (response.status, response.code, response.cookies) == (400, "VALIDATION_ERROR", []), str(body)[:60]
        assert all_rows(cloud) == before, str(body)[:60]
