"""GET /api/auth/ok: the service answers, whatever became of the rest."""

from tests.support.calls import Api
from tests.support.trouble import UNREACHABLE, failing


def test_the_service_says_that_it_answers_without_asking_aws(call: Api) -> None:
    with failing(UNREACHABLE) as asked:
        answer = call("GET /api/auth/ok")

    assert (answer.status, answer.json) == (200, {"ok": True})
    assert asked == []
