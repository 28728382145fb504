"""GET, POST /api/auth/callback/{provider}: back from a provider's page, with a session or with an error."""

from urllib.parse import urlsplit

from tests.support.calls import Api
from tests.support.journey import Journeys, error_of, token_of


def test_a_new_person_gets_an_account_and_a_session(call: Api, journeys: Journeys) -> None:
    answer = journeys.signs_in()

    user = call("GET /api/auth/me", bearer=token_of(answer)).json["user"]
    assert answer.status == 302
    assert urlsplit(answer.headers["location"]).netloc == "api.example.com"
    assert (user["email"], user["emailVerified"], user["name"]) == ("ann@example.com", True, "Ann Google")


def test_a_state_works_once(journeys: Journeys) -> None:
    sent = journeys.begins()
    journeys.completes(sent)

    assert error_of(journeys.completes(sent)) == "state_mismatch"
