"""Random days of the whole linkage: each step is done to both sides and to plain dictionaries, and all must agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from events.rule_changes import Effect
from events.tasks import TaskOutcome, task_stream
from services.approval.answering_tasks import AnswerForm, TaskDesk
from services.approval.decision import Kind
from services.refusing import Refused
from services.sample_city.codes import credit_code
from services.supervision.penalty_stated import Annul, Impose
from services.supervision.rule_stated import Withdrawal
from tests import penalties, rules
from tests.invented import BODY, TODAY, decision, party
from tests.linkage_known import penalties_of, permits_of, rules_of
from tests.linkage_offices import MATTERS, Offices, which
from tests.mortal_readers import approval_ear, supervision_ear

deaths = st.sampled_from(("", "", "", "before", "after"))
pages = st.sampled_from((1, 3, 1000))


def permit_number(number: int) -> str:
    return f"JY2990102{number:07d}"


def _accepted(ask: Callable[[], Any]) -> bool:
    try:
        ask()
    except Refused:
        return False
    return True


class Days(Offices):
    """What the bureau, its desk and policy staff do beside; what is on its way; and what both know in the end."""

    def teardown(self) -> None:
        try:
            self.both_know_the_same()
        finally:
            self.leaving.close()

    @initialize(fined=st.booleans())
    def a_day_before(self, fined: bool) -> None:
        """Something is there already: a day that begins with nothing is over before much can go wrong."""
        for matter in sorted(MATTERS):
            self.grant(matter, None)
        self._hear_all()
        for number in range(1 + fined):
            self.penalise(number)
        self.publish()
        self.dispute(2)
        self._hear_all()

    # -- the bureau decides

    @rule(matter=st.sampled_from(sorted(MATTERS)), resting=st.none() | which)
    def grant(self, matter: str, resting: int | None) -> None:
        on = resting % len(self.published) if resting is not None and self.published else None
        basis = f"《海州市第{on}号许可管理办法》第八条" if on is not None else ""
        (outcome,) = self.linkage.submit(self._decision(len(self.permits), matter, legal_basis=basis))
        self._agree("grant", outcome.accepted, self.said.may_grant(on))
        if outcome.permit is not None and outcome.accepted:
            self.permits.append(outcome.permit)
            self.said.grant(matter)

    @precondition(lambda self: self.permits)
    @rule(number=which, kind=st.sampled_from((Kind.AMEND, Kind.AMEND, Kind.SURRENDER, Kind.REVOKE, Kind.WITHDRAW)))
    def decide(self, number: int, kind: Kind) -> None:
        _, permit = self._permit(number)
        (outcome,) = self.linkage.submit(self._later(number % len(self.permits), kind))
        self._agree(f"decide {kind.name}", outcome.accepted, self.said.decide(permit, kind.value))

    def _decision(self, number: int, matter: str, kind: Kind = Kind.GRANT, **changes: Any) -> Any:
        holder = party(identifier=credit_code("91", number + 1), name=f"海州市虚构第{number}号餐饮有限公司")
        about = {"permit_number": permit_number(number), "matter_code": matter, "party": holder, "decision_date": TODAY}
        return decision(kind, **about | changes)

    def _later(self, number: int, kind: Kind) -> Any:
        permit = self.said.permits[number]
        content = f"第{len(permit['entries'])}次变更" if kind is Kind.AMEND else "准予从事热食类食品制售"
        reason = "" if kind is Kind.AMEND else "情节严重"
        return self._decision(number, permit["matter"], kind, content=content, reason=reason)

    # -- penalties, and the desk's tasks

    @precondition(lambda self: self.permits)
    @rule(number=which)
    def penalise(self, number: int) -> None:
        _, permit = self._permit(number)
        number %= len(self.permits)
        document = f"海市监罚〔2026〕{len(self.penalties)}号"
        holder = self._decision(number, permit["matter"]).party
        stated = penalties.stated(
            party=holder, certificates=f"食品经营许可证 {permit_number(number)}", document_number=document
        )
        outcome = penalties.ask(self.linkage, Impose(penalty=stated))
        assert outcome.penalty is not None, outcome.answer()
        self.penalties.append(outcome.penalty)
        self.said.penalise(permit)

    @precondition(lambda self: self.penalties)
    @rule(number=which)
    def annul(self, number: int) -> None:
        number %= len(self.penalties)
        undone = Annul(reason="行政复议撤销", annulled_on=TODAY, officer="0102")
        outcome = penalties.ask(self.linkage, undone, self.penalties[number])
        self._agree("annul", outcome.refused is None, self.said.annul(self.said.penalties[number]))

    @precondition(lambda self: self.penalties)
    @rule(number=which, outcome=st.sampled_from(("revoke", "revoke", "note", "undo")))
    def answer(self, number: int, outcome: str) -> None:
        number = self._one_asked(number)
        penalty = self.said.penalties[number]
        about = self.said.permits.index(penalty["permit"])
        recording = self._later(about, Kind.REVOKE) if outcome == "revoke" else None
        form = AnswerForm(outcome=TaskOutcome(outcome), clerk="C-1", reason="已核实", recording=recording)
        task = task_stream(self.penalties[number], self.permits[about])
        desk = TaskDesk(self.linkage.desk, self.linkage.now)
        self._agree(f"answer {outcome}", _accepted(lambda: desk.answer(task, form)), self.said.answer(penalty, outcome))

    def _one_asked(self, number: int) -> int:
        tasks = [(number, penalty["task"]) for number, penalty in enumerate(self.said.penalties)]
        asked = [number for number, task in tasks if task and task["state"] == "open"] or range(len(tasks))
        return asked[number % len(asked)]

    # -- rule changes

    @precondition(lambda self: len(self.published) < 3)
    @rule()
    def publish(self) -> None:
        number = len(self.published)
        stated = rules.publication(
            effect=Effect.REFUSE, title=f"海州市新第{number}号办法", document_number=f"海政发〔2026〕{number}号",
            replaces=[{"title": f"海州市第{number}号许可管理办法"}], matters=sorted(MATTERS), bodies=[BODY],
        )  # fmt: skip
        self.published.append(UUID(rules.desk(self.linkage).publish(stated)["rule_change"]))
        self.said.publish()

    @precondition(lambda self: self.published)
    @rule(number=which)
    def take_back(self, number: int) -> None:
        number %= len(self.published)
        desk, stated = rules.desk(self.linkage), Withdrawal(reason="误发", officer="S-0417")
        accepted = _accepted(lambda: desk.withdraw(self.published[number], stated))
        self._agree("withdraw", accepted, self.said.take_back(self.said.rules[number]))

    @precondition(lambda self: self.published)
    @rule(number=which)
    def acknowledge(self, number: int) -> None:
        number %= len(self.published)
        desk = rules.answer_desk(self.linkage)
        accepted = _accepted(lambda: desk.answer(self.published[number], rules.answered()))
        self._agree("acknowledge", accepted, self.said.acknowledge(self.said.rules[number]))

    # -- what is on its way, twice, late, and while readers die

    def _hear_all(self) -> None:
        self.linkage.number()
        supervision_ear(self.linkage).hear(1000, "")
        self.said.supervision_hears()
        self.linkage.number_pushes()
        approval_ear(self.linkage).hear(1000, "")
        self.said.approval_hears()

    @rule(page=pages, death=deaths)
    def supervision_hears(self, page: int, death: str) -> None:
        self.linkage.number()
        supervision_ear(self.linkage).hear(page, death)
        self.said.supervision_hears()

    @rule(page=pages, death=deaths)
    def approval_hears(self, page: int, death: str) -> None:
        self.linkage.number_pushes()
        approval_ear(self.linkage).hear(page, death)
        self.said.approval_hears()

    @rule(chance=st.randoms(use_true_random=False))
    def what_was_heard_comes_again(self, chance: Random) -> None:
        supervision_ear(self.linkage).hear_again(chance, 10)
        approval_ear(self.linkage).hear_again(chance, 10)

    # -- what both know in the end

    def both_know_the_same(self) -> None:
        """Let each hear all that the other said, and what that made it say; then compare everything."""
        for _ in range(3):
            self._hear_all()
        known: dict[UUID, Any] = {
            **permits_of(self.linkage, self.permits),
            **penalties_of(self.linkage, self.penalties),
            **rules_of(self.linkage, self.published),
        }
        meant = self._meant()
        otherwise = [(known[one], meant[one]) for one in meant if known[one] != meant[one]]
        assert not otherwise, f"known, and meant: {otherwise}"
        for side in ("approval", "supervision"):
            assert self.linkage.rows("SELECT stream FROM parked_streams", side=side) == []

    def _meant(self) -> dict[UUID, Any]:
        """Return what the dictionaries say of each permit, penalty and rule change, as the two sides should know it."""
        permits = {
            permit: (
                said["listed"], said["status"], Counter((one["department"], one["state"]) for one in said["cases"]),
                said["arguing"], said["told_steps"],
            )
            for permit, said in zip(self.permits, self.said.permits, strict=True)
        }  # fmt: skip
        found = {
            penalty: (said["status"], said["against"], said["task"] and said["task"]["state"], said["receipt"])
            for penalty, said in zip(self.penalties, self.said.penalties, strict=True)
        }
        changes = zip(self.published, self.said.rules, strict=True)
        return {**permits, **found, **{rule: self.said.standing_of(said) for rule, said in changes}}
