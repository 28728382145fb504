"""Plots starts as bars with lines for the limits: an SVG for light and dark pages."""

from collections.abc import Iterator, Sequence

from tests.performance.limits import COLD, COLD_WITH_PROVIDER, Limit, ratios
from tests.performance.measuring import Figures
from tests.performance.subjects import NATURAL

_WIDTH, _NAMES, _BARE = 770, 190, 200  # of the picture, of names, and of a bar with bare's instructions
_ROW, _HEAD, _GAP = 18, 62, 26  # heights
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #6e7781; } line { stroke: #6e7781; }
.title { font-weight: 600; } .end { text-anchor: end; } .middle { text-anchor: middle; } .aim { stroke-dasharray: 3 3; }
.good { fill: #2da44e; } .fair { fill: #d4a72c; } .poor { fill: #cf222e; } .yardstick { fill: #8c959f; }
"""


def svg(every: Sequence[Figures], bare: Figures) -> str:
    """Return a panel of functions, and one of those with the limits of providers and pages."""
    parts, top = (
        [f"<title>Instructions of a cold start, compared with a bare function</title><style>{_STYLE}</style>"],
        0,
    )
    for title, provider in (("Accounts, sessions and tasks", False), ("Providers and pages", True)):
        shown = [one for one in every if one.request.provider is provider or one.name == NATURAL]
        bars = sorted((ratios(one, bare)[0].value, one.name) for one in shown)
        parts += _panel(title, bars, COLD_WITH_PROVIDER if provider else COLD, top)
        top += _HEAD + _ROW * len(bars) + _GAP
    size = f'width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', *parts, "</svg>\n"])


def _panel(title: str, bars: Sequence[tuple[float, str]], limit: Limit, top: int) -> Iterator[str]:
    yield _text(0, top + 14, f"{title}: instructions from start to first answer, × bare", "title")
    for row, (value, name) in enumerate(bars):
        y, width = top + _HEAD + row * _ROW, value * _BARE
        yield _text(_NAMES - 8, y + 12, name, "end")
        yield f'<rect class="{_kind(name, value, limit)}" x="{_NAMES}" y="{y + 2}" width="{width:.1f}" height="13"/>'
        yield _text(_NAMES + width + 5, y + 12, f"{value:.2f}")
    for name, value, y in (("aim", limit.aim, top + _HEAD - 4), ("must", limit.must, top + _HEAD - 18)):
        x, bottom = _NAMES + value * _BARE, top + _HEAD + _ROW * len(bars)
        yield f'<line class="{name}" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{bottom}"/>'
        yield _text(x, y - 4, f"{name} {value:.2f}", "middle")


def _kind(name: str, value: float, limit: Limit) -> str:
    if name == NATURAL:
        return "yardstick"
    return "good" if value <= limit.aim else "fair" if value <= limit.must else "poor"


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y}" class="{kind}">{words}</text>'
