"""Who still decides under the old rule? Decisions that were recorded and marked with a rule change, on the supervision
side.

One row for each rule change and decision; an entry that is taken back takes its rows along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg

from events import columns
from events.catalogue import DECISIONS
from events.envelope import Record
from projections.listed_decision import read_decision

RULE_MARKS_1 = """
CREATE TABLE rule_marks (
    rule uuid NOT NULL,
    permit uuid NOT NULL,
    permit_version integer NOT NULL,
    ground text NOT NULL,
    decision text NOT NULL,
    decision_date date NOT NULL,
    deciding_body text NOT NULL,
    deciding_body_name text NOT NULL,
    matter_code text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (rule, permit, permit_version)
);
CREATE INDEX rule_marks_newest ON rule_marks (rule, recorded_at, permit, permit_version);
CREATE INDEX rule_marks_of_permit ON rule_marks (permit);
"""
_TYPES = ("uuid", "uuid", "integer", "text", "text", "date", "text", "text", "text", "timestamptz")

Row = tuple[UUID, UUID, int, str, str, date, str, str, str, datetime]
Place = tuple[datetime, UUID, int]
"""Where a page ended: when that decision was recorded, its permit, and its version."""


@dataclass(slots=True)
class MarkingUnit:
    """The marks of one batch, and the entries that were taken back in it."""

    marks: dict[tuple[UUID, UUID, int], Row] = field(default_factory=dict)
    gone: list[tuple[UUID, int]] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        # Few decisions are marked: reading them all once more would slow every push for the sake of these.
        if record.type != "decision_retracted" and b'"flagged":[{' not in record.data:
            return
        decided = read_decision(record.type, record.schema, record.data)
        if decided.retracted_version is not None:
            self.gone.append((record.stream, decided.retracted_version))
        facts = decided.facts
        for met in decided.flagged:
            self.marks[met.rule, record.stream, record.version] = (
                met.rule, record.stream, record.version, met.ground.value, record.type, decided.decision_date,
                facts.deciding_body, facts.deciding_body_name, facts.matter_code, record.recorded_at,
            )  # fmt: skip

    def write(self, connection: psycopg.Connection) -> None:
        if self.marks:
            connection.execute(
                f"""INSERT INTO rule_marks SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in _TYPES)})
                    ON CONFLICT DO NOTHING""".encode(),
                columns.of_rows(_TYPES, [self.marks[key] for key in sorted(self.marks)]),
            )
        if self.gone:
            connection.execute(
                """DELETE FROM rule_marks m USING unnest(%s::uuid[], %s::integer[]) AS gone (permit, version)
                   WHERE m.permit = gone.permit AND m.permit_version = gone.version""",
                columns.of_rows(("uuid", "integer"), self.gone),
            )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class RuleMarks:
    """A reaction of the supervision side: decisions that meet a rule change are kept by it."""

    types = DECISIONS

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> MarkingUnit:
        return MarkingUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


def marked_by_body(connection: psycopg.Connection, rule: UUID) -> list[dict[str, Any]]:
    """Return which bodies have decided under what ``rule`` repealed: how often, and when last."""
    rows = connection.execute(
        """SELECT deciding_body, max(deciding_body_name), count(*), max(decision_date) FROM rule_marks
           WHERE rule = %s GROUP BY deciding_body ORDER BY 3 DESC, 1""",
        (rule,),
    )
    return [
        {"body": body, "name": name, "decisions": count, "last_decision_date": last.isoformat()}
        for body, name, count, last in rows
    ]


def marked(connection: psycopg.Connection, rule: UUID, after: Place | None, limit: int) -> list[dict[str, Any]]:
    """Return the marked decisions, the newest first."""
    at, permit, version = after or (None, None, None)
    rows = connection.execute(
        """SELECT permit, permit_version, ground, decision, decision_date, deciding_body, deciding_body_name,
                  matter_code, recorded_at FROM rule_marks
           WHERE rule = %(rule)s
             AND (%(at)s::timestamptz IS NULL
                  OR (recorded_at, permit, permit_version) < (%(at)s, %(permit)s::uuid, %(version)s::integer))
           ORDER BY recorded_at DESC, permit DESC, permit_version DESC LIMIT %(limit)s""",
        {"rule": rule, "at": at, "permit": permit, "version": version, "limit": limit},
    )
    names = (
        "permit", "permit_version", "ground", "decision", "decision_date", "deciding_body", "deciding_body_name",
        "matter_code", "recorded_at",
    )  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in rows]
