"""Random steps of departments and the coordinator, done to a real linkage and to plain dictionaries."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from events.database import connect
from events.oversight import OpenedBy, ReturnReason
from services.supervision.duty_register import take_duties
from services.supervision.oversight_commands import Command, OpenConsultation, Reassign, Return, RuleOn, Sign
from services.supervision.rerouting import Rerouting
from tests.conftest import DatabaseServer, fresh_databases
from tests.invented import DEPARTMENTS, HEALTH_BUREAU, MARKET_BUREAU, duty
from tests.linkage import Linkage, open_linkage
from tests.linkage_dictionary import Dictionary, Row

FIRE = "11990100MB0000103C"
MATTERS = {"000131003000": MARKET_BUREAU, "000131004000": HEALTH_BUREAU, "000131005000": FIRE}

which = st.integers(0, 1000)
departments = st.sampled_from((MARKET_BUREAU, HEALTH_BUREAU, FIRE))


class Offices(RuleBasedStateMachine):
    """Both sides, and the dictionaries. Each step is done to both, and both must say the same about it. Here: what
    departments and the coordinator do."""

    server: ClassVar[DatabaseServer]
    tried: ClassVar[Counter[tuple[str, bool]]]
    """What was asked on all days, and whether it was accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.leaving = ExitStack()
        made = self.leaving.enter_context(fresh_databases(self.server))
        self.linkage: Linkage = self.leaving.enter_context(open_linkage(made.approval_url, made.supervision_url))
        duties = [duty(matter_code=matter, lead=lead, co_departments=()) for matter, lead in MATTERS.items()]
        take_duties(self.linkage.supervision, duties, DEPARTMENTS | {FIRE: "海州市虚构消防支队"}, self.linkage.now())
        self.said = Dictionary(dict(MATTERS))
        self.permits: list[UUID] = []
        self.penalties: list[UUID] = []
        self.published: list[UUID] = []

    def _permit(self, number: int) -> tuple[UUID, Row]:
        index = number % len(self.permits)
        return self.permits[index], self.said.permits[index]

    def _agree(self, what: str, accepted: bool, meant: bool) -> None:
        assert accepted == meant, f"{what}: accepted {accepted}, meant {meant}"
        self.tried[what, accepted] += 1

    # -- departments and the coordinator

    def _oversee(self, number: int, command: Command, department: str = "") -> bool:
        permit, _ = self._permit(number)
        return bool(self.linkage.oversee(permit, command, department)["accepted"])

    @precondition(lambda self: self._listed())
    @rule(number=which, other=st.none() | departments)
    def sign(self, number: int, other: str | None) -> None:
        number, department = self._one_listed(number, other)
        accepted = self._oversee(number, Sign(officer="0102"), department)
        self._agree("sign", accepted, self.said.sign(self.said.permits[number], department))

    @precondition(lambda self: self._listed())
    @rule(number=which, other=st.sampled_from((None, None, None, FIRE)))
    def give_back(self, number: int, other: str | None) -> None:
        number, department = self._one_listed(number, other)
        accepted = self._oversee(number, Return(officer="0102", reason=ReturnReason.MATTER), department)
        self._agree("return", accepted, self.said.give_back(self.said.permits[number], department))

    @precondition(lambda self: self._listed())
    @rule(number=which, to=departments)
    def reassign(self, number: int, to: str) -> None:
        number, _ = self._one_listed(number, None)
        accepted = self._oversee(number, Reassign(lead=to, by="0001", text="按退回建议"))
        self._agree("reassign", accepted, self.said.reassign(self.said.permits[number], to))

    @precondition(lambda self: self._listed())
    @rule(number=which)
    def dispute(self, number: int) -> None:
        number, _ = self._one_listed(number, None)
        opening = OpenConsultation(opened_by=OpenedBy.DISPUTE, by="0001", text="职责有争议")
        self._agree("dispute", self._oversee(number, opening), self.said.dispute(self.said.permits[number]))

    @precondition(lambda self: self._listed())
    @rule(number=which, to=departments, changes_list=st.booleans())
    def rule_on(self, number: int, to: str, changes_list: bool) -> None:
        number = self._one_argued(number)
        ruling = RuleOn(lead=to, by="0001", reason="属其职责", changes_duty_list=changes_list)
        accepted = self._oversee(number, ruling)
        with connect(self.linkage.supervision_url, application="test") as connection:
            while Rerouting().end(connection, self.linkage.now()):
                pass
        meant = self.said.rule_on(self.said.permits[number], to, changes_list=changes_list)
        self._agree(f"ruling, the list changed: {changes_list}", accepted, meant)

    def _listed(self) -> list[int]:
        return [number for number, permit in enumerate(self.said.permits) if permit["listed"] is not None]

    def _one_listed(self, number: int, department: str | None) -> tuple[int, str]:
        listed = self._listed()
        number = listed[number % len(listed)]
        return number, department or self.said.permits[number]["listed"]

    def _one_argued(self, number: int) -> int:
        argued = [one for one in self._listed() if self.said.permits[one]["arguing"]] or self._listed()
        return argued[number % len(argued)]
