"""E-mail addresses: normalization, and refusal of everything that is not exactly one address."""

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import sign_in, sign_up, verify
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.tables import rows

ROUTES = ("sign-up/email", "send-verification-email", "request-password-reset")
SEVERAL = [
    *("a@v.com,b@evil.com", "a@v.com b@evil.com", "a@v.com;b@evil.com", "<a@v.com>", "A <a@v.com>"),
    *("a@v.com@evil.com",),
]
LOOKALIKES = ["a\uff20ex.com", "a@\u0435x.com", "a@ex.com\u200b", "\u212a@ex.com", "a@ex\u3002com", "a\u0301@ex.com"]
BROKEN = [
    *("", " ", "a", "@ex.com", "a@", "a@ex", ".a@ex.com", "a..b@ex.com", "a.@ex.com", "a@-ex.com", "a@ex-.com"),
    *("a@.com",),
]
INJECTED = [
    *("a@v.com\r\nBcc:x@y.com", "a\0@v.com", "a@v.com\0", "a\n@v.com", '"a b"@v.com', "a@[127.0.0.1]"),
    *("a@v.com%00",),
]
TOO_LONG = ["a" * 65 + "@ex.com", "a@" + "b" * 64 + ".com", "a@" + ".".join(["b" * 60] * 5)]


@pytest.mark.parametrize("spelling", ["A@Ex.com", "a@ex.com", " a@ex.com ", "\ta@EX.COM\r\n"])
def test_all_spellings_of_an_address_are_one_account(call: Api, cloud: Cloud, mailbox: Mailbox, spelling: str) -> None:
    """S-12."""
    sign_up(call, spelling)
    verify(call, mailbox.last.token)

    assert sign_in(call, "a@ex.com").json["user"]["email"] == "a@ex.com"
    assert {row["pk"] for row in rows(cloud, "UsersTable")} > {"EMAIL#a@ex.com"}
    assert [mail.to for mail in mailbox.all] == ["a@ex.com"]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("address", SEVERAL, ids=repr)
def test_cve_2022_35924_several_recipients_are_refused(call: Api, mailbox: Mailbox, route: str, address: str) -> None:
    response = call(f"POST /api/auth/{route}", json={"email": address, "password": "correct horse"})

    assert (response.status, response.code, call.aws_operations) == (400, "VALIDATION_ERROR", [])
    assert mailbox.all == []


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("address", LOOKALIKES, ids=ascii)
def test_ghsa_7rqj_j65f_68wh_a_lookalike_is_refused(call: Api, route: str, address: str) -> None:
    """Text that becomes an address only by case folding or NFKC is no address."""
    response = call(f"POST /api/auth/{route}", json={"email": address, "password": "correct horse"})

    assert (response.status, response.code, call.aws_operations) == (400, "VALIDATION_ERROR", [])
    assert sign_in(call, address).code == "INVALID_EMAIL"


@pytest.mark.parametrize("address", [*BROKEN, *INJECTED, *TOO_LONG], ids=lambda text: ascii(text[:24]))
def test_an_invalid_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"^Invalid email address$"):
        layer("accounts.model").normalize_email(address)


@pytest.mark.parametrize(
    "address",
    ["a@ex.com", "a.b+c@sub.ex.co.uk", "o'brien@ex.com", "1@2.io", "a" * 64 + "@ex.com", "a@xn--bcher-kva.de"],
)
def test_a_valid_address_is_not_changed(address: str) -> None:
    assert layer("accounts.model").normalize_email(address) == address


def test_validation_of_a_hostile_address_does_not_backtrack() -> None:
    """The time is linear in the length."""
    for address in ("a@" + "a-" * 100_000, "a." * 120 + "@", "a@" + "a." * 120):
        with pytest.raises(ValueError, match="Invalid"):
            layer("accounts.model").normalize_email(address)
