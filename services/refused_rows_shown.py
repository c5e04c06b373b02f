"""The rows of a register's file that could not be taken, as every command that imports one shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from services.tables.faults import Fault

Refusals = Sequence[tuple[int, str, str, Fault]]
"""Row, column, value and fault of each."""


def refused_as_json(refused: Refusals) -> list[dict[str, Any]]:
    return [
        {"row": row, "column": column, "value": value, "reason": fault.reason, "repair": fault.repair}
        for row, column, value, fault in refused
    ]


def show_refused(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print a table of what ``refused_as_json`` says; nothing when all rows were taken."""
    if rows:
        table = Table("行", "列", "值", "原因", "修改办法", title="未收下的行")
        for row in rows:
            table.add_row(str(row["row"]), row["column"], row["value"], row["reason"], row["repair"])
        console.print(table)
