"""Whatever departments and the coordinator do, in any order: somebody is responsible, and nobody is passed round."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from docs.invented import others
from events.approval import Said
from events.catalogue import encode
from events.envelope import Record
from events.oversight import MoveReason, PushMoved, ReturnReason, RulingMade
from events.supervision import Claim, DutyAssigned, PushMade, Receiver, Role
from projections.oversight import Oversight, evolve, oversight_of
from projections.push_case import LEAVING, CaseState
from services.refusing import Refused
from services.supervision.duty_list import Duty
from services.supervision.oversight import Situation, decide, move_by_list
from services.supervision.oversight_commands import (
    Close,
    Command,
    GiveOpinion,
    Handle,
    OpenConsultation,
    Read,
    Reassign,
    Return,
    RuleOn,
    Sign,
)

A, B, C, D = (f"11990100MB000010{number}X" for number in range(1, 5))
ALL = (A, B, C, D)
TODAY = date(2026, 11, 24)
MADE = next(said for said in others() if isinstance(said, PushMade))
CLAIM = Claim(on=TODAY + timedelta(days=3), estimated=False, calendar="invented", days=3)
BODY = str(MADE.decision.payload["facts"]["deciding_body"])

departments = st.sampled_from(ALL)
officer = st.just("0102")
words = st.just("因为")
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(Read, officer=officer),
    st.builds(Sign, officer=officer),
    st.builds(Return, officer=officer, reason=st.just(ReturnReason.MATTER), candidate=st.none() | departments),
    st.builds(Return, officer=officer, reason=st.just(ReturnReason.OTHER), text=words),
    st.builds(Handle, officer=officer),
    st.builds(Close, officer=officer),
    st.builds(Reassign, lead=departments, co_departments=st.tuples() | st.tuples(departments), by=officer, text=words),
    st.builds(OpenConsultation, by=officer, text=words),
    st.builds(GiveOpinion, body=st.sampled_from((*ALL, BODY)), officer=officer, text=words),
    st.builds(RuleOn, lead=departments, by=officer, reason=words),
)


@dataclass
class Permit:
    """A permit's stream, and the duty list's answer for it."""

    listed: str = A
    said: list[Said] = field(default_factory=list)
    state: Oversight = field(default_factory=lambda: Oversight(UUID(int=7)))

    def record(self, events: Sequence[Said]) -> None:
        for event in events:
            self.said.append(event)
            self.state = evolve(self.state, event, len(self.said), self.at(len(self.said)))

    @staticmethod
    def at(version: int) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=version)

    def now(self) -> Situation:
        content = DutyAssigned(
            matter_code="000131003000", region_code="990100", level="*", lead=self.listed, valid_from=date(2026, 1, 1)
        )
        return Situation(TODAY, Duty(uuid4(), 1, content), ALL, lambda _: CLAIM, CLAIM)

    def push(self) -> None:
        """A decision comes: it goes where the list says, or stays where it was placed."""
        kept = self.state.pinned
        codes = list(self.state.departments) if kept else [self.listed]
        receivers = tuple(
            Receiver(department=code, role=Role.CO if place else Role.LEAD, push_number=len(self.said) + 1)
            for place, code in enumerate(codes)
        )
        left = tuple(sorted(set(self.state.departments) - set(codes)))
        reason = "kept" if kept else "decision"
        self.record([MADE.model_copy(update={"receivers": receivers, "left": left, "reason": reason, "claim": CLAIM})])

    def do(self, department: str, command: Command) -> None:
        with suppress(Refused):
            self.record(decide(self.state, department, command, self.now()))

    def relist(self, lead: str) -> None:
        self.listed = lead
        duty = self.now().duty
        assert duty is not None
        self.record(move_by_list(self.state, duty, self.now()))


steps = st.lists(
    st.one_of(
        st.tuples(st.just("do"), departments, commands),
        st.tuples(st.just("push"), departments, st.none()),
        st.tuples(st.just("relist"), departments, st.none()),
    ),
    max_size=25,
)


def lived(story: Sequence[tuple[str, str, Command | None]]) -> Permit:
    permit = Permit()
    permit.push()
    for what, department, command in story:
        if what == "push":
            permit.push()
        elif what == "relist":
            permit.relist(department)
        else:
            assert command is not None
            permit.do(department, command)
        holds(permit)
    return permit


def holds(permit: Permit) -> None:
    """What is true of every permit at every moment."""
    state = permit.state
    assert state.lead, "somebody is responsible"
    assert list(state.departments.values()).count(Role.LEAD) == 1
    for (_, department), case in state.cases.items():
        if department not in state.departments:
            assert case.state not in LEAVING, "what waits in a department that lost the permit is over"
    if state.consultation is not None:
        assert state.lead in state.consultation.opened.parties or state.pinned or permit.listed == state.lead


@settings(max_examples=150, deadline=None)
@given(steps)
def test_somebody_is_always_responsible_and_what_is_over_for_a_department_is_said(
    story: list[tuple[str, str, Command | None]],
) -> None:
    lived(story)


@settings(max_examples=150, deadline=None)
@given(steps)
def test_between_two_rulings_a_case_is_passed_on_at_most_twice(story: list[tuple[str, str, Command | None]]) -> None:
    passed = 0
    for said in lived(story).said:
        if isinstance(said, RulingMade):
            passed = 0
        elif isinstance(said, PushMoved):
            if said.reason in (MoveReason.RULED, MoveReason.DUTY_CHANGED):
                passed = 0
            elif said.reason != MoveReason.RETURNED_TWICE:  # back to the default lead: nobody new is asked
                passed += 1
            assert passed <= 2


@settings(max_examples=100, deadline=None)
@given(steps)
def test_what_is_folded_while_it_happens_is_what_is_folded_from_the_record(
    story: list[tuple[str, str, Command | None]],
) -> None:
    permit = lived(story)
    records = []
    for version, said in enumerate(permit.said, 1):
        kind, schema, data = encode(said)
        at = permit.at(version)
        records.append(Record("supervision", version, 0, permit.state.permit, version, kind, schema, at, at, data))
    assert oversight_of(permit.state.permit, records) == permit.state


def test_a_case_once_signed_is_never_waiting_again() -> None:
    permit = Permit()
    permit.push()
    permit.do(A, Sign(officer="1"))
    permit.do(A, Return(officer="1", reason=ReturnReason.MATTER))
    assert permit.state.cases[1, A].state == CaseState.SIGNED


def test_after_two_moves_a_return_opens_a_consultation_though_the_list_names_others_by_now() -> None:
    permit = Permit()
    permit.push()
    for lead in (B, C):
        permit.do(A, Reassign(lead=lead, by="1", text="转办"))
    permit.listed = D
    permit.do(C, Return(officer="1", reason=ReturnReason.MATTER))
    assert permit.state.consultation is not None
    assert permit.state.lead == A, "the default lead, while others argue"
