"""What a side says of a day of a deciding body and a department: the daily statement (每日对账单), and its signing.

Each side draws its own half from its own database; when nothing was lost, both say the same. One stream for each body,
department and day on each side.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

from events.approval import Said
from events.completeness import NumberRun
from events.envelope import NAMESPACE


class OfStatement(Said):
    """Which statement it is about. ``day`` in China; ``part`` 1 is the statement, 2, 3 … supplements (补充对账单)."""

    body: str
    department: str
    day: date
    part: int
    pushes: int
    ids_hash: str


class StatementDrawn(OfStatement):
    """对账单. ``runs``: the push numbers of the whole day as they are known when this part is drawn."""

    runs: tuple[NumberRun, ...]


class StatementSigned(OfStatement):
    """确认. The side agrees to the day as this part of its own half has it."""

    officer: str


class StatementDisputed(OfStatement):
    """异议. The side does not agree, and says why. It names no person."""

    officer: str
    reason: str


def statement_stream(side: str, body: str, department: str, day: date) -> UUID:
    """Return the stream of one side's half of a statement."""
    return uuid5(NAMESPACE, f"statement/{side}/{body}/{department}/{day}")
