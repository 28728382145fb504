"""Header values that are not ASCII are read as UTF-8 where they are UTF-8, else as Latin-1."""

import pytest

from tests.support.calls import Api
from tests.support.people import PASSWORD, People

AGENT = "Ärger/1.0 (日本; 🌵)"
AS_BYTES = AGENT.encode()


def agent_of_session(call: Api, people: People, sent: str) -> str:
    """Sign in with a user agent as an event contains it, and return what the list of sessions shows."""
    email = people.verified("ann")
    headers = {"user-agent": sent}
    token = call("POST /api/auth/sign-in/email", json={"email": email, "password": PASSWORD}, headers=headers).json[
        "token"
    ]
    (session,) = call("GET /api/auth/list-sessions", bearer=token).json
    agent: str = session["userAgent"]
    return agent


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (AGENT, AGENT),  # a gateway that decodes UTF-8
        (AS_BYTES.decode("latin-1"), AGENT),  # one that maps each byte to a character
        ("K\u00e4se/1.0", "K\u00e4se/1.0"),  # a client that sent Latin-1
        ("plain/1.0", "plain/1.0"),
        ("\u00c3", "\u00c3"),
        ("", ""),
        ("ä" * 600, "ä" * 500),
        (("🌵" * 600).encode().decode("latin-1"), "🌵" * 500),
    ],
    ids=ascii,
)
def test_a_user_agent_is_shown_as_it_was_sent(call: Api, people: People, sent: str, shown: str) -> None:
    assert agent_of_session(call, people, sent) == shown
