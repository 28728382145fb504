"""The secret of second factors: an operator adds a numbered key to it, or replaces it."""

import json
from collections.abc import Callable, Iterator

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import PASSWORD, People
from tests.support.two_factor import GET_URI, VERIFY_BACKUP, VERIFY_TOTP, Enrolled, challenge, give

OWNER = {"password": PASSWORD}


@pytest.fixture
def put_secret(cloud: Cloud) -> Iterator[Callable[[str], None]]:
    """Call it to replace the secret; processes that run do not notice."""
    manager, name = cloud.client("secretsmanager"), layer("config").config().second_factor_secret
    original = manager.get_secret_value(SecretId=name)["SecretString"]
    yield lambda text: manager.put_secret_value(SecretId=name, SecretString=text)
    manager.put_secret_value(SecretId=name, SecretString=original)
    restarted()


@pytest.fixture
def change(put_secret: Callable[[str], None]) -> Callable[..., None]:
    """Call it to add numbered keys, or to remove those that are None."""
    keys: dict[str, str | None] = json.loads(
        layer("keys.secret").named_secret(layer("config").config().second_factor_secret)
    )

    def changed(**given: str | None) -> None:
        keys.update(given)
        put_secret(json.dumps({number: key for number, key in keys.items() if key}))

    return changed


def restarted() -> None:
    """Be a new process, which reads secrets anew."""
    layer("keys.secret").clear_named_secrets()


def test_factors_of_earlier_keys_go_on(
    call: Api, enrolled: Enrolled, people: People, change: Callable[..., None]
) -> None:
    """Also of number 9 after number 10: numbers are compared as numbers."""
    change(**{"9": "k" * 64})
    restarted()
    bob = Enrolled(call, people.signed_in("bob"))
    change(**{"10": "l" * 64})
    restarted()
    cat = Enrolled(call, people.signed_in("cat"))
    change(**{"9": None, "1": None})
    restarted()

    assert is_accepted(call, cat)
    for lost in (enrolled, bob):
        assert give(call, VERIFY_TOTP, challenge(call, lost.email), lost.app.code(steps=1)).status == 500
        assert give(call, VERIFY_BACKUP, challenge(call, lost.email), lost.backup_codes[0]).status == 500


def test_a_process_that_runs_learns_of_a_key_when_it_meets_it(
    call: Api, people: People, change: Callable[..., None]
) -> None:
    change(**{"2": "k" * 64})
    restarted()
    ann = Enrolled(call, people.signed_in())
    change(**{"2": None})
    restarted()
    assert call(GET_URI, bearer=ann.token, json=OWNER).status == 500
    change(**{"2": "k" * 64})

    assert is_accepted(call, ann)
    assert call(GET_URI, bearer=ann.token, json=OWNER).status == 200


def is_accepted(call: Api, user: Enrolled) -> bool:
    """Whether codes of the app and backup codes are those of the user."""
    totp = give(call, VERIFY_TOTP, challenge(call, user.email), user.app.code(steps=1))
    backup = give(call, VERIFY_BACKUP, challenge(call, user.email), user.backup_codes[0])
    return (totp.status, backup.status) == (200, 200)


@pytest.mark.parametrize("text", [" ", "k" * 64, "[]", '{"a": "k"}', '{"1": 1}', "{}"])
def test_a_secret_of_another_form_is_an_error_of_the_service(
    call: Api, enrolled: Enrolled, put_secret: Callable[[str], None], text: str
) -> None:
    put_secret(text)
    restarted()

    assert call(GET_URI, bearer=enrolled.token, json=OWNER).status == 500
