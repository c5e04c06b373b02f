"""The intake: a batch of decisions is routed by the duty list, recorded as pushes, and stands in the lists: one hop.

All of it is one transaction of the supervision database, with the bookmark. A route is decided once and recorded; no
list ever looks a duty up, so a rebuild cannot change who is responsible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import orjson
import psycopg

from events import columns, store
from events.catalogue import DECISIONS
from events.envelope import NewEvent, Record
from events.store import Lane
from events.supervision import Role
from projections import deciders, statement_days
from projections.cases import move_on, open_cases
from projections.commitments import ON_A_PROMISE, Promised, open_checks
from projections.erased import erased_parties
from projections.listed_decision import ListedDecision, read_decision
from projections.push_case import Case, delivered
from projections.received_numbers import day_of
from projections.watch_list_fold import Changes
from services.supervision import handing_over, pushing, waiting
from services.supervision.claim_limits import ClaimLimits, read_claim_limits
from services.supervision.duty_list import Duty, Register, Uncovered
from services.supervision.duty_register import current_register, register_version
from services.supervision.placing import Placement, read_placements, roles, write_placements
from services.supervision.pushing import Push, Reached, number, reserve_numbers, wanted_by
from services.working_days import china_day

SOURCE = "supervision"


@dataclass(slots=True)
class IntakeUnit:
    """The routing of one batch. Nothing is numbered or written before ``write``."""

    register: Register
    limits: ClaimLimits
    now: datetime
    owner: str
    placements: dict[UUID, Placement]
    versions: dict[UUID, int]
    pushes: list[Push] = field(default_factory=list)
    raised: list[waiting.Raised] = field(default_factory=list)
    resolved: set[UUID] = field(default_factory=set)
    reason: str = "decision"
    day: date = field(init=False)
    """The day that the route is decided for: today in China, because it is today that somebody must watch."""

    def __post_init__(self) -> None:
        self.day = china_day(self.now)

    def apply(self, record: Record) -> None:
        """Route one decision."""
        decided = read_decision(record.type, record.schema, record.data)
        facts = decided.facts
        answer = self.register.route(facts.matter_code, facts.region_code, str(facts.level), self.day)
        before = self.placements.get(record.stream)
        if before is not None and before.pinned:
            # A ruling stands above the list: the list's answer gives the mode and the limit only.
            duty = None if isinstance(answer, Uncovered) else answer
            self._push(record, decided, before.departments, (), duty, "kept", pinned=True)
            return
        if isinstance(answer, Uncovered):
            self._wait(record, decided, answer)
            if before is not None:
                # While nobody new is named, those who had it stay responsible and must learn of the decision.
                self._push(record, decided, before.departments, (), None, "no_duty_kept")
            return
        departments = roles(answer.content.lead, answer.content.co_departments)
        left = () if before is None else tuple(sorted(before.departments.keys() - departments.keys()))
        self._push(record, decided, departments, left, answer, self.reason)
        self.resolved.add(record.stream)

    def _next(self, stream: UUID) -> int:
        self.versions[stream] = self.versions.get(stream, 0) + 1
        return self.versions[stream]

    def _push(
        self,
        record: Record,
        decided: ListedDecision,
        departments: Mapping[str, Role],
        left: tuple[str, ...],
        duty: Duty | None,
        reason: str,
        *,
        pinned: bool = False,
    ) -> None:
        version = self._next(record.stream)
        claim = None if decided.opening_stock else self.limits.claim(duty, decided.facts.matter_code, self.day)
        self.pushes.append(Push(record.stream, version, record, decided, departments, left, duty, reason, claim))
        lead, *others = departments
        self.placements[record.stream] = Placement(lead, tuple(others), version, pinned)

    def _wait(self, record: Record, decided: ListedDecision, reason: Uncovered) -> None:
        version = self._next(record.stream)
        self.raised.append(waiting.Raised(record, decided, reason, self.owner, version, self.register.version))
        self.resolved.discard(record.stream)

    def write(self, connection: psycopg.Connection) -> None:
        """Number the pushes, write lists, placements and exception queue, and record what was said.

        Each statement is answered before the next: in pipeline mode the server waits for more without taking the
        session for idle, and a worker frozen there would hold its row locks for ever.
        """
        if not self.pushes and not self.raised:
            return
        last, recorded_at = reserve_numbers(connection, wanted_by(self.pushes))
        numbered = [(push, number(push, last)) for push in self.pushes]
        changes = Changes(erased_parties(connection))
        cases: list[Case] = []
        for push, reached in numbered:
            changes.push(push.stream, push.version, push.record, push.decided, reached, push.left, recorded_at)
            cases += _cases(push, reached, recorded_at)
        write_placements(connection, {push.stream: self.placements[push.stream] for push in self.pushes})
        move_on(connection, [(push.stream, code) for push in self.pushes for code in push.left], recorded_at)
        open_cases(connection, cases)
        delivered_on = day_of(recorded_at)
        statement_days.mark(connection, ((case.body, case.department, delivered_on) for case in cases))
        open_checks(connection, list(_promised(self.pushes)), recorded_at)
        waiting.write(connection, self.raised, self.resolved, recorded_at)
        changes.write(connection)
        deciders.write(connection, (push.decided.facts for push in self.pushes))
        self._note_stock(connection, numbered)
        entries: list[tuple[Push | waiting.Raised, Sequence[Reached]]] = [*numbered]
        entries += [(raised, ()) for raised in self.raised]
        entries.sort(key=lambda entry: (entry[0].stream.int, entry[0].version))
        bulk = all(push.decided.batch is not None for push in self.pushes)
        events = [self._event(*entry) for entry in entries]
        store.append(connection, SOURCE, events, lane=Lane.BULK if bulk else Lane.LIVE, recorded_at=recorded_at)

    def _note_stock(self, connection: psycopg.Connection, numbered: Sequence[tuple[Push, Sequence[Reached]]]) -> None:
        arrived = [handing_over.Arrived(push.record, push.decided) for push in self.pushes]
        arrived += [handing_over.Arrived(raised.record, raised.decided) for raised in self.raised]
        handing_over.note(connection, arrived, numbered, self.now, first=self.reason == "decision")

    def _event(self, entry: Push | waiting.Raised, reached: Sequence[Reached]) -> NewEvent:
        if isinstance(entry, Push):
            return pushing.event(entry, reached, self.register.version, self.now)
        return waiting.event(entry, self.now)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        """Yield what nobody made wait. What came as a batch, a file's rows, waits for all else on purpose, and whoever
        is on duty is not to be woken for each large file."""
        for push in self.pushes:
            if push.decided.batch is None:
                for department in push.departments:
                    yield department, push.record.recorded_at


class Intake:
    """A reaction of the supervision side: decisions become pushes and stand in watch lists."""

    types = DECISIONS

    def __init__(self, owner: str, clock: Callable[[], datetime]) -> None:
        self.owner = owner
        self.clock = clock
        self._register = Register(-1)
        self._limits: ClaimLimits | None = None

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> IntakeUnit:
        """Load what routing needs. The register's row is share-locked: a new duty list waits for this batch to end."""
        self._register = current_register(connection, self._register)
        self._limits = read_claim_limits(connection, self._limits)
        return IntakeUnit(
            register=self._register,
            limits=self._limits,
            now=self.clock(),
            owner=self.owner,
            placements=read_placements(connection, streams),
            versions=_versions(connection, streams),
        )

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        """Route what waits in the exception queue again, once for each version of the duty list.

        Returns how many waiting decisions were looked at. The caller holds the lease's rows.
        """
        version = register_version(connection, lock=True)
        records = waiting.due(connection, version, partitions)
        if not records:
            return 0
        unit = self.open(connection, [record.stream for record in records])
        unit.reason = "duty_found"
        still: list[UUID] = []
        for record in records:
            facts = orjson.loads(record.data)["facts"]
            asked = (facts["matter_code"], facts["region_code"], facts["level"], unit.day)
            if isinstance(unit.register.route(*asked), Uncovered):
                still.append(record.stream)
            else:
                unit.apply(record)
        unit.write(connection)
        waiting.looked_at(connection, still, version)
        return len(records)


def _cases(push: Push, reached: Sequence[Reached], at: datetime) -> Iterator[Case]:
    mode = push.duty.content.mode if push.duty else None
    for one in reached:
        yield delivered(
            push.stream, push.version, push.record.version, push.decided, one.department, one.role, one.push_number,
            mode, push.claim, at,
        )  # fmt: skip


def _promised(pushes: Iterable[Push]) -> Iterator[Promised]:
    """Yield the decisions that rest on a promise. Those taken over as 存量 start no clock."""
    for push in pushes:
        decided = push.decided
        if decided.facts.commitment and push.record.type in ON_A_PROMISE and not decided.opening_stock:
            yield Promised(push.stream, push.record.version, decided.facts.matter_code)


def _versions(connection: psycopg.Connection, streams: Sequence[UUID]) -> dict[UUID, int]:
    rows = connection.execute("SELECT stream, version FROM streams WHERE stream = ANY(%s)", (columns.uuids(streams),))
    return dict(rows.fetchall())
