"""Builds docs/costs.md."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill

from gatehouse_dev.template import Template
from tests.costs import prices
from tests.costs.background_jobs import BackgroundJob
from tests.costs.call_tables import SERVICES, Counted, prices_of, takes_of
from tests.costs.consumption import Consumption
from tests.costs.fixed_costs import Item, items
from tests.costs.runner import is_constant_time
from tests.costs.tables import dollars, spaced, table
from tests.costs.task_lists import ONE_IN
from tests.costs.text import CALLS, COUNTED, FIRST, FORMULA, STANDING
from tests.costs.usage_profile import A_DAY, A_MONTH, ACTIVE_DAYS, LIST, ON_SUCH_A_DAY, USERS, Month, month

MONTHS = ("people", *SERVICES, "storage", "metrics", "standing", "together", "for each")
STANDS = ("what", "how many", "US$ for each", "US$ a month")
IDLE = "nobody's turn"  # a scheduled run that finds no work


def page(counted: Counted, growth: str, template: Template) -> str:
    """Return the whole page; `growth` is the section about growing lists."""
    fixed = list(items(template, dict(_idle(counted))))
    fixed_total = sum(item.dollars for item in fixed)
    months = [month(users, counted.by_title, task_bytes=counted.task_bytes, standing=fixed_total) for users in USERS]
    figures = {name: value for name, value in vars(prices).items() if name.isupper()}
    parts = (
        FIRST.format(
            standing=fixed_total,
            largest=max(fixed, key=lambda item: item.dollars).what,
            each=1000 * (months[-1].total - fixed_total) / months[-1].users,
            months="\n".join(_months(months)),
            list=spaced(LIST),
            a_day=_usage(f"On {ACTIVE_DAYS} days of the month each of them makes these calls", A_DAY | ON_SUCH_A_DAY),
            a_month=_usage("In a month there come, for each of them", A_MONTH),
        ),
        FORMULA.format_map(figures | _formula()),
        STANDING.format(
            stands="\n".join(_fixed_table(fixed, fixed_total)),
            metrics=len(counted.metrics),
            most=prices.METRIC * len(counted.metrics),
        ),
        CALLS.format(
            prices="\n".join(prices_of(counted)),
            takes="\n".join(takes_of(counted)),
            list=spaced(LIST),
            constant_time=", ".join(f"`{name}`" for name in template.functions if is_constant_time(template, name)),
        ),
        growth,
        COUNTED.format_map(figures | {"rare": ONE_IN, "start": _start(), "step": prices.STEPS_MS[0][1]}),
    )
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def section(text: str, title: str) -> str:
    """Return the section of a page with this title."""
    return title + text.partition(title)[2].partition("\n## ")[0].rstrip("\n") + "\n"


def _idle(counted: Counted) -> Iterator[tuple[str, Consumption]]:
    for call, consumption in counted.calls:
        if isinstance(call, BackgroundJob) and call.work == IDLE:
            yield call.function, consumption


def _months(months: Sequence[Month]) -> list[str]:
    return table(
        MONTHS,
        [
            (
                spaced(one.users),
                *map(dollars, (*one.calls.parts, one.storage, one.metrics, one.standing, one.total)),
                f"{one.total / one.users:.4f}",
            )
            for one in months
        ],
    )


def _usage(when: str, usage: Mapping[str, float]) -> str:
    return fill(
        f"{when}: {'; '.join(f'{times:g} × {name}' for name, times in usage.items())}.", 120, break_on_hyphens=False
    )


def _fixed_table(fixed: Sequence[Item], fixed_total: float) -> list[str]:
    rows = [
        (item.what, spaced(round(item.number)), f"{item.each:.7f}".rstrip("0").rstrip("."), dollars(item.dollars))
        for item in fixed
    ]
    return table(STANDS, [*rows, ("together", "", "", dollars(fixed_total))])


def _formula() -> dict[str, float]:
    return {
        "request": prices.API_REQUEST * prices.MILLION,
        "invocation": prices.LAMBDA_REQUEST * prices.MILLION,
        "thousand_mails": prices.MAIL * 1000,
        "notice": prices.MILLION * (prices.NOTICE + prices.QUEUE_REQUESTS_A_MESSAGE * prices.QUEUE_REQUEST),
        "kept": prices.LOG_GB + prices.LOG_STORAGE_GB,
    }


def _start() -> float:
    """Return US$ for a million cold starts with 512 MB."""
    return prices.MILLION * prices.COLD_START_MS / 1000 / 2 * prices.LAMBDA_GB_SECOND
