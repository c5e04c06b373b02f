"""Who is, or was, responsible for a permit on a day, under which duty or ruling, and since which event? Pure.

Two times: the legal day, and the day up to which the record is read. Of the pushes and moves that hold on the legal
day, the one recorded last says who is responsible: a ruling that is recorded later with an earlier legal day changes
what is known now, and leaves what was believed then readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from events.catalogue import decode
from events.envelope import Record
from events.oversight import PushMoved, PushSigned
from events.supervision import ExceptionRaised, Mode, PushMade, Role
from services.working_days import china_day


@dataclass(frozen=True, slots=True)
class Statement:
    """One push or move: whom it made responsible, from which legal day, and when that was recorded."""

    event: UUID
    version: int
    type: str
    legal_day: date
    recorded_at: datetime
    said: PushMade

    @property
    def lead(self) -> str:
        return self.said.receivers[0].department

    @property
    def departments(self) -> dict[str, Role]:
        return {one.department: one.role for one in self.said.receivers}


@dataclass(frozen=True, slots=True)
class Responsible:
    """The answer. ``by``: the statement that holds; ``since``: the first of those without a break under this lead.

    ``signed_at``: when the lead signed it; None in mode ``on_signing`` means that it has not taken the duty over, and
    is responsible all the same, as the duty list's lead.
    """

    by: Statement
    since: Statement
    signed_at: datetime | None

    @property
    def mode(self) -> Mode | None:
        return self.by.said.mode


@dataclass(frozen=True, slots=True)
class Nobody:
    """Why no department is: ``no_decision_yet``, or the reason for which its decision waits, with the owner of it."""

    reason: str
    owner: str = ""
    since: datetime | None = None


def responsible_on(records: Sequence[Record], on: date, known_on: date) -> Responsible | Nobody:
    """Answer from a permit's stream. ``on`` the legal day; what was recorded after ``known_on`` is left out.

    Both are days in China.
    """
    known = [record for record in records if china_day(record.recorded_at) <= known_on]
    statements = [one for one in _statements(known) if one.legal_day <= on]
    if not statements:
        return _nobody(known)
    by = statements[-1]
    since = by
    for earlier in reversed(statements):
        if earlier.lead != by.lead:
            break
        since = earlier
    return Responsible(by, since, _signed(known, by, since, on))


def _statements(records: Iterable[Record]) -> Iterable[Statement]:
    for record in records:
        if record.type in ("push_made", "push_moved"):
            said = decode(record.type, record.schema, record.data)
            assert isinstance(said, PushMade)
            day = said.effective if isinstance(said, PushMoved) else china_day(record.recorded_at)
            yield Statement(record.id, record.version, record.type, day, record.recorded_at, said)


def _signed(records: Iterable[Record], by: Statement, since: Statement, on: date) -> datetime | None:
    for record in records:
        if record.type == "push_signed" and record.version > since.version and china_day(record.recorded_at) <= on:
            said = decode(record.type, record.schema, record.data)
            assert isinstance(said, PushSigned)
            if said.department == by.lead:
                return record.recorded_at
    return None


def _nobody(records: Iterable[Record]) -> Nobody:
    for record in records:
        if record.type == "exception_raised":
            said = decode(record.type, record.schema, record.data)
            assert isinstance(said, ExceptionRaised)
            return Nobody(said.reason, said.owner, record.recorded_at)
    return Nobody("no_decision_yet")
