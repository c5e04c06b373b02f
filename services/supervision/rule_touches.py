"""What does a rule change touch? Matters, permits in the watch lists, duties, waiting decisions, and who must answer.

Counts are those of the lists: exact up to 10,000 a department, and said to be more beyond. The bodies are complete all
the same, since each of them must answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Text, and_, column, func, or_, select, table, text, true

from events.code_mappings import CodeKind
from events.database import raw
from events.regions import outermost, within
from events.rule_changes import BodyInScope, Document, OtherCode, RuleSaid, Why
from projections import pending_applications
from projections.deciders import deciders
from projections.pending_applications import Counted
from projections.watch_list import watch_list
from projections.watch_list_filters import within_region
from projections.watch_list_page import COUNT_CAP
from services.legal_basis import Bases
from services.supervision.duty_list import Duty
from services.supervision.duty_register import read_register

_departments = table("departments", column("department", Text), column("name", Text))
_exceptions = table(
    "exceptions",
    column("matter_code", Text),
    column("region_code", Text),
    column("deciding_body", Text),
    column("deciding_body_name", Text),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which matters and places a rule change is about, and the documents that it concerns."""

    matters: tuple[str, ...]
    regions: tuple[str, ...]
    documents: tuple[Document, ...]
    also: tuple[OtherCode, ...] = ()

    @classmethod
    def of(cls, said: RuleSaid) -> Scope:
        itself = Document(title=said.title, number=said.document_number)
        return cls(said.matters, said.regions, (*said.replaces, itself), said.also)

    @property
    def places(self) -> tuple[str, ...]:
        """The regions under every code, none within another; empty for everywhere."""
        return outermost((*self.regions, *(one.code for one in self.also if one.kind is CodeKind.REGION)))

    @property
    def matter_codes(self) -> tuple[str, ...]:
        """The matters under every code; empty for all."""
        return (*self.matters, *(one.code for one in self.also if one.kind is CodeKind.MATTER))

    @property
    def stretches(self) -> list[tuple[str | None, str | None]]:
        """Each matter with each place; None for all. A code that stands for a matter in one region only, only there."""
        narrowed: dict[str, set[str | None]] = {}
        for one in self.also:
            if one.kind is CodeKind.MATTER:
                narrowed.setdefault(one.code, set()).update(_narrowed(one.only_region, self.places))
        found: list[tuple[str | None, str | None]] = list(product(self.matters or (None,), self.places or (None,)))
        for code, places in narrowed.items():
            # None within another: a permit comes once.
            apart = (None,) if None in places else outermost(place for place in places if place)
            found += [(code, place) for place in apart]
        return sorted(found, key=lambda pair: (pair[0] or "", pair[1] or ""))

    def holds(self, row: FromClause) -> ColumnElement[bool]:
        """Hold for rows of this scope, by the lists' own indexes of matter and street."""
        of_place: dict[str | None, list[str | None]] = {}
        for matter, place in self.stretches:
            of_place.setdefault(place, []).append(matter)
        return or_(
            *(
                and_(
                    true() if None in matters else row.c.matter_code.in_(matters),
                    *(within_region(row, place) if place else ()),
                )
                for place, matters in of_place.items()
            )
        )


def _narrowed(only_region: str, places: tuple[str, ...]) -> tuple[str | None, ...]:
    """Return what of ``places`` lies in the one region that a code is limited to."""
    if not only_region:
        return places or (None,)
    if within(only_region, places):
        return (only_region,)
    return tuple(place for place in places if within(place, (only_region,)))


@dataclass(frozen=True, slots=True)
class Touches:
    """``departments``: code → (name, permits in its list); ``bodies``: code → (name, valid permits)."""

    matters: Sequence[dict[str, Any]]
    permits: int
    capped: bool
    departments: Mapping[str, tuple[str, int]]
    bodies: Mapping[str, tuple[str, int]]
    duties: Sequence[Duty]
    waiting: Mapping[str, int]
    scope: Scope
    pending: Mapping[str, Counted]

    def in_scope(self, named: Sequence[str]) -> tuple[BodyInScope, ...]:
        """Return who must answer: whoever decided such permits, and whom the publisher names."""
        found = {code: BodyInScope(body=code, name=name, why=Why.DECIDED) for code, (name, _) in self.bodies.items()}
        asked = {code: BodyInScope(body=code, why=Why.NAMED) for code in named} | found
        return tuple(asked[code] for code in sorted(asked))

    def as_json(self, asked: Sequence[BodyInScope]) -> dict[str, Any]:
        """Return what is touched; pending applications are those of the bodies that are ``asked``."""
        return {
            "matters": list(self.matters),
            "other_codes": [one.model_dump(mode="json") for one in self.scope.also],
            "permits": {
                "count": self.permits,
                "count_capped": self.capped,
                "by_department": [
                    {"department": code, "name": name, "permits": min(n, COUNT_CAP), "count_capped": n > COUNT_CAP}
                    for code, (name, n) in self.departments.items()
                ],
                "by_body": [
                    {"body": code, "name": name, "permits": n, "count_capped": self.capped}
                    for code, (name, n) in self.bodies.items()
                ],
            },
            "duties": [_shown(duty) for duty in self.duties],
            "waiting_decisions": {"count": sum(self.waiting.values()), "by_matter": dict(self.waiting)},
            "pending_applications": self._pending(asked),
        }

    def _pending(self, asked: Sequence[BodyInScope]) -> dict[str, Any]:
        """Count what was reported. A body that has reported nothing has not said 0: its number is not known."""
        reported = {one.body: self.pending[one.body] for one in asked if one.body in self.pending}
        missing = [one.body for one in asked if one.body not in reported]
        total = sum(report.of(self.scope.matter_codes) for report in reported.values())
        known = f"已报送机关共 {total:,} 件" if reported else ""
        unknown = f"{len(missing)} 个机关未报送, 请其自行清查并在答复中说明" if missing else ""
        return {
            "known": bool(reported),
            "complete": not missing,
            "count": total if reported else None,
            "in_words": "; ".join(filter(None, (known, unknown))) or "没有须答复的机关",
            "by_body": [
                {"body": body, "count": report.of(self.scope.matter_codes), "counted_at": report.counted_at.isoformat()}
                for body, report in reported.items()
            ],
            "not_reported": missing,
        }


def touches(connection: Connection, scope: Scope) -> Touches:
    """Return what ``scope`` touches now."""
    # A plan made for no matter in particular would walk a whole list.
    connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    register = read_register(raw(connection))
    duties = [duty for listed in register.by_matter.values() for duty in listed]
    bases = Bases.of(scope.documents)
    counted = connection.execute(_counted(scope)).all()
    departments: dict[str, tuple[str, int]] = {}
    valid: Counter[str] = Counter()
    for row in counted:
        departments[row.department] = (row.name, departments.get(row.department, ("", 0))[1] + row.permits)
        if row.role == "lead":
            valid[row.deciding_body] += row.permits
    waiting: Counter[str] = Counter()
    names = {row.body: row.name for row in connection.execute(_deciders(scope))}
    for row in connection.execute(_waiting(scope)):
        waiting[row.matter_code] += row.decisions
        names.setdefault(row.deciding_body, row.name)
    return Touches(
        matters=[_matter(code, register.by_matter.get(code)) for code in scope.matters],
        permits=valid.total(),
        capped=any(permits > COUNT_CAP for _, permits in departments.values()),
        departments=dict(sorted(departments.items())),
        bodies={code: (names[code], valid[code]) for code in sorted(names)},
        duties=[duty for duty in duties if bases.named_in(duty.content.legal_basis)],
        waiting=dict(sorted(waiting.items())),
        scope=scope,
        pending=pending_applications.read(raw(connection)),
    )


def _counted(scope: Scope) -> Any:
    """Count each department's valid rows by role and body: at most one more than is shown as exact.

    Only what an index holds is asked for: of the table these rows, spread as they are, would be a page each."""
    row = watch_list.alias()
    listed = (
        select(row.c.role, row.c.deciding_body)
        .where(row.c.department == _departments.c.department, row.c.status == "valid", scope.holds(row))
        .limit(COUNT_CAP + 1)
        .correlate(_departments)
        .lateral("listed")
    )
    # Grouped within each department: all departments' rows together would be sorted first, by text.
    keys = (listed.c.role, listed.c.deciding_body)
    counted = select(*keys, func.count().label("permits")).group_by(*keys).lateral("counted")
    found = select(_departments.c.department, _departments.c.name, counted)
    return found.select_from(_departments.join(counted, true())).order_by(_departments.c.department)


def _deciders(scope: Scope) -> Any:
    """Name every body that ever decided a permit of this scope, also one that has ended: it may grant the next one."""
    named = func.max(deciders.c.name).label("name")
    return select(deciders.c.body, named).where(scope.holds(deciders)).group_by(deciders.c.body)


def _waiting(scope: Scope) -> Any:
    keys = (_exceptions.c.matter_code, _exceptions.c.deciding_body)
    named = func.max(_exceptions.c.deciding_body_name).label("name")
    return select(*keys, named, func.count().label("decisions")).where(scope.holds(_exceptions)).group_by(*keys)


def _matter(code: str, duties: Sequence[Duty] | None) -> dict[str, Any]:
    named = next((duty.content.matter_name for duty in duties or () if duty.content.matter_name), "")
    return {"matter_code": code, "name": named, "known": bool(duties)}


def _shown(duty: Duty) -> dict[str, Any]:
    said = duty.content
    return {
        "duty": str(duty.id),
        "matter_code": said.matter_code,
        "matter_name": said.matter_name,
        "region_code": said.region_code,
        "level": said.level,
        "lead": said.lead,
        "lead_name": said.lead_name,
        "legal_basis": said.legal_basis,
        "valid_from": said.valid_from.isoformat(),
        "valid_to": said.valid_to.isoformat() if said.valid_to else None,
    }
