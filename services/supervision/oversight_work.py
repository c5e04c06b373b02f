"""What one attempt of the oversight desk has decided: permits as they were, then as the new events leave them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from uuid import UUID

import psycopg

from events import store
from events.approval import Said
from events.catalogue import encode
from events.envelope import NewEvent
from events.oversight import PushMoved, RulingMade
from projections import statement_days
from projections.cases import write_cases
from projections.oversight import Oversight, evolve, oversight_of
from projections.received_numbers import day_of
from projections.watch_list_fold import Changes
from services.supervision.placing import Placement, write_placements
from services.supervision.pushing import reserve_numbers
from services.working_days import CHINA

SOURCE = "supervision"


@dataclass(slots=True)
class Work:
    """``at``: the database's time, under which all of it is recorded."""

    at: datetime
    states: dict[UUID, Oversight] = field(default_factory=dict)
    personal: dict[UUID, bytes | None] = field(default_factory=dict)
    touched: dict[UUID, None] = field(default_factory=dict)
    events: list[NewEvent] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    placements: dict[UUID, Placement] = field(default_factory=dict)

    def load(self, connection: psycopg.Connection, permits: Iterable[UUID]) -> None:
        """Take in permits that are not here yet, as their records leave them."""
        fresh = [permit for permit in permits if permit not in self.states]
        for permit, records in store.load_streams(connection, SOURCE, fresh).items():
            state = oversight_of(permit, records)
            self.states[permit] = state
            self.personal[permit] = next((r.personal for r in records if r.version == state.newest_version), None)

    def note(self, connection: psycopg.Connection, permit: UUID, said: Said) -> tuple[int, str]:
        """Add an event, so that later commands of the same attempt rest on it. Return its version and type."""
        state = self.states[permit]
        version = state.version + 1
        if isinstance(said, PushMoved):
            said = _numbered(connection, state, said)
        state = self.states[permit] = evolve(state, said, version, self.at)
        self.touched[permit] = None
        if isinstance(said, PushMoved):
            self._place(state, said)
        kind, schema, data = encode(said)
        personal = self.personal[permit] if isinstance(said, PushMoved) else None
        self.events.append(NewEvent(permit, version, kind, schema, self._occurred(said), data, personal))
        return version, kind

    def record(self, connection: psycopg.Connection) -> None:
        """Write lists, cases and events in the caller's transaction; ``VersionConflict`` when others came first."""
        if not self.events:
            return
        store.append(connection, SOURCE, self.events, recorded_at=self.at)
        write_placements(connection, self.placements)
        self.changes.write(connection)
        touched = [self.states[permit] for permit in self.touched]
        write_cases(connection, touched)
        delivered = (case for state in touched for case in state.cases.values() if case.delivered_at == self.at)
        statement_days.mark(connection, ((case.body, case.department, day_of(self.at)) for case in delivered))

    def _place(self, state: Oversight, said: PushMoved) -> None:
        assert state.decided is not None
        lead, *others = state.departments
        self.placements[state.permit] = Placement(lead, tuple(others), state.version, state.pinned)
        self.changes.push(state.permit, state.version, said.decision, state.decided, said.receivers, said.left, self.at)

    def _occurred(self, said: Said) -> datetime:
        """The legal time: a ruling, and the move that follows from it, hold from their own day."""
        effective = said.effective if isinstance(said, RulingMade | PushMoved) else None
        if effective is None or effective == self.at.astimezone(CHINA).date():
            return self.at
        return datetime.combine(effective, time(), CHINA)


def load(connection: psycopg.Connection, permits: Iterable[UUID]) -> Work:
    """Begin an attempt with these permits."""
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    work = Work(row[0])
    work.load(connection, permits)
    return work


def _numbered(connection: psycopg.Connection, state: Oversight, said: PushMoved) -> PushMoved:
    assert state.decided is not None
    body = state.decided.facts.deciding_body
    last = reserve_numbers(connection, {(body, one.department): 1 for one in said.receivers}).last
    receivers = (one.model_copy(update={"push_number": last[body, one.department] + 1}) for one in said.receivers)
    return said.model_copy(update={"receivers": tuple(receivers)})
