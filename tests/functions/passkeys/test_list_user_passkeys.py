"""GET /api/auth/passkey/list-user-passkeys: the user's own passkeys, the oldest first."""

from tests.support.base64url import encode
from tests.support.calls import Api
from tests.support.passkeys import LIST, Passkeys
from tests.support.people import Person


def test_a_user_without_passkeys_has_an_empty_list(call: Api, ann: Person) -> None:
    assert call(LIST, bearer=ann.token).json == []


def test_the_own_passkeys_are_listed_the_oldest_first(ann: Person, bob: Person, passkeys: Passkeys) -> None:
    made = [passkeys.added(person) for person in (ann, bob, ann, ann)]

    listed = [one["credentialID"] for one in passkeys.list(ann)]

    assert listed == [encode(made[index].credential_id) for index in (0, 2, 3)]
