"""One party as the supervision side knows it: its permits, and everything that happened to them on one line of time.

A party is asked for by its id, which says nothing of who it is; it is shown by its label, as every list shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text

from events.database import raw
from events.penalties import PenaltyStatus
from projections.findings import findings
from projections.penalty_page import Wanted, penalties
from projections.task_receipts import receipts_about
from services.problems import Problem
from services.supervision.case_questions import cases_of_permits
from services.supervision.penalty import STATUS_WORDS
from services.supervision.permit_history import history_of
from services.supervision.wording import FINDING_KINDS, FINDING_STATES
from services.task_words import KIND_WORDS, OUTCOME_WORDS
from services.wording import CASE_STATES, DECISIONS, RETURN_REASONS

MOST_PERMITS = 50
MOST_OF_A_KIND = 100
STEPS = ("delivered", "read", "returned", "signed", "handled", "closed", "moved")


class Entry(NamedTuple):
    """``at``: when it was recorded. ``department``: code of who did it or had it done to, empty for a bureau.
    ``detail`` in words; ``permit``: where it belongs; ``own``: the fact's own day, when it has one."""

    at: datetime
    kind: str
    what: str
    detail: str
    permit: UUID | None
    permit_number: str
    department: str
    own: str = ""


class Panorama(NamedTuple):
    """``permits`` newest change first; ``entries`` newest first. ``more``: there are more permits than are shown."""

    party: UUID
    label: str
    kind: str
    permits: Sequence[Row[Any]]
    entries: Sequence[Entry]
    more: bool


def unknown_party() -> Problem:
    return Problem(
        404, "unknown_party", "没有这个行政相对人", "监管侧没有收到过该相对人的许可。",
        "请从许可详情或监管台账中点相对人名称进入。",
    )  # fmt: skip


def panorama(connection: Connection, party: UUID) -> Panorama:
    """Return what is known of a party, or raise that nothing is."""
    permits = _permits(connection, party)
    if not permits:
        raise unknown_party()
    shown = permits[:MOST_PERMITS]
    numbers = {row.permit: row.permit_number for row in shown}
    entries = [
        *_decisions(connection, numbers), *_steps(connection, numbers), *_findings(connection, party),
        *_penalties(connection, party),
    ]  # fmt: skip
    entries.sort(key=lambda entry: entry.at, reverse=True)
    first = shown[0]
    return Panorama(party, first.party_label, first.party_kind, shown, entries, len(permits) > len(shown))


def _permits(connection: Connection, party: UUID) -> Sequence[Row[Any]]:
    return connection.execute(
        text(
            """SELECT * FROM (
                   SELECT DISTINCT ON (permit) permit, department, permit_number, certificate_name, matter_code, status,
                       valid_to, party_label, party_kind, changed_at
                   FROM watch_list WHERE party = :party ORDER BY permit, role DESC) AS of_party
               ORDER BY changed_at DESC, permit LIMIT :most"""
        ),
        {"party": party, "most": MOST_PERMITS + 1},
    ).all()


def _decisions(connection: Connection, numbers: Mapping[UUID, str]) -> Iterator[Entry]:
    for permit, number in numbers.items():
        history = history_of(raw(connection), permit)
        for one in history.happened if history else ():
            yield Entry(
                one.recorded_at, "许可", DECISIONS.get(one.type, one.type), one.decided.reason or "", permit, number,
                "", one.decided.decision_date.isoformat(),
            )  # fmt: skip


def _steps(connection: Connection, numbers: Mapping[UUID, str]) -> Iterator[Entry]:
    for case in cases_of_permits(connection, numbers.keys()):
        for step in STEPS:
            at = getattr(case, f"{step}_at")
            if at is not None:
                detail = RETURN_REASONS.get(case.reason, "") if step == "returned" else ""
                detail = case.text if step == case.state and case.text else detail
                yield Entry(
                    at, "推送", CASE_STATES[step], detail, case.permit, numbers[case.permit], case.department
                )  # fmt: skip


def _findings(connection: Connection, party: UUID) -> Iterator[Entry]:
    rows, _ = findings(connection, {"party": party}, None, MOST_OF_A_KIND)
    yield from _answers(connection, [row.finding for row in rows])
    for row in rows:
        said = row.said
        detail = said.get("problems") or said.get("facts") or said.get("reason") or ""
        yield Entry(
            row.recorded_at, FINDING_KINDS[row.kind], FINDING_STATES[row.state], detail, said.get("permit"),
            said.get("permit_number", ""), said["department"],
        )  # fmt: skip


def _penalties(connection: Connection, party: UUID) -> Iterator[Entry]:
    rows, _ = penalties(connection, Wanted(party=party), None, MOST_OF_A_KIND)
    yield from _answers(connection, [row.penalty for row in rows])
    for row in rows:
        facts = row.facts
        touched = row.permits[0] if row.permits else {}
        yield Entry(
            row.recorded_at, "行政处罚", STATUS_WORDS[PenaltyStatus(row.status)],
            f"{facts['document_number']} {facts['penalty_kind']}", touched.get("permit"),
            touched.get("permit_number", ""), facts["department"], facts["decision_date"],
        )  # fmt: skip


def _answers(connection: Connection, abouts: Sequence[UUID]) -> Iterator[Entry]:
    """Yield what the approval side did about what was found."""
    for receipts in receipts_about(raw(connection), abouts).values():
        for one in receipts:
            if one.answered_at is not None and one.outcome:
                yield Entry(
                    one.answered_at, "审批回执", f"{KIND_WORDS[one.kind]}：{OUTCOME_WORDS[one.outcome]}",
                    one.reason or "", one.permit, one.permit_number, "",
                )  # fmt: skip
