# ruff: noqa: T201 -- it reports to a person
"""What each call about tasks costs as its user's list grows: `python -m tests.costs [SIZE …]` writes docs/costs.md.

Exit code 1 when a call takes more of a longer list than of a short one, other than to fill a page.
"""

import gc
import sys
import time
from collections.abc import Iterator, Sequence

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import load
from tests.conftest import PARAMETERS, ROOT
from tests.costs.asking import Measured, Somebody
from tests.costs.filling import standing_clock
from tests.costs.meter import Meter
from tests.costs.page import not_flat, page, rows
from tests.costs.quick import quick_rows
from tests.statistics.__main__ import silence
from tests.support.calls import Api

SIZES = (10, 1_000, 100_000)
PAGE = ROOT / "docs/costs.md"


def measured(sizes: Sequence[int]) -> Iterator[Measured]:
    """One person after the other, each with a list of their own."""
    with Cloud(load(ROOT / "template.yaml", PARAMETERS)) as cloud, standing_clock(), quick_rows():
        call, meter = Api(cloud.template), Meter(cloud)
        for size in sizes:
            with silence():
                result = Somebody(call, meter, size).measure()
            yield result


def main(sizes: Sequence[int]) -> int:
    """Measure, write the page, and say what was found; 1 when something grows."""
    gc.set_threshold(200_000)  # most of what is made here stays, and need not be looked through all the time
    begun, every = time.monotonic(), list[Measured]()
    for result in measured(sizes):
        every.append(result)
        print(f"{result.size:8} tasks: {len(result.costs)} calls, {time.monotonic() - begun:.0f} s")
    if sizes == SIZES:
        PAGE.write_text(page(every), encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}")
    else:
        print("\n".join(rows(every)))
    growing = not_flat(every)
    for line in growing:
        print(f"NOT FLAT  {line}")
    return 1 if growing else 0


if __name__ == "__main__":
    sys.exit(main(tuple(map(int, sys.argv[1:])) or SIZES))
