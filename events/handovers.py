"""What the supervision side says of opening stock: a handover list was made for a department, and signed as a whole.

A list is a stream of its own. It does not repeat its rows: it names the push numbers that it holds, which are dense for
each deciding body and department, and a hash over the rows, so that both sides can tell that they hold the same list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID, uuid5

from events.approval import Said
from events.envelope import NAMESPACE
from events.oversight import ReturnReason


class PushNumbers(Said):
    """Push numbers without a gap, both ends included."""

    first: int
    last: int


class HandoverListMade(Said):
    """移交清单. ``number``: 1, 2, 3 … for each deciding body and department. ``sha256``: see ``hash_of``."""

    number: int
    body: str
    body_name: str
    department: str
    batch: UUID
    permits: int
    pushes: tuple[PushNumbers, ...]
    sha256: str


class ReturnedRow(Said):
    """A row that was not taken over: it is an ordinary returned push from here on."""

    permit: UUID
    push_version: int
    reason: ReturnReason
    text: str = ""
    candidate: str | None = None


class HandoverListSigned(Said):
    """签收移交清单, as a whole. ``signed``: rows taken over by this signature. ``apart``: rows about which the
    department had said something before, one by one. ``withdrawn``: rows that the bureau had taken back."""

    number: int
    body: str
    department: str
    officer: str
    signed: int
    apart: int
    withdrawn: int
    returned: tuple[ReturnedRow, ...] = ()


class ListedRow(NamedTuple):
    """A row of a list: a decision that was pushed to the department."""

    push_number: int
    permit: UUID
    decision_version: int


def hash_of(rows: Iterable[ListedRow]) -> str:
    """Return the SHA-256 of the rows by push number, a line each: ``push_number permit decision_version``."""
    said = hashlib.sha256()
    for row in sorted(rows):
        said.update(f"{row.push_number} {row.permit} {row.decision_version}\n".encode())
    return said.hexdigest()


def stretches(numbers: Sequence[int]) -> tuple[PushNumbers, ...]:
    """Return push numbers, each once, as stretches without a gap."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return tuple(PushNumbers(first=first, last=last) for first, last in found)


def list_stream(body: str, department: str, number: int) -> UUID:
    """Return the stream of a handover list."""
    return uuid5(NAMESPACE, f"handover/{body}/{department}/{number}")
