"""GET /api/auth/ok: the service answers, whatever became of the rest."""

from tests.support.aws_failures import UNREACHABLE, failing_calls
from tests.support.calls import Api


def test_the_service_says_that_it_answers_without_asking_aws(call: Api) -> None:
    with failing_calls(UNREACHABLE) as asked:
        answer = call("GET /api/auth/ok")

    assert (answer.status, answer.json) == (200, {"ok": True})
    assert asked == []
