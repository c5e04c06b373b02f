"""What is said of rule changes may come again, late and out of order: both sides end with the same rows and events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import ledger
from events.database import connect
from events.envelope import Record
from events.log import Batch
from projections.projector import Projector
from services.supervision.rule_stated import Correction, Withdrawal
from tests import rules
from tests.deliveries import believing_every_record
from tests.invented import BODY, decision, duty
from tests.linkage import Linkage

TIMES_DIFFER = """SELECT rule, body, name, why, asked_version, answered_version, clerk,
    (SELECT jsonb_agg(one - 'at') FROM jsonb_array_elements(answers) AS one) FROM rule_answers ORDER BY rule, body"""
SOME = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ORDERS = st.randoms(use_true_random=False)


def a_busy_week(linkage: Linkage) -> None:
    """Three rule changes: one answered, corrected, answered again and added to; one withdrawn; one open."""
    linkage.duties(duty())
    linkage.publish(decision(), decision(permit_number="B", deciding_body="OTHER"))
    desk, answers = rules.desk(linkage), rules.answer_desk(linkage)
    first, _, gone = (
        rules.publish(linkage, rules.publication(document_number=number, title=f"办法{number}")) for number in "123"
    )
    answers.answer(first, rules.answered())
    answers.answer(gone, rules.answered("OTHER"))
    rules.exchange(linkage)
    again = rules.publication(document_number="1", title="办法1", matters=["9"]).model_dump()
    desk.correct(first, Correction.model_validate(again | {"reason": "录入有误"}))
    desk.withdraw(gone, Withdrawal(reason="误发", officer="S-0417"))
    rules.exchange(linkage)
    answers.answer(first, rules.answered(clerk="C-2"))
    answers.answer(first, rules.answered(clerk="C-3", addition=True))
    rules.exchange(linkage)


def said_by(linkage: Linkage, side: str) -> list[Record]:
    """Return what ``side`` said of rule changes."""
    url = linkage.supervision_url if side == "supervision" else linkage.approval_url
    with connect(url, application="test") as connection:
        records = ledger.read(connection, side, 0, 1000)
    return [record for record in records if record.type.startswith("rule_change")]


def rows(linkage: Linkage, side: str) -> list[Any]:
    standing = "SELECT rule, version, standing, required_version, content, withdrawn FROM rule_changes ORDER BY rule"
    said = """SELECT stream, version, type, data FROM (SELECT * FROM outbox WHERE type = 'rule_change_received') AS said
        ORDER BY stream, version"""
    asked = linkage.rows(said, side=side) if side == "approval" else []
    return [linkage.rows(standing, side=side), linkage.rows(TIMES_DIFFER, side=side), asked]


def forget(linkage: Linkage, side: str) -> None:
    """Let ``side`` forget what it made of the other's events about rule changes."""
    if side == "approval":
        for table in ("outbox", "ledger"):
            linkage.rows(
                f"""WITH gone AS (DELETE FROM {table} WHERE type LIKE 'rule_change%%' RETURNING stream)
                    DELETE FROM streams WHERE stream IN (SELECT stream FROM gone) RETURNING 1""",
                side=side,
            )
        linkage.rows("DELETE FROM rule_changes RETURNING 1", side=side)
        linkage.rows("DELETE FROM rule_answers RETURNING 1", side=side)
    else:
        linkage.rows(
            """UPDATE rule_answers SET asked_version = 0, asked_at = NULL, answered_version = 0, answered_at = NULL,
                   clerk = '', answers = '[]' RETURNING 1"""
        )
    for table in ("seen_versions", "parked_streams", "parked_records"):
        linkage.rows(f"DELETE FROM {table} RETURNING 1", side=side)


def deliver(projector: Projector, records: Sequence[Record], chance: Any) -> None:
    """Deliver each record one to three times, in any order, cut into batches anyhow."""
    rest = [record for record in records for _ in range(chance.randint(1, 3))]
    chance.shuffle(rest)
    while rest:
        size = chance.choice((1, 2, 5, 20))
        batch, rest = rest[:size], rest[size:]
        projector.receive(Batch(batch, {}))


def in_order_of(projector: Projector, records: Sequence[Record]) -> None:
    """Deliver them one by one, as they stand."""
    for record in records:
        projector.receive(Batch([record], {}))


def test_the_approval_side_asks_the_same_bodies_the_same_whatever_the_order(linkage: Linkage) -> None:
    a_busy_week(linkage)
    records = said_by(linkage, "supervision")
    assert {record.type for record in records} == {
        "rule_changed", "rule_change_corrected", "rule_change_withdrawn",
    }  # fmt: skip
    forget(linkage, "approval")
    with rules.receiving(linkage) as projector:
        in_order_of(projector, records)
    wanted = rows(linkage, "approval")
    assert len(wanted[0]) == 3
    assert len(wanted[2]) == 8  # two bodies, three rule changes, one of them asked twice

    @SOME
    @given(chance=ORDERS)
    def whatever_the_order(chance: Any) -> None:
        forget(linkage, "approval")
        with rules.receiving(linkage) as projector:
            deliver(projector, records, chance)
        assert rows(linkage, "approval") == wanted

    whatever_the_order()


def test_the_supervision_side_hears_the_same_answers_whatever_the_order(linkage: Linkage) -> None:
    a_busy_week(linkage)
    records = said_by(linkage, "approval")
    assert {record.type for record in records} == {"rule_change_received", "rule_change_acknowledged"}
    wanted = rows(linkage, "supervision")
    answered = {(row[1], row[5]) for row in wanted[1]}
    assert (BODY, 2) in answered

    @SOME
    @given(chance=ORDERS)
    def whatever_the_order(chance: Any) -> None:
        forget(linkage, "supervision")
        deliver(linkage.intake(), records, chance)
        assert rows(linkage, "supervision") == wanted

    whatever_the_order()


def test_without_the_versions_that_were_seen_old_news_would_win(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_busy_week(linkage)
    wanted = {side: rows(linkage, side)[:2] for side in ("approval", "supervision")}
    old = {side: list(reversed(said_by(linkage, side))) for side in ("approval", "supervision")}
    believing_every_record(monkeypatch)
    with rules.receiving(linkage) as projector:
        in_order_of(projector, old["supervision"])
    in_order_of(linkage.intake(), old["approval"])
    assert rows(linkage, "approval")[0] != wanted["approval"][0]
    assert rows(linkage, "supervision")[1] != wanted["supervision"][1]
