"""However the other side's events come, late, twice or overtaking one another, what they make is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import bookmark, ledger
from events.approval import Said
from events.database import connect
from events.envelope import Record
from events.log import Batch
from events.log.embedded import EmbeddedLog
from events.penalties import FreezeLifted, RectificationChecked
from events.tasks import TaskOutcome, task_stream
from projections.party_facts import PartyFactsUnit
from projections.projector import Projector
from services.approval import task_list
from services.approval.answering_tasks import AnswerForm, TaskDesk
from services.approval.decision import Kind
from services.approval.reactions import reactions as hear_supervision
from tests import findings
from tests.deliveries import believing_every_record
from tests.findings import say
from tests.invented import TODAY, decision
from tests.linkage import Linkage

STREAMS = [UUID(int=0x019AC4D28A527D649C5E0D7F3D000000 + number) for number in range(7)]
EXAMPLES = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ORDERS = st.tuples(st.randoms(use_true_random=False), st.integers(0, 8))


def permits(linkage: Linkage) -> list[UUID]:
    found = [one.permit for one in linkage.submit(*(decision(permit_number=f"N{n}") for n in range(3)))]
    return [permit for permit in found if permit]


def a_busy_week(linkage: Linkage) -> list[Record]:
    """Let departments say all they can of three permits, and return it as a log delivers it."""
    a, b, c = permits(linkage)
    holder = findings.holder_of(linkage, a)
    first, second = (
        findings.penalty_facts(holder),
        findings.penalty_facts(holder, document_number="海市监罚〔2026〕18号"),
    )
    freeze, inspection = findings.frozen(holder), findings.inspected(a, holder, date(2026, 12, 1))
    lifted = FreezeLifted.model_validate(freeze.model_dump() | {"lifted_on": TODAY, "why_lifted": "调查终结"})
    recheck = inspection.model_dump() | {"checked_on": TODAY, "facts": "", "rectification_due": None}
    said: tuple[list[Said], ...] = (
        [findings.imposed(first), findings.matched(first, a, b), findings.amended(first), findings.matched(first, a)],
        [findings.imposed(second), findings.matched(second, c), findings.annulled(second)],
        [freeze, lifted],
        [findings.suggested(a, holder)],
        [findings.checked(b, holder, passed=False)],
        [findings.checked(b, holder, passed=True, on=TODAY)],
        [inspection, RectificationChecked.model_validate(recheck | {"passed": False})],
    )
    for stream, events in zip(STREAMS, said, strict=True):
        say(linkage, stream, *events)
    linkage.number_pushes()
    with connect(linkage.supervision_url, application="test") as connection:
        return ledger.read(connection, "supervision", 0, 1000)


@contextmanager
def at_work(linkage: Linkage) -> Iterator[Projector]:
    """The approval side's reader of what supervision says."""
    projection = hear_supervision(linkage.now)
    with (
        closing(EmbeddedLog(linkage.supervision_url, "supervision")) as log,
        connect(linkage.approval_url, application="test") as connection,
    ):
        lease = bookmark.take(connection, projection.name, log.identity(), log.beginning(), "test")
        yield Projector(linkage.approval, projection, lease)
        bookmark.release(connection, lease)


def deliver(linkage: Linkage, records: Iterable[Record], sizes: Callable[[], int]) -> None:
    """Deliver what supervision said in batches of these sizes."""
    rest = list(records)
    with at_work(linkage) as projector:
        while rest:
            size = sizes()
            batch, rest = rest[:size], rest[size:]
            projector.receive(Batch(batch, {}))


def one_by_one() -> int:
    return 1


def cut(chance: Random) -> Callable[[], int]:
    return lambda: chance.choice((1, 2, 5, 20))


def disordered(records: Sequence[Record], chance: Random, again: int) -> list[Record]:
    """Each record once, anywhere, also before an earlier one of its own stream; ``again`` of them once more."""
    shuffled = list(records)
    chance.shuffle(shuffled)
    for record in chance.sample(list(records), min(again, len(records))):
        shuffled.insert(chance.randint(0, len(shuffled)), record)
    return shuffled


def made(linkage: Linkage) -> dict[str, list[Any]]:
    """Return the tasks, what is known against parties, and what was said of tasks."""

    def rows(query: str) -> list[Any]:
        return linkage.rows(query, side="approval")

    return {
        "tasks": rows("SELECT * FROM tasks ORDER BY task"),
        "known": rows("SELECT * FROM party_facts ORDER BY fact"),
        "said": rows(
            "SELECT stream, version, type, causation, data FROM outbox WHERE type LIKE 'task%%' ORDER BY 1, 2"
        ),
        "parked": rows("SELECT stream, reason FROM parked_streams"),
    }


OF_TASKS = "type LIKE 'task%%'"


def forget(linkage: Linkage) -> None:
    for query in (
        f"DELETE FROM streams WHERE stream IN (SELECT stream FROM outbox WHERE {OF_TASKS}) RETURNING 1",
        f"DELETE FROM outbox WHERE {OF_TASKS} RETURNING 1",
        *(f"DELETE FROM {table} RETURNING 1" for table in ("tasks", "party_facts", "seen_versions", "parked_streams")),
        "DELETE FROM parked_records RETURNING 1",
    ):
        linkage.rows(query, side="approval")


def test_tasks_and_standing_are_the_same_in_whatever_order_and_however_often_findings_come(linkage: Linkage) -> None:
    records = a_busy_week(linkage)
    deliver(linkage, records, one_by_one)
    in_order = made(linkage)
    states = linkage.rows("SELECT state, count(*) FROM tasks GROUP BY 1 ORDER BY 1", side="approval")
    assert (states, in_order["parked"]) == ([("open", 2), ("withdrawn", 3)], [])

    @EXAMPLES
    @given(ORDERS)
    def holds(order: tuple[Random, int]) -> None:
        forget(linkage)
        deliver(linkage, disordered(records, *order), cut(order[0]))
        assert made(linkage) == in_order

    holds()


def test_without_the_versions_that_were_seen_a_late_finding_opens_what_was_withdrawn(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = a_busy_week(linkage)
    deliver(linkage, records, one_by_one)
    in_order = made(linkage)
    forget(linkage)
    believing_every_record(monkeypatch)
    deliver(linkage, reversed(records), one_by_one)
    assert made(linkage)["tasks"] != in_order["tasks"]


def answered_and_annulled(linkage: Linkage) -> list[Record]:
    """Let the desk answer, and the department annul what it had said; return all that the department said."""
    a, b, _ = permits(linkage)
    facts = findings.penalty_facts(findings.holder_of(linkage, a))
    say(linkage, STREAMS[0], findings.imposed(facts), findings.matched(facts, a, b))
    linkage.hear()
    desk = TaskDesk(linkage.desk, linkage.now)
    revocation = decision(Kind.REVOKE, permit_number="N0", reason="情节严重", decision_date=TODAY)
    forms = (
        AnswerForm(outcome=TaskOutcome.REVOKE, clerk="S-1", recording=revocation),
        AnswerForm(outcome=TaskOutcome.NOTE, clerk="S-1", reason="已阅"),
    )
    for permit, form in zip((a, b), forms, strict=True):
        desk.answer(task_stream(STREAMS[0], permit), form)
    say(linkage, STREAMS[0], findings.annulled(facts), first=3)
    linkage.hear()
    with connect(linkage.supervision_url, application="test") as connection:
        return ledger.read(connection, "supervision", 0, 1000)


def told_anew(linkage: Linkage) -> tuple[list[Any], list[Any]]:
    """Return what was said of tasks before, and after a reader that begins anew has heard everything again."""
    records = answered_and_annulled(linkage)
    before = made(linkage)["said"]
    linkage.rows("DELETE FROM seen_versions RETURNING 1", side="approval")
    deliver(linkage, records, one_by_one)
    return before, made(linkage)["said"]


def test_a_reader_that_begins_anew_asks_the_desk_nothing_twice(linkage: Linkage) -> None:
    before, after = told_anew(linkage)
    assert after == before


def test_without_what_a_task_has_heard_the_desk_is_asked_again_at_a_replay(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    load: Callable[..., dict[UUID, Any]] = task_list.load
    monkeypatch.setattr(
        "services.approval.task_list.load",
        lambda *asked: {stream: replace(task, heard=0) for stream, task in load(*asked).items()},
    )
    before, after = told_anew(linkage)
    assert len(after) > len(before)


def test_a_finding_that_one_reaction_refuses_is_kept_by_none_and_by_all_once_it_is_repaired(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = a_busy_week(linkage)
    deliver(linkage, records, one_by_one)
    in_order = made(linkage)
    forget(linkage)
    apply = PartyFactsUnit.apply

    def refuse_the_first(unit: PartyFactsUnit, record: Record) -> None:
        if record.stream == STREAMS[0] and record.type == "penalty_amended":
            raise ValueError
        apply(unit, record)

    with monkeypatch.context() as broken:
        broken.setattr(PartyFactsUnit, "apply", refuse_the_first)
        deliver(linkage, records, lambda: 20)
    assert made(linkage)["parked"] == [(STREAMS[0], "refused")]
    assert [one for one in made(linkage)["said"] if one[2] == "task_reopened"] == []
    linkage.rows("UPDATE parked_streams SET retry_requested_at = now() RETURNING 1", side="approval")
    with at_work(linkage) as projector:
        projector.tend()
    assert made(linkage) == in_order


RECEIPTS = "SELECT * FROM task_receipts ORDER BY task"


def the_desk_said(linkage: Linkage) -> list[Record]:
    answered_and_annulled(linkage)
    linkage.number()
    with connect(linkage.approval_url, application="test") as connection:
        return [one for one in ledger.read(connection, "approval", 0, 1000) if one.type.startswith("task")]


def take_in(linkage: Linkage, records: Iterable[Record], sizes: Callable[[], int]) -> list[Any]:
    """Deliver what the desk said to a supervision side that knows nothing yet, and return its receipts."""
    for table in ("task_receipts", "seen_versions", "parked_records", "parked_streams"):
        linkage.rows(f"DELETE FROM {table} RETURNING 1")
    rest, projector = list(records), linkage.intake()
    while rest:
        size = sizes()
        batch, rest = rest[:size], rest[size:]
        projector.receive(Batch(batch, {}))
    return linkage.rows(RECEIPTS)


def test_receipts_are_the_same_in_whatever_order_and_however_often_they_come(linkage: Linkage) -> None:
    records = the_desk_said(linkage)
    in_order = take_in(linkage, records, one_by_one)
    assert sorted(row[9] for row in in_order) == ["open", "withdrawn"]

    @EXAMPLES
    @given(ORDERS)
    def holds(order: tuple[Random, int]) -> None:
        assert take_in(linkage, disordered(records, *order), cut(order[0])) == in_order

    holds()


def test_without_the_versions_that_were_seen_receipts_are_wrong(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = the_desk_said(linkage)
    in_order = take_in(linkage, records, one_by_one)
    believing_every_record(monkeypatch)
    assert take_in(linkage, reversed(records), one_by_one) != in_order
