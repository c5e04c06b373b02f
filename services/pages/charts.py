"""Charts made on the server: plain SVG that a printer without colours shows as well. Pure.

A chart never stands alone: its numbers are written into it or stand in the table beside it. What is late is filled, the
rest is an outline; no meaning is in the colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from markupsafe import Markup, escape


@dataclass(frozen=True, slots=True)
class Point:
    """A column of a chart: what stands under it, how high it is, and how much of that is late. ``None``: not known."""

    label: str
    value: float | None
    late: float = 0
    shown: str = ""


def bar(value: float, most: float, late: float = 0, width: int = 220) -> Markup:
    """Return one lying bar for a cell of a table, as long as ``value`` is of ``most``; its late part is filled."""
    scale = (width - 2) / most if most else 0
    long, filled = round(value * scale, 1), round(min(late, value) * scale, 1)
    return _svg(
        width,
        14,
        f"{_number(value)}，其中超期 {_number(late)}" if late else _number(value),
        f'<rect class="whole" x="1" y="2" width="{long}" height="10"/>'
        f'<rect class="late" x="1" y="2" width="{filled}" height="10"/>',
    )


def columns(points: Sequence[Point], title: str, width: int = 640, height: int = 180) -> Markup:
    """Return standing columns with their numbers above and their names below."""
    top, bottom = 22, height - 24
    most = max((point.value or 0 for point in points), default=0) or 1
    each = width / max(1, len(points))
    broad = round(min(56, each * 0.6), 1)
    drawn = [f'<line class="axis" x1="0" y1="{bottom}" x2="{width}" y2="{bottom}"/>']
    for place, point in enumerate(points):
        middle = round(each * (place + 0.5), 1)
        left = round(middle - broad / 2, 1)
        if point.value is not None:
            tall = round((bottom - top) * point.value / most, 1)
            late = round((bottom - top) * min(point.late, point.value) / most, 1)
            drawn.append(
                f'<rect class="whole" x="{left}" y="{round(bottom - tall, 1)}" width="{broad}" height="{tall}"/>'
                f'<rect class="late" x="{left}" y="{round(bottom - late, 1)}" width="{broad}" height="{late}"/>'
            )
        shown = point.shown or (_number(point.value) if point.value is not None else "无数据")
        above = bottom - (bottom - top) * (point.value or 0) / most - 5
        drawn.append(f'<text class="middle" x="{middle}" y="{round(above, 1)}">{escape(shown)}</text>')
        drawn.append(f'<text class="middle" x="{middle}" y="{height - 6}">{escape(point.label)}</text>')
    return _svg(width, height, title, "".join(drawn))


def waiting_times(
    points: Sequence[Point], title: str, marks: Sequence[tuple[float, str]], width: int = 1200, height: int = 190
) -> Markup:
    """Return waiting times in seconds as thin columns on a scale of powers, on which both 5 seconds and a day are seen.

    ``marks``: seconds and words of the lines across. A label stands under a column only where there is one.
    """
    left, top, bottom = 56, 10, height - 24
    most = max([point.value or 0 for point in points] + [marks[-1][0] if marks else 1])

    def high(seconds: float) -> float:
        return round((bottom - top) * log10(1 + seconds) / log10(1 + most), 1)

    each = (width - left) / max(1, len(points))
    drawn = [f'<line class="axis" x1="{left}" y1="{bottom}" x2="{width}" y2="{bottom}"/>']
    for seconds, words in marks:
        y = bottom - high(seconds)
        drawn.append(f'<line class="axis" x1="{left}" y1="{y}" x2="{width}" y2="{y}"/>')
        drawn.append(f'<text class="end" x="{left - 6}" y="{y + 4}">{escape(words)}</text>')
    for place, point in enumerate(points):
        x = round(left + each * place, 1)
        broad = round(max(1.0, each * 0.8), 1)
        if point.value is None:
            drawn.append(f'<rect class="unknown" x="{x}" y="{bottom - 4}" width="{broad}" height="4"/>')
        elif point.value:
            tall = max(1.0, high(point.value))
            kind = "late" if point.late else "whole"
            drawn.append(
                f'<rect class="{kind}" x="{x}" y="{round(bottom - tall, 1)}" width="{broad}" height="{tall}">'
                f"<title>{escape(point.shown)}</title></rect>"
            )
        if point.label:
            # The last one would run out of the picture.
            end = ' class="end"' if place > len(points) - 3 else ""
            drawn.append(f'<text{end} x="{x + broad if end else x}" y="{height - 6}">{escape(point.label)}</text>')
    return _svg(width, height, title, "".join(drawn))


def _svg(width: int, height: int, title: str, drawn: str) -> Markup:
    return Markup(  # noqa: S704 - drawn here, every word in it escaped
        f'<svg class="chart" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(title)}">{drawn}</svg>'
    )


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\N{NO-BREAK SPACE}") if value == int(value) else f"{value:.1f}"
