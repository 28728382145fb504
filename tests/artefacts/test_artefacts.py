"""Every function as it is deployed, under AWS's runtime client, where only /tmp can be written."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.artefacts.instance import running, unavailable
from tests.artefacts.subjects import Artefacts
from tests.performance.lambda_process import RuntimeApi
from tests.support.sample_events import samples
from tests.test_events import QUEUED, RESPONSES, SCHEDULED, STREAMS, code_of

pytestmark = [pytest.mark.built, pytest.mark.skipif(bool(unavailable()), reason=f"no user namespaces: {unavailable()}")]
WITH_GOOGLE = {"auth/oauth_callback": (302, None), "auth/sign_in_social": (200, None)}  # it is configured here
ANSWERS: dict[str, Any] = RESPONSES | STREAMS | QUEUED | dict.fromkeys(SCHEDULED) | WITH_GOOGLE
FACTS, METRICS = '{"level": "INFO", ', '{"_aws":'


@pytest.mark.parametrize("name", samples())
def test_a_function_answers_where_only_tmp_can_be_written(artefacts: Artefacts, name: str, tmp_path: Path) -> None:
    """Its sample event three times, then a call that finds its rows. It reports no error, and leaves no file."""
    subject, call = artefacts.subject(name), artefacts.call(name)
    with running(subject, tmp_path, RuntimeApi()) as instance:
        instance.wait_for("next")
        answers = [instance.invoke(subject.event) for _ in range(3)]
        if call:
            call.check(instance.invoke(call.event))
        files, printed = instance.files(), instance.printed()

    assert [shown(name, answer) for answer in answers] == [ANSWERS[name]] * 3
    assert [line for line in printed.splitlines() if not line.startswith((FACTS, METRICS))] == []
    assert not call or call.logged in printed
    assert files == []


def shown(name: str, answer: bytes) -> Any:
    """Return what the table of answers has of one."""
    found = json.loads(answer)
    return (found["statusCode"], code_of(found["body"])) if name in RESPONSES else found
