"""What a side says when numbers of the other side's ledger are missing: which it asks for again, and that they came.

One stream for each request. The other side sends the numbers again through its log, or they are read from its ledger;
readers skip by version what they have, so asking too often is harmless.
"""

from __future__ import annotations

from events.approval import Said


class NumberRun(Said):
    """Numbers from ``first`` to ``last``, both included."""

    first: int
    last: int


class NumbersAskedFor(Said):
    """缺号重取. ``source``: whose ledger numbers they are; ``asked``: how often these were asked for, this time
    included; ``by``: an officer, or ``linkage`` for the watch that asks by itself."""

    source: str
    runs: tuple[NumberRun, ...]
    asked: int
    by: str


class NumbersArrived(Said):
    """补齐. Every number of the request is here now."""

    source: str
    runs: tuple[NumberRun, ...]
    asked: int
