"""Every type of event there is, with its model and its current version. The generated ``docs/events.md`` shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError

from events import (
    approval,
    canary,
    canary_return,
    code_mappings,
    completeness,
    corrections,
    deadlines,
    erasures,
    expiry,
    handovers,
    limits,
    opinions,
    oversight,
    parked,
    penalties,
    pending_applications,
    people,
    rule_answers,
    rule_changes,
    standing,
    statements,
    stock,
    supervision,
    tasks,
)
from events.approval import Said
from events.envelope import canonical
from events.upcasting import upcast


class UnknownType(Exception):
    """A type, or a version of it, that this release does not know. It is parked and read after the upgrade."""


class Malformed(Exception):
    """An event's data does not fit its type. The text names the fields, never their values."""


@dataclass(frozen=True, slots=True)
class Entry:
    model: type[Said]
    version: int = 1


def _entries() -> dict[str, Entry]:
    models: tuple[type[Said], ...] = (
        approval.PermitGranted,
        approval.PermitRenewed,
        approval.PermitAmended,
        approval.PermitReissued,
        approval.PermitSurrendered,
        approval.PermitRevoked,
        approval.PermitAnnulled,
        approval.PermitWithdrawn,
        approval.PermitCorrected,
        approval.PermitRefused,
        approval.DecisionRetracted,
        stock.StockHandedOver,
        opinions.OpinionStated,
        approval.BodyRegistered,
        approval.MatterMapped,
        erasures.PartyErased,
        supervision.PushMade,
        supervision.ExceptionRaised,
        oversight.PushMoved,
        oversight.PushRead,
        oversight.PushSigned,
        oversight.PushReturned,
        oversight.PushHandled,
        oversight.PushClosed,
        oversight.ConsultationOpened,
        oversight.OpinionGiven,
        oversight.RulingMade,
        handovers.HandoverListMade,
        handovers.HandoverListSigned,
        supervision.DutyAssigned,
        supervision.DutyChanged,
        supervision.DutyEnded,
        code_mappings.CodeMapped,
        expiry.PermitExpired,
        expiry.ExpiryEnded,
        limits.LimitSet,
        limits.CalendarDaysSet,
        deadlines.ReminderGiven,
        deadlines.LimitReached,
        deadlines.Escalated,
        deadlines.Urged,
        deadlines.DeadlineRecomputed,
        people.OfficerRegistered,
        people.LeaveRecorded,
        people.OfficerDeparted,
        people.OfficerAppointed,
        people.HolderNamed,
        penalties.PenaltyImposed,
        penalties.PenaltyAmended,
        penalties.PenaltyAnnulled,
        penalties.CreditRepaired,
        penalties.PenaltyMatched,
        penalties.PenaltyUnmatched,
        penalties.FreezeRequested,
        penalties.FreezeLifted,
        penalties.FreezeLapsed,
        penalties.AnnulmentSuggested,
        penalties.CommitmentChecked,
        penalties.ErrorReported,
        penalties.InspectionPlanned,
        penalties.InspectionRecorded,
        penalties.RectificationChecked,
        rule_changes.RuleChanged,
        rule_changes.RuleChangeCorrected,
        rule_changes.RuleChangeWithdrawn,
        rule_answers.RuleChangeReceived,
        rule_answers.RuleChangeAcknowledged,
        tasks.TaskOpened,
        tasks.TaskAnswered,
        tasks.TaskWithdrawn,
        tasks.TaskReopened,
        tasks.TaskRedated,
        standing.StandingRuleSet,
        pending_applications.PendingApplicationsCounted,
        canary.CanarySent,
        canary_return.CanaryReturned,
        completeness.NumbersAskedFor,
        completeness.NumbersArrived,
        parked.RecordSkipped,
        parked.RecordReplaced,
        corrections.CorrectionRequested,
        statements.StatementDrawn,
        statements.StatementSigned,
        statements.StatementDisputed,
    )
    entries = {type_name(model): Entry(model) for model in models}
    entries["permit_granted"] = Entry(approval.PermitGranted, 2)
    return entries


@cache
def type_name(model: type[BaseModel]) -> str:
    """Return the event type of a model: ``PermitGranted`` is ``permit_granted``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", model.__name__).lower()


CATALOGUE: Mapping[str, Entry] = _entries()
DECISIONS = frozenset(name for name, entry in CATALOGUE.items() if issubclass(entry.model, approval.Decided))


def decode(event_type: str, schema: int, data: bytes) -> Said:
    """Read an event's data as today's model of its type.

    ``UnknownType`` for a type or version of a later release, ``Malformed`` when the data do not fit.
    """
    entry = CATALOGUE.get(event_type)
    if entry is None:
        raise UnknownType(event_type)
    if schema > entry.version:
        raise UnknownType(f"{event_type} version {schema}")
    try:
        refuse_what_no_database_holds(event_type, data)
        if schema < entry.version:
            return entry.model.model_validate(_as_of_today(event_type, schema, entry.version, data))
        return entry.model.model_validate_json(data)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, fault["loc"])) for fault in error.errors()}))
        raise Malformed(f"{event_type}: {fields}") from None


def _as_of_today(event_type: str, schema: int, current: int, data: bytes) -> dict[str, Any]:
    try:
        return upcast(event_type, schema, current, orjson.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError):
        # The step found nothing where its version has something: no model has looked at the data yet.
        raise Malformed(f"{event_type}: not of version {schema}") from None


_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def refuse_what_no_database_holds(event_type: str, data: bytes) -> None:
    """Raise ``Malformed`` for a NUL in any text, or a number that is none. Kept in a push, they break whoever reads it
    as JSON in the database, long after."""
    if not (b"NaN" in data or b"Infinity" in data):
        refuse_nul(event_type, data)
        return
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Malformed(f"{event_type}: not JSON") from None
    refuse_nul(event_type, data)


def refuse_nul(event_type: str, data: bytes) -> None:
    """The same for a reader that takes no number that is none. A backslash is looked for first: it is found ten times
    as fast, and few data have one."""
    if b"\\" in data and b"\\u0000" in data and _NUL.search(data):
        raise Malformed(f"{event_type}: a NUL")


def encode(event: Said) -> tuple[str, int, bytes]:
    """Return the type, the version and the canonical JSON of an event."""
    name = type_name(type(event))
    return name, CATALOGUE[name].version, canonical(event.model_dump(mode="json"))
