"""What supervision finds about a permit becomes a task of the desk, in the transaction that hears of it.

Each finding is heard in the order of its own stream, and a task hears each version of it once: how often it is
delivered, how late, and in which order among other findings changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from events import columns, store
from events.approval import Decided, PermitFacts
from events.catalogue import Malformed, UnknownType, decode, encode, type_name
from events.corrections import CorrectionRequested
from events.envelope import NewEvent, Record
from events.expiry import ExpiryEnded, PermitExpired
from events.penalties import (
    AnnulmentSuggested,
    CommitmentChecked,
    ErrorReported,
    OfPermit,
    PenaltyAmended,
    PenaltyAnnulled,
    PenaltyMatched,
    PenaltySaid,
    PenaltyStatus,
)
from events.tasks import TaskEvent, TaskFacts, TaskKind, TaskLimit, Withdrawal, task_stream
from services.approval import rechecking, task_list
from services.approval.outcome import SOURCE
from services.approval.task import Asking, Task, amend, ask, evolve, limited_by, overtake, release, settle
from services.time_rules import TimeRules, read_time_rules
from services.wording import DECISIONS
from services.working_days import china_day

Hear = Callable[[Task, Asking], TaskEvent | None]
HEARD = (
    PenaltyMatched, PenaltyAmended, PenaltyAnnulled, AnnulmentSuggested, CommitmentChecked, ErrorReported,
    PermitExpired, ExpiryEnded, CorrectionRequested,
)  # fmt: skip


class Step(NamedTuple):
    """What one event means for the task about one permit."""

    cause: Record
    permit: UUID
    hear: Hear
    said: Any


@dataclass(slots=True)
class _Work:
    """The tasks of one batch as they stand, and what was decided about them."""

    tasks: dict[UUID, Task]
    now: datetime
    recorded_at: datetime
    events: list[NewEvent] = field(default_factory=list)

    def note(self, stream: UUID, said: TaskEvent | None, cause: UUID) -> None:
        if said is None:
            return
        name, schema, data = encode(said)
        version = self.tasks[stream].version + 1
        self.events.append(NewEvent(stream, version, name, schema, self.now, data, causation=cause))
        self.tasks[stream] = evolve(self.tasks[stream], version, said, self.recorded_at)

    def record(self, connection: psycopg.Connection) -> None:
        if self.events:
            changed = {event.stream for event in self.events}
            store.append(connection, SOURCE, self.events, recorded_at=self.recorded_at)
            task_list.write(connection, {stream: self.tasks[stream] for stream in changed})


@dataclass(slots=True)
class RaisingUnit:
    """The findings of one batch. They are only read before ``write``."""

    rules: TimeRules
    now: datetime
    permits: dict[UUID, set[UUID]]
    """The permits that each finding touches, or touched: those with a task about it."""
    steps: list[Step] = field(default_factory=list)
    passed: list[tuple[Record, CommitmentChecked]] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        said = decode(record.type, record.schema, record.data)
        if isinstance(said, CommitmentChecked) and said.passed:
            self.passed.append((record, said))
            return
        known = self.permits.setdefault(record.stream, set())
        steps = [Step(record, permit, hear, said) for permit, hear in _touched(said, known)]
        known.update(step.permit for step in steps)
        self.steps += steps

    def write(self, connection: psycopg.Connection) -> None:
        """Decide what each task hears, record it, and write the rows of the list."""
        checks = [(step.cause, step.said) for step in self.steps if isinstance(step.said, CommitmentChecked)]
        checks += self.passed
        if not self.steps and not checks:
            return
        rechecking.lock(connection, (said.permit for _, said in checks))
        passed = rechecking.passed_checks(connection, checks)
        streams = [task_stream(step.cause.stream, step.permit) for step in self.steps]
        failed = rechecking.failed_tasks(connection, passed)
        # A clerk may be answering: he is waited for, and what he answered is known when it is decided here.
        connection.execute(
            "SELECT FROM streams WHERE stream = ANY(%s) ORDER BY stream FOR UPDATE", (columns.uuids(streams + failed),)
        )
        work = _Work(task_list.load(connection, [*streams, *failed]), self.now, _now(connection))
        facts = _permits(connection, (step.permit for step in self.steps))
        for stream, step in zip(streams, self.steps, strict=True):
            if isinstance(step.said, CorrectionRequested) and step.permit not in facts:
                continue  # no body here has decided about it, so there is nobody to ask
            asking = self._asking(step, facts.get(step.permit))
            work.note(stream, step.hear(work.tasks[stream], asking), step.cause.id)
        for stream, task in work.tasks.items():
            if task.opened is not None and task.opened.kind is TaskKind.FAILED_COMMITMENT:
                by = passed.get(task.opened.permit)
                if by is not None:
                    work.note(stream, overtake(task, by.on, china_day(self.now)), by.cause)
        work.record(connection)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())

    def _asking(self, step: Step, permit: PermitFacts | None) -> Asking:
        today = china_day(self.now)
        kind, body, facts = _finding(step, permit)
        due = self.rules.due(limited_by(kind), today, matter=facts.matter_code)
        limit = TaskLimit(due=due.day, estimated=due.estimated, calendar=self.rules.calendar.version)
        said = step.said.facts if isinstance(step.said, PenaltySaid) else step.said
        department = "" if isinstance(said, CorrectionRequested) else said.department
        return Asking(kind, step.cause.stream, step.cause.version, step.permit, body, department, facts, limit, today)


class RaisingTasks:
    """A reaction of the approval side: penalties, suggestions and failed checks become tasks, and end them."""

    types = frozenset(map(type_name, HEARD))

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._rules: TimeRules | None = None

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> RaisingUnit:
        self._rules = read_time_rules(connection, self._rules)
        return RaisingUnit(self._rules, self.clock(), task_list.about(connection, streams))

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


def _touched(said: Any, known: Iterable[UUID]) -> list[tuple[UUID, Hear]]:
    """Return each permit that an event concerns, and what its task hears. ``known`` have a task about the finding."""
    ended = partial(release, why=Withdrawal.ANNULLED)
    match said:
        case PenaltySaid(status=PenaltyStatus.ANNULLED):
            return [(permit, ended) for permit in sorted(known)]
        case PenaltyMatched():
            touched = [one.permit for one in said.matches]
            left = sorted(set(known).difference(touched))
            unmatched = partial(release, why=Withdrawal.NO_LONGER_MATCHED)
            return [*((permit, ask) for permit in touched), *((permit, unmatched) for permit in left)]
        case PenaltyAmended():
            return [(permit, amend) for permit in sorted(known)]
        case CommitmentChecked() | AnnulmentSuggested() | ErrorReported() | PermitExpired() | CorrectionRequested():
            return [(said.permit, ask)]
        case ExpiryEnded():
            return [(said.permit, settle)]
    return []


def _finding(step: Step, permit: PermitFacts | None) -> tuple[TaskKind, str, TaskFacts]:
    """Return what the task is about, which body must answer, and what its clerk must know."""
    said = step.said
    match said:
        case PenaltySaid(facts=facts):
            matched = {one.permit: one for one in said.matches} if isinstance(said, PenaltyMatched) else {}
            one = matched.get(step.permit)
            body = permit.deciding_body if permit else one.deciding_body if one else ""
            number = permit.permit_number if permit else one.permit_number if one else ""
            return TaskKind.PENALTY, body, TaskFacts(
                party=facts.party, permit_number=number, matter_code=permit.matter_code if permit else "",
                department_name=facts.department_name, document_number=facts.document_number,
                happened_on=facts.decision_date, legal_basis=facts.legal_basis,
                subject="；".join(filter(None, (facts.penalty_kind, facts.violation_kind))),
                text="；".join(filter(None, (facts.content, facts.violation_facts))),
            )  # fmt: skip
        case AnnulmentSuggested():
            return (
                TaskKind.ANNULMENT_SUGGESTION,
                said.deciding_body,
                _of_permit(said, said.suggested_on, document_number=said.document_number, legal_basis=said.legal_basis),
            )
        case ErrorReported():
            subject = f"{said.field}: {said.stated} → {said.should_be}"
            return TaskKind.CORRECTION, said.deciding_body, _of_permit(said, said.reported_on, subject=subject)
        case CorrectionRequested():
            assert permit is not None
            return TaskKind.CORRECTION, permit.deciding_body, TaskFacts(
                party=permit.party, permit_number=permit.permit_number, matter_code=permit.matter_code,
                department_name="监管侧运维", happened_on=said.requested_on,
                subject=f"第 {said.permit_version} 版（{DECISIONS.get(said.type, said.type)}）未能列入监管名单",
                text=said.reason,
            )  # fmt: skip
        case PermitExpired() | ExpiryEnded():
            return TaskKind.EXPIRY, said.deciding_body, _of_permit(said, said.valid_to)
        case _:
            return TaskKind.FAILED_COMMITMENT, said.deciding_body, _of_permit(said, said.checked_on)


def _of_permit(said: OfPermit, happened_on: date, **more: str) -> TaskFacts:
    return TaskFacts(
        party=said.party, permit_number=said.permit_number, matter_code=said.matter_code,
        department_name=said.department_name, happened_on=happened_on, text=getattr(said, "facts", ""), **more,
    )  # fmt: skip


def _permits(connection: psycopg.Connection, permits: Iterable[UUID]) -> dict[UUID, PermitFacts]:
    """Return the facts of those of ``permits`` that are recorded here, also where every entry was taken back."""
    found = {}
    for permit, records in store.load_streams(connection, SOURCE, permits).items():
        facts = next(filter(None, map(_facts_of, reversed(records))), None)
        if facts is not None:
            found[permit] = facts
    return found


def _facts_of(record: Record) -> PermitFacts | None:
    """Return what a decision says; nothing of one that cannot be read, which its body may be asked to correct."""
    try:
        said = decode(record.type, record.schema, record.data)
    except (Malformed, UnknownType):
        return None
    assert isinstance(said, Decided)
    return said.facts


def _now(connection: psycopg.Connection) -> datetime:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    at: datetime = row[0]
    return at
