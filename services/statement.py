"""A day of a deciding body and a department, as each side has it: do the two agree, and where do they not? Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from events.numbers import Run, runs_of, without

Side = Literal["approval", "supervision"]
SIDES: tuple[Side, Side] = ("supervision", "approval")
"""Who sends the pushes, and who hears of them: in the order in which they are read."""


class Agreement(StrEnum):
    """What the two halves of a statement are to each other."""

    AWAITED = "awaited"
    AGREED = "agreed"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Half:
    """What one side has of the day. ``part`` 1 is the statement, 2, 3 … supplements, each of the whole day."""

    part: int
    pushes: int
    ids_hash: str
    runs: tuple[Run, ...]
    drawn_at: datetime | None = None

    @property
    def first(self) -> int | None:
        return self.runs[0][0] if self.runs else None

    @property
    def last(self) -> int | None:
        return self.runs[-1][1] if self.runs else None

    def says_as(self, other: Half) -> bool:
        return (self.pushes, self.ids_hash, self.runs) == (other.pushes, other.ids_hash, other.runs)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One side's word about a part of its own half. ``signed`` False is a dispute."""

    side: Side
    part: int
    pushes: int
    ids_hash: str
    signed: bool
    officer: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """Both halves of a day, every part of each in order, and every verdict in order. Each side knows the other's half
    from the log."""

    body: str
    department: str
    day: date
    halves: dict[Side, tuple[Half, ...]]
    verdicts: tuple[Verdict, ...] = ()

    def newest(self, side: Side) -> Half | None:
        parts = self.halves.get(side, ())
        return parts[-1] if parts else None

    def verdict(self, side: Side) -> Verdict | None:
        """Return the side's last word, when it is about its half as that stands now."""
        half = self.newest(side)
        said = [one for one in self.verdicts if one.side == side and half and one.part == half.part]
        return said[-1] if said else None

    @property
    def agreement(self) -> Agreement:
        ours, theirs = (self.newest(side) for side in SIDES)
        if ours is None or theirs is None:
            return Agreement.AWAITED
        return Agreement.AGREED if ours.says_as(theirs) else Agreement.DIFFERENT

    @property
    def closed(self) -> bool:
        """Whether both agree, and both have signed what stands now."""
        verdicts = [self.verdict(side) for side in SIDES]
        return self.agreement is Agreement.AGREED and all(one is not None and one.signed for one in verdicts)

    def only_at(self, side: Side) -> list[Run]:
        """Return the push numbers that this side has and the other has not."""
        own, other = self.newest(side), self.newest(SIDES[1 - SIDES.index(side)])
        return without(own.runs if own else (), other.runs if other else ())

    @property
    def same_numbers_other_ids(self) -> bool:
        """Whether both have the same numbers, and not the same decisions under them."""
        return self.agreement is Agreement.DIFFERENT and not any(self.only_at(side) for side in SIDES)


def half_of(pushes: Iterable[tuple[int, UUID]], part: int = 1) -> Half:
    """Return the half that has these pushes: the number of each, and the id of its decision."""
    ordered = sorted(pushes)
    covered = hashlib.sha256()
    for number, decision in ordered:
        covered.update(number.to_bytes(8, "big") + decision.bytes)
    return Half(part, len(ordered), covered.hexdigest(), tuple(runs_of(number for number, _ in ordered)))


def next_half(drawn: Sequence[Half], now: Half) -> Half | None:
    """Return the part that must be drawn after ``drawn`` so that they say what is known ``now``; None when they do.

    What was drawn, and maybe signed, is never changed.
    """
    if drawn and drawn[-1].says_as(now):
        return None
    return Half(len(drawn) + 1, now.pushes, now.ids_hash, now.runs)
