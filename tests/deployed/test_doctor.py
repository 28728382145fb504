"""`gatehouse doctor` examines the stage, with the permissions that docs/operating.md lists."""

import json
import os
import re
import subprocess

import pytest

from tests.deployed.stage import ROOT, STACK, LocalStage

pytestmark = pytest.mark.deployed
OF_URL = {"api", "public url", "cors", "providers"}  # no name leads to the emulator
LACKING = {"mail account", "sender"}  # the sandbox, and DKIM records


def test_the_doctor_finds_what_a_new_account_lacks(stage: LocalStage) -> None:
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"`gatehouse doctor` needs (.*?)\. ", page, re.DOTALL)
    allowed = {"Effect": "Allow", "Action": re.findall(r"`(\w+:\w+)`", listed), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    examiner = os.environ | stage.create_user("examiner", {"doctor": policy})
    command = [str(ROOT / "devtools/gatehouse"), "doctor", "--stack", STACK, "--json"]
    done = subprocess.run(command, env=examiner, check=False, capture_output=True, text=True)  # noqa: S603 -- ours

    findings = [json.loads(line) for line in done.stdout.splitlines()]
    levels = {one["check"]: one["level"] for one in findings if one["check"] not in OF_URL}
    assert {check for check, level in levels.items() if level != "ok"} == LACKING, done.stdout + done.stderr
    assert levels.keys() >= {"stack", "concurrency", "mails", "suppressed", "cookies", "alarms", "rotation"}
