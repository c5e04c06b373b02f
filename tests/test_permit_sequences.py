"""Whatever is decided in whatever order, the life of a permit stays whole: random sequences against a plain oracle."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.approval import (
    Decided,
    DecisionRetracted,
    Party,
    PartyKind,
    PermitCorrected,
    PermitGranted,
    PermitRefused,
    PermitStatus,
)
from events.catalogue import decode, encode
from services.approval import permit as life
from services.approval.decision import Decision, Kind
from services.approval.permit_rules import RULES
from services.approval.permit_state import Entry, Permit, evolve
from services.refusing import Refused
from tests.invented import TODAY, decision

PARTIES = tuple(Party(party_id=UUID(int=n), kind=PartyKind.LEGAL, label=f"海州市第{n}公司") for n in (1, 2))
OVER = {PermitStatus.SURRENDERED, PermitStatus.REVOKED, PermitStatus.ANNULLED, PermitStatus.WITHDRAWN}
KEEPS_FACTS = {Kind.REISSUE, Kind.SURRENDER, Kind.REVOKE, Kind.ANNUL, Kind.WITHDRAW}

# Most steps are drawn so that they can be accepted: only then do sequences reach the places where rules can fail.
days = st.sampled_from((-4, -3, -3, -2, -2, -1, -1, 0, 0, 1)).map(lambda n: TODAY + timedelta(days=n))
ends = st.sampled_from((date(2031, 11, 19), date(2036, 11, 19), date(2041, 11, 19), None))
decisions = st.builds(
    decision,
    kind=st.sampled_from((*Kind, Kind.GRANT, Kind.CORRECT, Kind.AMEND, Kind.RENEW)),
    decision_date=days,
    valid_to=ends,
    long_term=st.sampled_from((False, False, True)),
    content=st.sampled_from(("热食", "冷食")),
    reason=st.sampled_from(("情节严重", "情节严重", "")),
    opening_stock=st.sampled_from((False,) * 9 + (True,)),
)
stated = st.tuples(
    decisions,
    st.sampled_from((PARTIES[0], PARTIES[0], PARTIES[0], PARTIES[1])),
    st.sampled_from(("mark", "other mark")),
)
retractions = st.integers(1, 6)
opening = st.sampled_from([[(decision(decision_date=TODAY - timedelta(days=4)), PARTIES[0], "mark")]] * 3 + [[]])
rest = st.lists(st.one_of(stated, stated, stated, retractions), min_size=4, max_size=16)
steps = st.builds(lambda first, later: [*first, *later], opening, rest)
Step = tuple[Decision, Party, str] | int


def chinese(text: str) -> bool:
    return any("一" <= letter <= "鿿" for letter in text)


def take(permit: Permit, step: Step) -> Decided | None:
    """Decide one step; ``None`` for a refusal, which must be one of the rules in plain Chinese."""
    try:
        if isinstance(step, int):
            return life.retract(permit, step, "选错了文件", TODAY)
        stated, party, mark = step
        return life.decide(permit, stated, party, mark, TODAY)
    except Refused as refused:
        why = refused
    assert why.rule in RULES
    assert chinese(why.text)
    assert chinese(why.rule.repair)
    return None


def check(before: Entry | None, step: Step, event: Decided) -> None:
    """Assert what must hold of every accepted event, whatever came before."""
    if isinstance(event, PermitGranted):
        assert before is None or before.status is PermitStatus.REFUSED, "two grants in force, or one after an ending"
    elif isinstance(event, PermitRefused):
        assert before is None
    elif isinstance(event, DecisionRetracted):
        assert before is not None
        assert before.version == event.retracted_version, "something later rested on it"
    else:
        assert before is not None, "a decision about a permit that nobody granted"
        if before.status in OVER:
            assert isinstance(event, PermitCorrected), "an ended permit came back"
            assert event.status is before.status
    if isinstance(step, int):
        return
    stated, party, mark = step
    assert event.decision_date <= TODAY
    if before is not None and stated.kind in KEEPS_FACTS:
        assert (event.facts, event.personal_mark) == (before.facts, before.personal_mark)
        assert party == before.facts.party, "somebody else's permit"
    else:
        assert (event.facts.content, event.facts.party, event.personal_mark) == (stated.content, party, mark)
        for_ever = event.facts.valid_to is None
        assert for_ever or not stated.long_term
        assert not for_ever or stated.long_term or event.status is PermitStatus.REFUSED, "an end was missing"


@given(steps)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_no_sequence_of_decisions_breaks_the_life_of_a_permit(sequence: list[Step]) -> None:
    permit, told = Permit(), list[Decided]()
    standing: list[tuple[int, PermitStatus]] = []
    for step in sequence:
        event = take(permit, step)
        if event is None:
            continue
        check(permit.now, step, event)
        told.append(event)
        permit = evolve(permit, len(told), event)
        if isinstance(event, DecisionRetracted):
            standing.pop()
            expected = standing[-1][1] if standing else PermitStatus.RETRACTED
            assert event.status is expected, "what held before was not restored"
        else:
            standing.append((len(told), event.status))
        assert [(entry.version, entry.status) for entry in permit.entries] == standing
    assert folded(told) == permit


def folded(told: list[Decided]) -> Permit:
    """Fold the events as a reader finds them in the ledger: by way of their bytes."""
    permit = Permit()
    for version, event in enumerate(told, start=1):
        read = decode(*encode(event))
        assert isinstance(read, Decided)
        permit = evolve(permit, version, read)
    return permit


@given(steps)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_deciding_twice_gives_the_same_answer_and_changes_nothing(sequence: list[Step]) -> None:
    permit, version = Permit(), 0
    for step in sequence:
        before = permit
        event = take(permit, step)
        assert take(permit, step) == event
        assert permit == before
        if event is not None:
            version += 1
            permit = evolve(permit, version, event)


def test_the_oracle_catches_a_grant_over_a_permit_in_force() -> None:
    granted = life.decide(Permit(), decision(), PARTIES[0], "mark", TODAY)
    in_force = evolve(Permit(), 1, granted)
    with pytest.raises(AssertionError, match="two grants in force"):
        check(in_force.now, (decision(), PARTIES[0], "mark"), granted)
