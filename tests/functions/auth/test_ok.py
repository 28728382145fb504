"""GET /api/auth/ok: liveness, independent of AWS."""

from tests.support.aws_failures import UNREACHABLE, failing_calls
from tests.support.calls import Api


def test_the_response_needs_no_aws_call(call: Api) -> None:
    with failing_calls(UNREACHABLE) as asked:
        response = call("GET /api/auth/ok")

    assert (response.status, response.json) == (200, {"ok": True})
    assert asked == []
