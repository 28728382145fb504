"""Plots starts as bars with lines for the limits: an SVG for light and dark pages."""

from collections.abc import Iterator, Sequence

from tests.performance.limits import Limit, ratios
from tests.performance.measuring import Figures
from tests.performance.subjects import NATURAL

_NAMES, _BARS, _RIGHT = 190, 520, 60  # widths
_ROW, _HEAD, _GAP = 18, 62, 26  # heights
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #57606a; }
.title { font-weight: 600; fill: #24292f; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.good { fill: #2da44e; } .fair { fill: #d4a72c; } .poor { fill: #cf222e; } .yardstick { fill: #8c959f; }
.must, .aim { stroke: #24292f; stroke-width: 1; } .aim { stroke-dasharray: 3 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1; } .title { fill: #e6edf3; }
  .must, .aim { stroke: #e6edf3; }
}
"""


def svg(every: Sequence[Figures], bare: Figures) -> str:
    """Return a panel of functions, and one of those with the limits of providers and pages."""
    cold = {one.name: ratios(one, bare)[0] for one in every}
    scale = _BARS / max(max(ratio.value, ratio.limit.must) for ratio in cold.values())
    parts, top = list[str](), 0
    for title, provider in (("Accounts, sessions and tasks", False), ("Providers and pages", True)):
        names = [one.name for one in every if one.request.provider is provider or one.name == NATURAL]
        bars = sorted(((name, cold[name].value) for name in names), key=lambda bar: bar[1])
        limit = next(cold[name].limit for name in names if name != NATURAL)
        parts += _panel(title, bars, limit, top, scale)
        top += _HEAD + _ROW * len(bars) + _GAP
    width = _NAMES + _BARS + _RIGHT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}" viewBox="0 0 {width} {top}">',
            "<title>Instructions of a cold start, compared with a bare function</title>",
            f"<style>{_STYLE}</style>",
            *parts,
            "</svg>\n",
        ]
    )


def _panel(title: str, bars: list[tuple[str, float]], limit: Limit, top: int, scale: float) -> Iterator[str]:
    yield _text(0, top + 14, f"{title}: instructions from start to first answer, × bare", "title")
    for row, (name, value) in enumerate(bars):
        y, width = top + _HEAD + row * _ROW, value * scale
        yield _text(_NAMES - 8, y + 12, name, "end")
        yield f'<rect class="{_kind(name, value, limit)}" x="{_NAMES}" y="{y + 2}" width="{width:.1f}" height="13"/>'
        yield _text(_NAMES + width + 5, y + 12, f"{value:.2f}")
    bottom = top + _HEAD + _ROW * len(bars)
    for name, value, y in (("aim", limit.aim, top + _HEAD - 4), ("must", limit.must, top + _HEAD - 18)):
        x = _NAMES + value * scale
        yield f'<line class="{name}" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{bottom}"/>'
        yield _text(x, y - 4, f"{name} {value:.2f}", "middle")


def _kind(name: str, value: float, limit: Limit) -> str:
    if name == NATURAL:
        return "yardstick"
    return "good" if value <= limit.aim else "fair" if value <= limit.must else "poor"


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y}" class="{kind}">{words}</text>'
