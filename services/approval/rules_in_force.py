"""Which rule changes does a decision meet? Those that hold on its day, in its place, for its basis or its matter. Pure.

The desk asks for every decision, so the answer for a text or a matter is remembered: keep one of these per version.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from events.approval import Ground, RuleMet
from events.regions import within
from events.rule_changes import Change, Document, Effect, RuleSaid
from services.approval.decision import Decision, Kind
from services.legal_basis import Bases
from services.refusing import Refused, Rule

BASIS_REPEALED = Rule(
    "basis_repealed",
    "该决定所依据的规定已被废止或替代。",
    "请改用现行有效的依据重新作出决定; 如对该规则变更有疑问, 请向发布部门咨询。",
)
MATTER_CLOSED = Rule(
    "matter_closed",
    "该事项受规则变更影响, 自施行日起不能作出此类决定。",
    "请按变更后的规定办理; 如对该规则变更有疑问, 请向发布部门咨询。",
)

GRANTING = frozenset({Kind.GRANT, Kind.RENEW, Kind.AMEND})
"""What gives or widens a right. A matter that is touched must stay open for revoking, ending and correcting."""


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """A rule change that was published and not withdrawn; it holds from ``said.effective_date``."""

    rule: UUID
    said: RuleSaid
    repealed: Bases

    @classmethod
    def of(cls, rule: UUID, said: RuleSaid) -> RuleInForce:
        return cls(rule, said, Bases.of(repealed_by(said)))

    def holds(self, region: str, day: date) -> bool:
        return self.said.effective_date <= day and within(region, self.said.all_regions)

    def met(self, ground: Ground) -> RuleMet:
        said = self.said
        return RuleMet(
            rule=self.rule,
            title=said.title,
            document_number=said.document_number,
            effective_date=said.effective_date,
            ground=ground,
        )

    def refusal(self, ground: Ground) -> Refused:
        """Return the refusal that names this rule."""
        said = self.said
        named = f"《{said.title}》({said.document_number})"
        if ground is Ground.MATTER:
            text = f"{named}自 {said.effective_date} 起施行, 该事项不能再作出此类决定。"
            return Refused(MATTER_CLOSED, text, "matter_code")
        if said.kind is Change.REPEALED:
            return Refused(BASIS_REPEALED, f"该决定所依据的{named}已自 {said.effective_date} 起废止。", "legal_basis")
        text = f"该决定所依据的规定已由{named}废止或替代, 自 {said.effective_date} 起施行。"
        return Refused(BASIS_REPEALED, text, "legal_basis")


def repealed_by(said: RuleSaid) -> tuple[Document, ...]:
    """Return what nobody may rest on any more: what is replaced, and what is repealed itself."""
    itself = (Document(title=said.title, number=said.document_number),) if said.kind is Change.REPEALED else ()
    return (*said.replaces, *itself)


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """Every rule change as it stands at one ``version`` of what supervision said."""

    version: int = 0
    rules: tuple[RuleInForce, ...] = ()
    _by_basis: dict[str, tuple[RuleInForce, ...]] = field(default_factory=dict)
    _by_matter: dict[str, tuple[RuleInForce, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, version: int, said: Iterable[tuple[UUID, RuleSaid]]) -> RulesInForce:
        return cls(version, tuple(RuleInForce.of(*one) for one in said))

    def marks(self, decision: Decision, basis: str) -> tuple[RuleMet, ...]:
        """Return the rule changes that ``decision`` is marked with, or raise ``Refused`` for one that forbids it.

        ``basis``: its legal basis as it was stated, also where that is sealed.
        """
        if not self.rules:
            return ()
        met: dict[UUID, RuleMet] = {}
        if basis and decision.kind is not Kind.CORRECT:  # what is put right is an old decision's fact
            _meet(decision, self._resting_on(basis), Ground.BASIS, met)
        if decision.kind in GRANTING:
            _meet(decision, self._covering(decision.matter_code), Ground.MATTER, met)
        return tuple(met.values())

    def _resting_on(self, basis: str) -> tuple[RuleInForce, ...]:
        if basis not in self._by_basis:
            if len(self._by_basis) > 10_000:
                self._by_basis.clear()
            self._by_basis[basis] = tuple(rule for rule in self.rules if rule.repealed.named_in(basis))
        return self._by_basis[basis]

    def _covering(self, matter: str) -> tuple[RuleInForce, ...]:
        if matter not in self._by_matter:
            covering = (rule for rule in self.rules if rule.said.covers_matters)
            self._by_matter[matter] = tuple(r for r in covering if not r.said.matters or matter in r.said.all_matters)
        return self._by_matter[matter]


def _meet(decision: Decision, rules: Iterable[RuleInForce], ground: Ground, met: dict[UUID, RuleMet]) -> None:
    for rule in rules:
        if ground is Ground.MATTER and not rule.said.touches(decision.matter_code, decision.region_code):
            continue
        if rule.rule not in met and rule.holds(decision.region_code, decision.decision_date):
            if rule.said.effect is Effect.REFUSE:
                raise rule.refusal(ground)
            met[rule.rule] = rule.met(ground)


NO_RULES = RulesInForce()
