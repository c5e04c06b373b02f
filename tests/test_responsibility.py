"""Who is responsible for a permit on a day: now, then, and as it was believed then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from docs.invented import others
from docs.invented_oversight import oversight
from events.approval import Said
from events.catalogue import encode
from events.envelope import Record
from events.oversight import PushMoved, PushSigned
from events.supervision import ExceptionRaised, Mode, PushMade, Receiver, Role
from services.supervision.responsibility import Nobody, Responsible, responsible_on

PERMIT = UUID(int=7)
MONDAY = date(2026, 11, 2)
A, B, C = "11990100MB0000101A", "11990100MB0000102B", "11990100MB0000103C"
MADE = next(said for said in others() if isinstance(said, PushMade))
MOVED = next(said for said in oversight() if isinstance(said, PushMoved))
WAITS = next(said for said in others() if isinstance(said, ExceptionRaised))


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def recorded(*said: tuple[int, Said]) -> Sequence[Record]:
    """A permit's stream: each event with the day on which it was recorded."""
    records = []
    for version, (number, event) in enumerate(said, 1):
        kind, schema, data = encode(event)
        at = datetime.combine(day(number), time(2), UTC)
        records.append(Record("supervision", version, 0, PERMIT, version, kind, schema, at, at, data))
    return records


def pushed(lead: str, **more: Any) -> PushMade:
    return MADE.model_copy(update={"receivers": (Receiver(department=lead, role=Role.LEAD, push_number=1),)} | more)


def moved(lead: str, effective: int) -> PushMoved:
    receivers = (Receiver(department=lead, role=Role.LEAD, push_number=1),)
    return MOVED.model_copy(update={"receivers": receivers, "effective": day(effective)})


def lead_on(records: Sequence[Record], on: int, known_on: int = 100) -> str:
    answer = responsible_on(records, day(on), day(known_on))
    assert isinstance(answer, Responsible)
    return answer.by.lead


def test_before_the_first_push_nobody_is_and_the_reason_is_said() -> None:
    assert responsible_on([], day(0), day(0)) == Nobody("no_decision_yet")
    waiting = responsible_on(recorded((0, WAITS), (5, pushed(A))), day(3), day(3))
    assert isinstance(waiting, Nobody)
    assert (waiting.reason, waiting.owner) == ("matter_not_listed", "审改办")


def test_the_push_makes_its_lead_responsible_from_that_day_on() -> None:
    records = recorded((1, pushed(A)))
    assert lead_on(records, 1) == lead_on(records, 90) == A
    assert isinstance(responsible_on(records, day(0), day(90)), Nobody)


def test_a_ruling_with_an_earlier_legal_day_changes_what_is_known_now_and_not_what_was_believed_then() -> None:
    records = recorded((1, pushed(A)), (9, moved(B, effective=5)))
    assert lead_on(records, 6) == B
    assert lead_on(records, 6, known_on=8) == A
    assert lead_on(records, 4) == A


def test_a_back_dated_ruling_stands_above_a_push_that_was_made_meanwhile() -> None:
    records = recorded((1, pushed(A)), (6, pushed(A)), (9, moved(B, effective=5)))
    assert lead_on(records, 7) == B
    assert lead_on(records, 7, known_on=7) == A


def test_since_is_the_first_event_of_those_without_a_break_under_the_same_lead() -> None:
    records = recorded((1, pushed(A)), (2, pushed(B)), (3, pushed(B)), (4, pushed(B)))
    answer = responsible_on(records, day(9), day(9))
    assert isinstance(answer, Responsible)
    assert (answer.by.version, answer.since.version) == (4, 2)


def test_a_duty_that_begins_with_the_signature_says_whether_it_was_signed_by_that_day() -> None:
    signed = PushSigned(push_version=1, department=A, officer="0102")
    records = recorded((1, pushed(A, mode=Mode.ON_SIGNING)), (4, signed))
    before, after = responsible_on(records, day(3), day(9)), responsible_on(records, day(4), day(9))
    assert isinstance(before, Responsible)
    assert isinstance(after, Responsible)
    assert before.mode is Mode.ON_SIGNING
    assert before.signed_at is None
    assert after.signed_at == records[1].recorded_at


@given(
    moves=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 30), st.sampled_from([A, B, C])), max_size=6),
    on=st.integers(0, 60),
    known=st.integers(0, 60),
)
def test_on_any_day_it_is_who_the_last_recorded_statement_for_that_day_names(
    moves: list[tuple[int, int, str]], on: int, known: int
) -> None:
    said: list[tuple[int, Said]] = [(0, pushed(A))]
    for later, back, code in moves:
        at = said[-1][0] + later
        said.append((at, moved(code, effective=max(0, at - back))))
    believed: dict[int, str] = {}
    for at, event in said:
        assert isinstance(event, PushMade)
        first = (event.effective - MONDAY).days if isinstance(event, PushMoved) else at
        if at <= known:
            believed |= dict.fromkeys(range(first, 61), event.receivers[0].department)
    assert lead_on(recorded(*said), on, known) == believed[on]
