"""Whatever removes the ways to sign in removes passkeys, in transactions that DynamoDB accepts. None survives in an
account that its owner proves to be theirs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
from pynamodb.transactions import TransactWrite

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_in
from tests.support.authenticator import Authenticator
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow
from tests.support.passkeys import Passkeys
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import rows

MOST = 100  # items of a transaction


@pytest.fixture
def passkeys(call: Api) -> Passkeys:
    """Adds passkeys and signs in with them."""
    return Passkeys(call=call)


@pytest.fixture
def sizes() -> Iterator[list[int]]:
    """The numbers of items in each transaction."""
    found: list[int] = []
    real: Any = TransactWrite._commit

    def commit(transaction: Any) -> None:
        items = (transaction._put_items, transaction._update_items, transaction._delete_items)
        found.append(sum(map(len, items)) + len(transaction._condition_check_items))
        real(transaction)

    with patch.object(TransactWrite, "_commit", commit):
        yield found


def make_unproven(person: Person) -> None:
    """Let the password be one that may be another's, as if passkeys had been added before that was refused."""
    table = layer("accounts.table")
    table.ProfileRow(*table.profile_key(person.id)[1:]).update([table.ProfileRow.password_unproven.set(True)])


def add_links(person: Person, number: int) -> None:
    """Link accounts at a provider to a user."""
    table, pointers, oauth = layer("accounts.table"), layer("accounts.pointers"), layer("oauth.table")
    links = [f"{index:032}" for index in range(number)]
    now = layer("clock").now()
    for link in links:
        pointers.PointerRow(*pointers.link_key(link)[1:], user_id=person.id).save()
        oauth.AccountRow(
            *oauth.account_key(person.id, link)[1:],
            user_id=person.id,
            account_id=link,
            provider_id="oidc",
            subject=link,
            created_at=now,
            updated_at=now,
        ).save()
    table.ProfileRow(*table.profile_key(person.id)[1:]).update([table.ProfileRow.links.set(set(links))])


def kinds(cloud: Cloud) -> list[str]:
    """Return the sort keys of the rows of users, without the ids in them."""
    return sorted({row["sk"].partition("#")[0] for row in rows(cloud, "UsersTable")})


def reset(call: Api, mailbox: Mailbox, oauth_flow: OAuthFlow, email: str) -> None:
    """Prove the mailbox by a reset."""
    assert oauth_flow
    assert reset_password(call, request_reset(call, mailbox, email), "battery horse correct").status == 200


def by_provider(call: Api, mailbox: Mailbox, oauth_flow: OAuthFlow, email: str) -> None:
    """Prove the mailbox at the provider."""
    assert call
    assert mailbox
    assert "set-auth-token" in oauth_flow.sign_in(email=email, email_verified=True).headers


@pytest.mark.parametrize("prove", [reset, by_provider])
def test_a_proof_of_the_mailbox_ends_passkeys_of_before(  # noqa: PLR0917 -- six fixtures and a case
    call: Api,
    people: People,
    passkeys: Passkeys,
    mailbox: Mailbox,
    oauth_flow: OAuthFlow,
    cloud: Cloud,
    prove: Callable[..., None],
) -> None:
    """The original keeps them, so that whoever signed up with another's address stays in."""
    ann = people.signed_in()
    made = passkeys.added(ann)
    make_unproven(ann)

    prove(call, mailbox, oauth_flow, ann.email)

    assert passkeys.sign_in(made).status == 401
    assert "PASSKEY" not in kinds(cloud)
    assert not any("passkeys" in row for row in rows(cloud, "UsersTable"))


def test_a_passkey_of_a_proven_account_survives_a_reset(
    call: Api, people: People, passkeys: Passkeys, mailbox: Mailbox
) -> None:
    ann = people.signed_in()
    made = passkeys.added(ann)

    reset_password(call, request_reset(call, mailbox, ann.email), "battery horse correct")

    assert passkeys.sign_in(made).status == 200


def test_an_account_that_is_not_proven_any_more_gets_no_passkey(
    call: Api, people: People, passkeys: Passkeys, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = people.signed_in()
    sent = Authenticator().register(passkeys.register_options(ann))
    interleave(monkeypatch, "passkeys.registration", "transact", lambda: make_unproven(ann))

    response = call("POST /api/auth/passkey/verify-registration", bearer=ann.token, json={"response": sent})

    assert (response.status, response.code) == (403, "ACCOUNT_NOT_PROVEN")
    assert "PASSKEY" not in kinds(cloud)


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """A user with a password, 20 accounts at a provider and 20 passkeys; what is left of them, and in what transactions
    the rest was removed.
    """

    person: Person
    passkeys: Passkeys
    authenticator: Authenticator
    sizes: list[int]
    cloud: Cloud

    def assert_removed(self, *, at_least: int, left: set[str]) -> None:
        """Assert that no passkey signs in, that rows of these kinds are left, and that the largest transaction fits."""
        assert at_least < max(self.sizes) <= MOST
        assert self.passkeys.sign_in(self.authenticator).status == 401
        assert {*kinds(self.cloud)} == left


@pytest.fixture
def ann(people: People, passkeys: Passkeys, sizes: list[int], cloud: Cloud) -> Everything:
    """Ann, who has everything."""
    person = people.signed_in()
    made = [passkeys.added(person) for _ in range(20)][-1]
    add_links(person, 20)
    return Everything(person=person, passkeys=passkeys, authenticator=made, sizes=sizes, cloud=cloud)


def test_everything_at_once_is_taken_over(
    ann: Everything, oauth_flow: OAuthFlow, settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(notify_new_device="true")
    make_unproven(ann.person)
    table = layer("accounts.table")
    table.ProfileRow(*table.profile_key(ann.person.id)[1:]).update([table.ProfileRow.links.delete({f"{0:032}"})])
    monkeypatch.setattr(layer("accounts.trim_orders"), "ONE_IN", 1)

    oauth_flow.sign_in(email=ann.person.email, email_verified=True, hd="example.com")

    ann.assert_removed(at_least=60, left={"EMAIL", "PROFILE", "ACCOUNT", "LINK"})


def test_everything_at_once_is_reset(call: Api, ann: Everything, mailbox: Mailbox) -> None:
    make_unproven(ann.person)

    token = request_reset(call, mailbox, ann.person.email)
    assert reset_password(call, token, "battery horse correct").status == 200

    ann.assert_removed(at_least=60, left={"EMAIL", "PROFILE"})


def test_everything_at_once_is_deleted(call: Api, ann: Everything) -> None:
    assert call("POST /api/auth/delete-user", bearer=ann.person.token, json={"password": PASSWORD}).status == 200

    ann.assert_removed(at_least=60, left=set())


def test_an_undone_change_of_address_removes_everything_after_several_moves(
    call: Api, ann: Everything, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    """Whoever took an account over moves it from address to address, and adds what they can."""
    settings(confirm_email_change="false")
    thief = {"bearer": ann.person.token}
    for number in range(10):
        new = f"eve{number}@example.com"
        call("POST /api/auth/change-email", json={"newEmail": new}, **thief)
        verify = {"token": mailbox.to(new)[-1].token}
        assert call("POST /api/auth/verify-email", json=verify, **thief).status == 200
    undo = next(mail for mail in mailbox.to(ann.person.email) if "undo" in mail.link)

    assert call("POST /api/auth/verify-email", json={"token": undo.token}).status == 200

    assert sign_in(call, ann.person.email).status == 401
    ann.assert_removed(at_least=80, left={"EMAIL", "PROFILE"})
