"""Plots cold starts as bars with lines for the limits: an SVG for light and dark pages."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from tests.performance import limits
from tests.performance.limits import Limit

type Bar = tuple[str, float]

_NAMES, _BARS, _RIGHT = 190, 520, 60  # widths
_ROW, _HEAD, _GAP = 18, 62, 26  # heights
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #57606a; }
.title { font-weight: 600; fill: #24292f; }
.good { fill: #2da44e; } .fair { fill: #d4a72c; } .poor { fill: #cf222e; } .yardstick { fill: #8c959f; }
.must, .aim { stroke: #24292f; stroke-width: 1; } .aim { stroke-dasharray: 3 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1; } .title { fill: #e6edf3; }
  .must, .aim { stroke: #e6edf3; }
}
"""


class Panel:
    """Bars with the same limit."""

    def __init__(self, title: str, limit: Limit, bars: Iterable[Bar]) -> None:
        """Sort the bars, longest last."""
        self.title, self.limit = title, limit
        self.bars = sorted(bars, key=lambda bar: bar[1])

    @property
    def height(self) -> int:
        """The height in pixels."""
        return _HEAD + _ROW * len(self.bars) + _GAP

    @property
    def longest(self) -> float:
        """The largest value of bars and lines."""
        return max([self.limit.must, *(value for _, value in self.bars)])


def panels(bars: Iterable[tuple[str, float, bool]], yardstick: Bar) -> list[Panel]:
    """Group bars by limit, with the natural yardstick. A bar has name, value, and whether it calls a provider."""
    every = list(bars)
    titles = {False: "Accounts, sessions and tasks", True: "Providers and pages"}
    return [
        Panel(
            title, limits.cold(provider=kind), [yardstick, *((name, value) for name, value, of in every if of is kind)]
        )
        for kind, title in titles.items()
    ]


def svg(every: Sequence[Panel], yardsticks: Iterable[str]) -> str:
    """Return the SVG."""
    width, height = _NAMES + _BARS + _RIGHT, sum(panel.height for panel in every)
    scale = _BARS / max(panel.longest for panel in every)
    parts, top = list[str](), 0
    for panel in every:
        parts += _panel(panel, top, scale, frozenset(yardsticks))
        top += panel.height
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {_size(width, height)}>',
            "<title>Instructions of a cold start, compared with a bare function</title>",
            f"<style>{_STYLE}</style>",
            *parts,
            "</svg>\n",
        ]
    )


def _panel(panel: Panel, top: int, scale: float, yardsticks: frozenset[str]) -> Iterator[str]:
    yield _text(0, top + 14, f"{panel.title}: instructions from start to first answer, × bare", "title")
    for row, (name, value) in enumerate(panel.bars):
        y = top + _HEAD + row * _ROW
        kind = "yardstick" if name in yardsticks else _kind(value, panel.limit)
        yield _text(_NAMES - 8, y + 12, name, anchor="end")
        yield f'<rect class="{kind}" x="{_NAMES}" y="{y + 2}" width="{value * scale:.1f}" height="{_ROW - 5}"/>'
        yield _text(_NAMES + value * scale + 5, y + 12, f"{value:.2f}")
    bottom = top + panel.height - _GAP
    for name, value, raised in (("aim", panel.limit.aim, 0), ("must", panel.limit.must, 14)):
        x = _NAMES + value * scale
        yield f'<line class="{name}" x1="{x:.1f}" x2="{x:.1f}" y1="{top + _HEAD - 4 - raised}" y2="{bottom}"/>'
        yield _text(x, top + _HEAD - 8 - raised, f"{name} {value:.2f}", anchor="middle")


def _kind(value: float, limit: Limit) -> str:
    return "good" if value <= limit.aim else "fair" if value <= limit.must else "poor"


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def _size(width: int, height: int) -> str:
    return f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
