"""Workbooks that a page hands out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from urllib.parse import quote

from fastapi.responses import Response

from services.tables.written import Book
from services.uploads import WORKBOOK


def sheet(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return an XLSX of texts: no cell is a formula, and no long code loses its last digits."""
    into = BytesIO()
    with Book(into, in_memory=True) as book:
        page = book.add_worksheet()
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        page.set_column(0, len(headings) - 1, 18, text)
        page.freeze_panes(1, 0)
        for number, cells in enumerate((headings, *rows)):
            for place, said in enumerate(cells):
                page.write_string(number, place, said, text if number else bold)
    return into.getvalue()


def download(content: bytes, name: str) -> Response:
    """Answer with a workbook that the browser saves as ``name``."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type=WORKBOOK, headers=headers)
