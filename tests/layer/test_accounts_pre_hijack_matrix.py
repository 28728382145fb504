"""An attacker signs up with somebody's address, before or after its owner. Whatever the settings, and whichever way the
owner comes in then, the attacker reads nothing that she wrote.
"""

from collections.abc import Callable
from itertools import product

import pytest

from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.browser import Browser
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.slow import one_in

ANN, SECRET = "ann@example.com", "what only Ann may read"
OWNERS, ATTACKERS, CHOSEN = "the owner's own", "the attacker's", "chosen with the mail"
RESEND = "POST /api/auth/send-verification-email"
CASES = list(
    product(
        ("attacker first", "owner first", "attacker before and after"),
        ("true", "false"),
        ("link", "password"),
        ("same browser", "phone"),
        ("reset", "provider", "password", "page"),
    )
)


class Attacker:
    """Somebody without the mailbox, who tries the same things again and again and keeps what they get."""

    def __init__(self, call: Api) -> None:
        """Nothing yet."""
        self._call = call
        self._browser = Browser(call)
        self._bearers: list[str] = []
        self._refresh_tokens: list[str] = []

    def attacks(self) -> None:
        """Sign up by every path, sign in, and ask for mails."""
        self._enter("sign-up/email", "signup", "register")
        self.comes_back()
        for path in ("send-verification-email", "request-password-reset"):
            self._browser(f"POST /api/auth/{path}", json={"email": ANN})

    def comes_back(self) -> None:
        """Sign in by every path, with the password that was signed up with."""
        self._enter("sign-in/email", "signin", "login")

    def reads(self) -> str:
        """All that they can read at the end."""
        self.comes_back()
        for token in self._refresh_tokens:
            response = self._call("POST /api/auth/refresh", json={"refresh_token": token})
            self._bearers += [response.json["access_token"]] if response.status == 200 else []
        seen = [self._call("GET /api/tasks", bearer=bearer).text for bearer in self._bearers]
        return "".join([*seen, self._browser("GET /api/tasks").text])

    def _enter(self, *paths: str) -> None:
        """Keep every token that one of the paths gives."""
        for path in paths:
            body = self._browser(f"POST /api/auth/{path}", json={"email": ANN, "password": ATTACKERS}).json
            self._bearers += [body[name] for name in ("token", "access_token") if body.get(name)]
            self._refresh_tokens += [body["refresh_token"]] if "refresh_token" in body else []


class Owner:
    """Ann, who has the mailbox: she signs up, opens the mail, and comes in by her way."""

    def __init__(self, call: Api, mailbox: Mailbox, oauth_flow: OAuthFlow, device: str) -> None:
        """She opens mails in the browser that she signs up with, or on her phone."""
        self._call, self._mailbox, self._oauth_flow = call, mailbox, oauth_flow
        self._laptop = Browser(call)
        self._reader = self._laptop if device == "same browser" else Browser(call)
        self._password = OWNERS

    def signs_up(self) -> None:
        """Sign up; where the address is taken, that is told."""
        assert sign_up(self._laptop, ANN, OWNERS).status in {200, 422}
        self._mailbox.deliver()

    def opens_the_mail(self, way: str) -> None:
        """Redeem the link of the latest mail, as the hosted page or another frontend does."""
        self._call(RESEND, json={"email": ANN})
        mails = [mail for mail in self._mailbox.to(ANN) if "/verify-email" in mail.text]
        if not mails:
            return
        proof = {"proof": "required"} if way == "page" else {}
        response = verify(self._reader, mails[-1].token, **proof)
        if response.code == "PASSWORD_REQUIRED":
            new = response.json["details"]["password"] == "new"
            response = verify(self._reader, mails[-1].token, password=CHOSEN if new else OWNERS, **proof)
            self._password = CHOSEN if new else OWNERS
        assert response.code in {None, "INVALID_PASSWORD"}, response.text

    def comes_in(self, way: str) -> str:
        """A session of hers, by her way; where that is closed, by asking for a new password."""
        if way == "provider":
            response = self._oauth_flow.sign_in()
            if "set-auth-token" in response.headers:
                return token_of(response)
        if way in {"password", "page"}:
            response = sign_in(self._reader, ANN, self._password)
            if response.status == 200:
                return str(response.json["token"])
        assert reset_password(self._reader, request_reset(self._call, self._mailbox, ANN), CHOSEN).status == 200
        return str(sign_in(self._reader, ANN, CHOSEN).json["token"])


@pytest.mark.parametrize(("order", "required", "proof", "device", "way"), one_in(4, CASES))
def test_the_attacker_reads_nothing_that_the_owner_wrote(  # noqa: PLR0917 -- four fixtures and five columns
    call: Api,
    mailbox: Mailbox,
    oauth_flow: OAuthFlow,
    settings: Callable[..., None],
    order: str,
    required: str,
    proof: str,
    device: str,
    way: str,
) -> None:
    settings(require_email_verification=required, verification_proof=proof)
    attacker, owner = Attacker(call), Owner(call, mailbox, oauth_flow, device)

    if order != "owner first":
        attacker.attacks()
    owner.signs_up()
    if order != "attacker first":
        attacker.attacks()
    owner.opens_the_mail(way)
    attacker.comes_back()
    session = owner.comes_in(way)
    attacker.attacks()
    assert call("POST /api/tasks", bearer=session, json={"title": SECRET}).status == 201

    assert SECRET not in attacker.reads()
    assert SECRET in call("GET /api/tasks", bearer=session).text
