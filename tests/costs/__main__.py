# ruff: noqa: T201 -- a command-line report
"""Calculates costs: `python -m tests.costs` writes docs/costs.md; `… calls` skips growing lists and takes a minute.

With sizes of lists, `… 10 500`, it prints how task calls grow between them, and writes nothing. The exit code is 1 if a
call consumes more with a longer list, other than to fill a page.
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
from tests.costs.all_calls import calls, cheap_hashes, leave_out_what_few_calls_do, task_calls
from tests.costs.call_tables import Counted, with_known_times
from tests.costs.call_users import settings
from tests.costs.log_output import quiet
from tests.costs.meter import Meter
from tests.costs.moto_speedups import quick_rows
from tests.costs.page import page, section
from tests.costs.task_lists import fixed_clock
from tests.costs.task_requests import Measured, TaskUser
from tests.costs.usage_profile import LIST
from tests.support.calls import Api
from tests.support.provider import running_provider
from tests.support.transport import patched_transports

SIZES = (10, 1_000, 100_000)
ROUNDS = 7  # of timing for each call
PAGE = ROOT / "docs/costs.md"


@cache
def template() -> Template:
    """Return the project's template."""
    return load(ROOT / "template.yaml", PARAMETERS)


def counted() -> Counted:
    """Measure every call."""
    with Cloud(template()) as cloud, patched_transports(), running_provider() as provider, quiet():
        api = Api(template())
        cheap_hashes()
        leave_out_what_few_calls_do()
        others = list(calls(api, cloud, provider, rounds=ROUNDS))
        about_tasks, task_bytes = task_calls(api, cloud, provider, tasks=LIST, rounds=ROUNDS)
    current_page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    return Counted(calls=with_known_times([*others, *about_tasks], current_page), task_bytes=task_bytes)


def measured(sizes: Sequence[int]) -> Iterator[Measured]:
    """Measure the calls of one user for each size of list."""
    with Cloud(template()) as cloud, patched_transports(), fixed_clock(), quick_rows():
        call, meter = Api(template()), Meter(cloud)
        for size in sizes:
            with quiet(), settings(maximum_tasks="1000000"):
                result = TaskUser(call, meter, size).measure()
            yield result


def main(arguments: Sequence[str]) -> int:
    """Measure, write the page and report; return 1 if a call grows."""
    started, every = time.monotonic(), list[Measured]()
    found = None if arguments and arguments != ["calls"] else counted()
    if found:
        print(f"{len(found.calls)} calls, {time.monotonic() - started:.0f} s")
    gc.set_threshold(200_000)  # most objects stay alive, so collecting them often is useless
    for result in measured([] if arguments == ["calls"] else tuple(map(int, arguments)) or SIZES):
        every.append(result)
        print(f"{result.size:8} tasks: {len(result.costs)} calls, {time.monotonic() - started:.0f} s")
    if found:
        grown = growth.section(every) if every else section(PAGE.read_text(encoding="utf-8"), growth.TITLE)
        PAGE.write_text(page(found, grown, template()), encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}")
    else:
        print("\n".join(growth.rows(every)))
    growing = growth.not_flat(every) if every else []
    for line in growing:
        print(f"NOT FLAT  {line}")
    return 1 if growing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
