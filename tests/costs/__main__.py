# ruff: noqa: T201 -- it reports to a person
"""What everything costs: `python -m tests.costs` writes docs/costs.md, `… calls` all but how tasks grow, in a minute.

With sizes of lists, `… 10 500`, it tells how calls about tasks grow from one to the next, and writes nothing. Exit code
1 when one takes more of a longer list than of a short one, other than to fill a page.
"""

import gc
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template, load
from tests.conftest import PARAMETERS, ROOT
from tests.costs import growth
from tests.costs.all_calls import calls, cheap_hashes, task_calls
from tests.costs.call_tables import Counted, settled
from tests.costs.log_output import quiet
from tests.costs.meter import Meter
from tests.costs.moto_speedups import quick_rows
from tests.costs.page import page, section
from tests.costs.task_lists import standing_clock
from tests.costs.task_requests import Measured, TaskUser
from tests.costs.usage_profile import LIST
from tests.support.calls import Api
from tests.support.provider import running_provider
from tests.support.transport import patched_transports

SIZES = (10, 1_000, 100_000)
ROUNDS = 7  # that a call is timed in
PAGE = ROOT / "docs/costs.md"


@cache
def template() -> Template:
    """What deploys, as it runs here."""
    return load(ROOT / "template.yaml", PARAMETERS)


def counted() -> Counted:
    """Every call."""
    with Cloud(template()) as cloud, patched_transports(), running_provider() as provider, quiet():
        api = Api(template())
        cheap_hashes()
        others = list(calls(api, cloud, provider, rounds=ROUNDS))
        about_tasks, task_bytes = task_calls(api, cloud, provider, tasks=LIST, rounds=ROUNDS)
    told = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    return Counted(calls=settled([*others, *about_tasks], told), task_bytes=task_bytes)


def measured(sizes: Sequence[int]) -> Iterator[Measured]:
    """One person after the other, each with a list of their own."""
    with Cloud(template()) as cloud, patched_transports(), standing_clock(), quick_rows():
        call, meter = Api(template()), Meter(cloud)
        for size in sizes:
            with quiet():
                result = TaskUser(call, meter, size).measure()
            yield result


def main(arguments: Sequence[str]) -> int:
    """Measure, write the page, and say what was found; 1 when something grows."""
    begun, every = time.monotonic(), list[Measured]()
    found = None if arguments and arguments != ["calls"] else counted()
    if found:
        print(f"{len(found.calls)} calls, {time.monotonic() - begun:.0f} s")
    gc.set_threshold(200_000)  # most of what is made here stays, and need not be looked through all the time
    for result in measured([] if arguments == ["calls"] else tuple(map(int, arguments)) or SIZES):
        every.append(result)
        print(f"{result.size:8} tasks: {len(result.costs)} calls, {time.monotonic() - begun:.0f} s")
    if found:
        grown = growth.section(every) if every else section(PAGE.read_text(encoding="utf-8"), growth.TITLE)
        PAGE.write_text(page(found, grown, template()), encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}")
    else:
        print("\n".join(growth.rows(every)))
    growing = growth.not_flat(every) if every else []
    for line in growing:
        print(f"NOT FLAT  {line}")
    return 1 if growing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
