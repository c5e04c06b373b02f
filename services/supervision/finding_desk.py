"""The desk of findings: who the party is, or what of the words may be shown, is asked of the approval side; then the
statement is checked against what is recorded, and recorded with its row, in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine

from events import store
from events.approval import Party
from events.catalogue import decode, encode
from events.database import raw
from events.envelope import NewEvent, event_id, new_stream
from events.penalties import FreezeSaid, OfPermit
from projections import findings
from projections.findings import FindingSaid
from services.handled_once import handled_once
from services.party_resolution import PARTY_ERASED, AskedParty, ResolvedParty
from services.refusing import Refused
from services.supervision import finding as rules
from services.supervision import freezing
from services.supervision.finding import Says, Watched
from services.supervision.finding_rules import UNKNOWN_DEPARTMENT, UNKNOWN_FINDING, UNKNOWN_PERMIT
from services.supervision.finding_stated import (
    AboutPermit,
    CheckCommitment,
    CheckRectification,
    Command,
    Inspect,
    InspectUnplanned,
    LiftFreeze,
    PlanInspection,
    ReportError,
    RequestFreeze,
    SuggestAnnulment,
)
from services.supervision.party_register import PartyRegister
from services.supervision.permit_history import history_of
from services.working_days import CHINA, china_day

SOURCE = "supervision"
FREE_TEXTS = ("facts", "problems", "plan", "reason", "should_be")
MAY_NAME = ("document_number", "legal_basis", "why_lifted")


@dataclass(frozen=True, slots=True)
class Newest:
    """A finding as its newest event leaves it."""

    version: int
    said: FindingSaid


class FindingDesk:
    """Handles findings against one supervision database. Safe for several threads and processes at once."""

    def __init__(self, engine: Engine, register: PartyRegister, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.register = register
        self.clock = clock

    def handle(
        self, command: Command, finding: UUID | None = None, *, caller: str = "", key: str = ""
    ) -> dict[str, Any]:
        """Record ``command``, about ``finding`` where it goes on with one, or raise ``Refused``.

        Answers with the finding and its event. While the approval side is away nothing is recorded.
        """
        found = self._resolve(command, finding)
        now = self.clock()

        def attempt(connection: Connection) -> dict[str, Any]:
            return _attempt(raw(connection), command, finding, found, now)

        name = (caller, f"finding/{key}" if key else "")
        return handled_once(self.engine, name, _asked(command, finding, found), attempt)

    def _resolve(self, command: Command, finding: UUID | None) -> ResolvedParty:
        free = {name: getattr(command, name) for name in FREE_TEXTS if hasattr(command, name)}
        other = {name: getattr(command, name) for name in MAY_NAME if hasattr(command, name)}
        if isinstance(command, RequestFreeze) and command.party is not None:
            asked = AskedParty(party=command.party, free_texts=free, texts=other)
        else:
            with self.engine.connect() as connection:
                asked = AskedParty(known=_party(raw(connection), command, finding), free_texts=free, texts=other)
        (found,) = self.register.resolve([asked])
        if found is None:
            raise Refused(PARTY_ERASED, field="party")
        return found


def _party(connection: psycopg.Connection, command: Command, finding: UUID | None) -> Party:
    if isinstance(command, AboutPermit | RequestFreeze):
        assert command.permit is not None
        return watched(connection, command.permit).facts.party
    return newest(connection, finding).said.party


def watched(connection: psycopg.Connection, permit: UUID) -> Watched:
    """Return a permit as it came, or refuse that it is known."""
    history = history_of(connection, permit)
    if history is None:
        raise Refused(UNKNOWN_PERMIT, field="permit")
    since = min(one.decided.decision_date for one in history.happened)
    newest = history.happened[-1].version
    return Watched(history.now.facts, history.now.status, since, frozenset(history.responsible()), newest)


def newest(connection: psycopg.Connection, finding: UUID | None) -> Newest:
    records = store.load_streams(connection, SOURCE, [finding])[finding] if finding else []
    said = decode(records[-1].type, records[-1].schema, records[-1].data) if records else None
    if not isinstance(said, FreezeSaid | OfPermit):
        raise Refused(UNKNOWN_FINDING)
    return Newest(records[-1].version, said)


def _asked(command: Command, finding: UUID | None, found: ResolvedParty) -> dict[str, Any]:
    said = command.model_dump(mode="json", exclude={"party", *found.texts})
    shown = {"party": str(found.party.party_id), "texts": found.texts, "mark": found.mark}
    return {"command": type(command).__name__, "finding": str(finding), "said": said, "shown": shown}


def _attempt(
    connection: psycopg.Connection, command: Command, finding: UUID | None, found: ResolvedParty, now: datetime
) -> dict[str, Any]:
    today = china_day(now)
    if isinstance(command, AboutPermit | RequestFreeze):
        says = Says(command.department, _name(connection, command.department), today)
        return _record(connection, new_stream(), 1, _new(connection, command, says, found), found.personal, now)
    before = newest(connection, finding)
    assert finding is not None
    return _record(
        connection, finding, before.version + 1, _next(before.said, command, today, found.texts), found.personal, now
    )


def _new(
    connection: psycopg.Connection, command: AboutPermit | RequestFreeze, says: Says, found: ResolvedParty
) -> FindingSaid:
    if isinstance(command, RequestFreeze):
        return freezing.request_freeze(command, found.party, says, found.texts)
    permit = watched(connection, command.permit)
    match command:
        case SuggestAnnulment():
            if command.check is not None:
                newest(connection, command.check)
            return rules.suggest_annulment(command, permit, says, found.texts)
        case ReportError():
            return rules.report_error(command, permit, says, found.texts)
        case CheckCommitment():
            return rules.check_commitment(command, permit, says, found.texts)
        case PlanInspection():
            return rules.plan_inspection(command, permit, says, found.texts)
        case InspectUnplanned():
            return rules.inspect_unplanned(command, permit, says, found.texts)
    raise TypeError(type(command).__name__)


def _next(before: FindingSaid, command: Command, today: date, shown: Mapping[str, str]) -> FindingSaid:
    match command, before:
        case LiftFreeze(), FreezeSaid():
            return freezing.lift_freeze(before, command, today, shown)
        case Inspect(), OfPermit():
            return rules.inspect(before, command, today, shown)
        case CheckRectification(), OfPermit():
            return rules.check_rectification(before, command, today, shown)
    raise Refused(UNKNOWN_FINDING)


def _name(connection: psycopg.Connection, department: str) -> str:
    row = connection.execute("SELECT name FROM departments WHERE department = %s", (department,)).fetchone()
    if row is None:
        raise Refused(UNKNOWN_DEPARTMENT, field="department")
    return str(row[0])


def _record(
    connection: psycopg.Connection, finding: UUID, version: int, said: FindingSaid, personal: bytes, now: datetime
) -> dict[str, Any]:
    kind = append(connection, finding, version, said, personal, now)
    event = event_id(SOURCE, finding, version)
    return {"accepted": True, "finding": str(finding), "event": str(event), "version": version, "type": kind}


def append(
    connection: psycopg.Connection,
    finding: UUID,
    version: int,
    said: FindingSaid,
    personal: bytes | None,
    now: datetime,
) -> str:
    """Record an event of a finding with its row; return its type. Its legal time is the day that it names, or now."""
    kind, schema, data = encode(said)
    day = rules.legal_day(said)
    at = datetime.combine(day, time(), CHINA) if day else now
    recorded = store.append(connection, SOURCE, [NewEvent(finding, version, kind, schema, at, data, personal)])
    findings.write(connection, finding, version, said, recorded)
    return kind
