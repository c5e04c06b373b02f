"""The answer to "may I grant?", over HTTP and on the command line, and who a party is by its number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

from events import sealing
from events.standing import FactKind, Means
from projections.code_mappings import linked_to
from projections.party_facts import known_of
from services.approval.standing import Finding, same_matter, standing, worst
from services.approval.standing_rules import rules_set

FACT_WORDS: Mapping[str, str] = {
    FactKind.PENALTY: "行政处罚",
    FactKind.FREEZE: "冻结审批",
    FactKind.FAILED_COMMITMENT: "承诺核查未通过",
    FactKind.RECTIFICATION: "整改未完成",
    FactKind.PERMIT_REVOKED: "许可被吊销",
    FactKind.PERMIT_ANNULLED: "许可被撤销",
}
MEANS_WORDS: Mapping[str, str] = {Means.BLOCK: "暂缓准予", Means.WARN: "核实后办理", Means.NOTE: "供参考"}
CLEAR, CLEAR_WORDS = "clear", "未见不利记录"


def find_party(connection: psycopg.Connection, master: bytes, identifier: str) -> UUID | None:
    """Return the opaque id under which a party is known. It registers nobody."""
    row = connection.execute(
        "SELECT party FROM parties WHERE fingerprint = %s", (sealing.fingerprint(master, "party", identifier),)
    ).fetchone()
    return row[0] if row else None


def standing_of(connection: psycopg.Connection, party: UUID, matter: str | None, today: date) -> dict[str, Any] | None:
    """Return the answer to "may I grant?", or None for a party that nobody knows."""
    known = known_of(connection, party)
    if not known and not connection.execute("SELECT 1 FROM parties WHERE party = %s", (party,)).fetchone():
        return None
    also = same_matter(matter, linked_to(connection, matter), today) if matter else ()
    findings = standing(known, rules_set(connection) if known else (), matter, today, also)
    word = worst(findings)
    return {
        "party": str(party),
        "matter": matter,
        "other_codes": [{"code": one.code, "only_region": one.only_region} for one in also],
        "as_of": today.isoformat(),
        "standing": word.value if word else CLEAR,
        "standing_in_words": MEANS_WORDS[word] if word else CLEAR_WORDS,
        "facts": [_shown(one) for one in findings],
    }


def _shown(finding: Finding) -> dict[str, Any]:
    fact, rule = finding.fact, finding.rule
    return {
        "fact": str(fact.fact),
        "kind": fact.kind,
        "kind_in_words": FACT_WORDS[fact.kind],
        "means": finding.means.value,
        "means_in_words": MEANS_WORDS[finding.means],
        "because": rule.legal_basis if rule else "",
        "preset": rule is None,
        "since": fact.since.isoformat(),
        "until": fact.until and fact.until.isoformat(),
        "due": fact.due and fact.due.isoformat(),
        "overdue": finding.overdue,
        "matters": list(fact.matters),
        "permit": fact.permit and str(fact.permit),
        "permit_number": fact.permit_number,
        "source": fact.source,
        "source_name": fact.source_name,
        "document_number": fact.document_number,
        "subject": fact.subject,
        "recorded_at": fact.recorded_at.isoformat(),
    }
