"""What pages that the code writes are made of."""

from __future__ import annotations

from collections.abc import Iterable


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    names = list(headings)
    lines = [names, ["---"] * len(names), *([cell.replace("|", "\\|").replace("\n", " ") for cell in r] for r in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
