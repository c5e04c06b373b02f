"""May I grant? What is known against a party on a day, and what each of it means for a matter. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from events.code_mappings import CodeMapped
from events.rule_changes import OtherCode
from events.standing import FactKind, Means, StandingRuleSet
from projections.party_facts import Fact
from services.other_codes import other_codes

EVERY_MATTER = "*"

PRESET: Mapping[FactKind, Means] = {
    FactKind.PENALTY: Means.WARN,
    FactKind.FREEZE: Means.BLOCK,
    FactKind.FAILED_COMMITMENT: Means.WARN,
    FactKind.RECTIFICATION: Means.NOTE,
    FactKind.PERMIT_REVOKED: Means.WARN,
    FactKind.PERMIT_ANNULLED: Means.WARN,
}
"""What holds where a site has set nothing. A penalty or a revoked permit is by itself no ground to refuse: which ones
are, for which matter and for how long, the matter's own law says, and a site sets it."""

_WORST_FIRST = (Means.BLOCK, Means.WARN, Means.NOTE)


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact in effect. ``rule`` is what gives it its meaning; None for the preset. ``overdue``: not put right by its
    last day."""

    fact: Fact
    means: Means
    rule: StandingRuleSet | None
    overdue: bool


def same_matter(matter: str | None, mappings: Iterable[CodeMapped], today: date) -> tuple[OtherCode, ...]:
    """Return the other codes under which ``matter`` stands on ``today``.

    Facts bear no region: a code that was split counts in every region, for a freeze overlooked is the greater harm.
    """
    return other_codes([matter], (), [one for one in mappings if one.holds_on(today)], today) if matter else ()


def standing(
    known: Sequence[Fact],
    rules: Iterable[StandingRuleSet],
    matter: str | None,
    today: date,
    also: Iterable[OtherCode] = (),
) -> list[Finding]:
    """Return what is in effect on ``today``, the worst first. ``matter`` None: whatever is asked for. ``also``: other
    codes that mean the same matter.

    Whether a day has passed is told here, so that a freeze lapses without anybody saying so.
    """
    holding = [rule for rule in rules if rule.valid_from <= today and (rule.valid_to is None or today <= rule.valid_to)]
    codes = frozenset((matter, *(one.code for one in also)) if matter is not None else ())
    passed = _passed(known)
    found = []
    for fact in known:
        if _in_effect(fact, passed, today):
            rule = _rule(fact, holding, matter, codes)
            overdue = fact.due is not None and fact.due < today
            found.append(Finding(fact, _means(fact, rule, codes), rule, overdue))
    return sorted(found, key=lambda one: _WORST_FIRST.index(one.means))


def worst(findings: Sequence[Finding]) -> Means | None:
    """Return the one word about all; None when nothing is in effect."""
    return findings[0].means if findings else None


def _passed(known: Iterable[Fact]) -> dict[UUID | None, date]:
    """Return, for each permit whose commitment was found kept, the day of the last such check."""
    passed: dict[UUID | None, date] = {}
    for fact in known:
        if fact.kind == FactKind.FAILED_COMMITMENT and not fact.holds:
            passed[fact.permit] = max(fact.since, passed.get(fact.permit, fact.since))
    return passed


def _in_effect(fact: Fact, passed: Mapping[UUID | None, date], today: date) -> bool:
    """Tell whether ``fact`` holds on ``today``: said, not taken back, not lapsed, and no later check was passed."""
    if not fact.holds or fact.since > today or (fact.until is not None and fact.until < today):
        return False
    return fact.kind != FactKind.FAILED_COMMITMENT or passed.get(fact.permit, date.min) < fact.since


def _rule(
    fact: Fact, rules: Iterable[StandingRuleSet], matter: str | None, codes: frozenset[str]
) -> StandingRuleSet | None:
    """Return the narrowest rule; one set for the very code goes before one set for another code of the matter."""
    fitting = [
        rule
        for rule in rules
        if rule.kind == fact.kind
        and (rule.matter_code == EVERY_MATTER or rule.matter_code in codes)
        and (not rule.same_matter or codes.intersection(fact.matters))
    ]
    return max(
        fitting,
        key=lambda r: (r.matter_code != EVERY_MATTER, r.same_matter, r.matter_code == matter, r.valid_from),
        default=None,
    )


def _means(fact: Fact, rule: StandingRuleSet | None, codes: frozenset[str]) -> Means:
    if fact.kind == FactKind.FREEZE and fact.matters and codes and not codes.intersection(fact.matters):
        return Means.NOTE  # asked for about other matters
    return rule.means if rule else PRESET[FactKind(fact.kind)]
