"""Formats tables and figures for docs/costs.md."""

from collections.abc import Iterable, Sequence
from itertools import takewhile


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table."""
    lines = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def rows_below(head: Sequence[str], page: str) -> list[dict[str, str]]:
    """Return the rows of a page's table with this head, by column."""
    first, rule = table(head, ())
    below = page.partition(f"{first}\n{rule}\n")[2].splitlines()
    lines = takewhile(lambda line: line.startswith("|"), below)
    return [dict(zip(head, map(str.strip, line.strip("|").split("|")), strict=True)) for line in lines]


def spaced(number: float) -> str:
    """Format with spaces between thousands: `100 000`."""
    return f"{number:,}".replace(",", " ")


def series(figures: Sequence[str]) -> str:
    """Return a figure at several sizes, `4 → 13`; one that is the same for all sizes is shown once."""
    return figures[0] if len(set(figures)) == 1 else " → ".join(figures)


def dollars(amount: float) -> str:
    """Format with two decimals: `1 234.50`; a dash for zero."""
    return f"{amount:,.2f}".replace(",", " ") if amount else "–"
