"""Completeness can be proved: a lost number is named by source and day, asked for again, and comes; both directions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from events import bookmark
from events.announcing import survey
from events.database import connect
from events.envelope import Record
from events.log import Batch, LogIdentity
from events.log.embedded import EmbeddedLog
from events.numbers import Run
from events.sending_again import send
from projections.projector import Projector
from services.approval.http import Office, application
from services.approval.outcome import Submission
from services.approval.reactions import reactions as hear_supervision
from services.completeness_answers import READERS, completeness_of, lines, other_side
from services.migrating import Side
from services.number_watch import NumberWatch
from tests.invented import BODY, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web


class Losing(EmbeddedLog):
    """A log whose reader never gets some numbers: the broken variant that must be caught."""

    def __init__(self, url: str, source: str, lost: set[int]) -> None:
        super().__init__(url, source)
        self.lost = lost

    def read(self, cursors: Any, limit: int, timeout: float = 0.0) -> Batch:
        batch = super().read(cursors, limit, timeout)
        return Batch([one for one in batch.records if one.position not in self.lost], batch.cursors)


def urls(linkage: Linkage) -> dict[Side, str]:
    return {"approval": linkage.approval_url, "supervision": linkage.supervision_url}


@contextmanager
def watching(linkage: Linkage, side: Side) -> Iterator[tuple[psycopg.Connection, Callable[[], list[Run]]]]:
    """The watch of one side, and a turn of it: what is missing then."""
    with (
        closing(EmbeddedLog(urls(linkage)[other_side(side)], other_side(side))) as source,
        connect(urls(linkage)[side], application="test") as connection,
    ):
        watch = NumberWatch(urls(linkage)[side], side, READERS[side], lambda: source)
        yield connection, lambda: [one.run for one in watch.turn(connection, source)]


def announce(linkage: Linkage, source: Side) -> None:
    """What the announcer of ``source`` says every half second."""
    own = EmbeddedLog(urls(linkage)[source], source)
    with connect(urls(linkage)[source], application="test") as connection:
        own.announce(survey(connection, source, {}))
    own.close()


def a_minute_passes(connection: psycopg.Connection) -> None:
    connection.execute("UPDATE announced_heads SET heard_at = heard_at - interval '61 seconds'")
    connection.execute("UPDATE missing_numbers SET noticed_at = noticed_at - interval '61 seconds'")


def said(connection: psycopg.Connection, side: Side) -> dict[str, Any]:
    return completeness_of(connection, side)


def test_a_lost_decision_is_named_asked_for_read_again_and_stands_in_the_list(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.log = Losing(linkage.approval_url, "approval", {2, 4})
    outcomes = linkage.publish(*(decision(permit_number=f"JY{n}") for n in range(1, 5)))
    announce(linkage, "approval")
    with watching(linkage, "supervision") as (connection, turn):
        assert turn() == [], "announced this moment: it may be on its way"
        a_minute_passes(connection)
        assert turn() == [(2, 2), (4, 4)], "the tail has no number after it, but a head that stays unmet"
        answer = said(connection, "supervision")
        day = answer["ledger"]["missing"][0]["day"]
        assert [line[:4] for line in lines(answer)] == [
            ("approval", "台账编号", day, "2"), ("approval", "台账编号", day, "4")
        ]  # fmt: skip
        assert [one["runs"] for one in answer["requests"]] == [[[2, 2], [4, 4]]]
        assert not answer["complete"]
        assert len(linkage.listed(MARKET_BUREAU)) == 2
        linkage.tend()
        assert turn() == []
        assert said(connection, "supervision")["requests"] == []
    assert set(linkage.listed(MARKET_BUREAU)) == {one.permit for one in outcomes}
    linkage.log.close()
    kinds = linkage.rows("SELECT type FROM outbox WHERE type LIKE 'numbers%%' ORDER BY id")
    assert kinds == [("numbers_asked_for",), ("numbers_arrived",)]


def test_a_reader_that_marks_what_it_skips_as_received_would_not_be_caught_so_numbers_are_noted_as_they_come(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without the numbers that came there is nothing to be missing from."""
    linkage.duties(duty())
    linkage.log = Losing(linkage.approval_url, "approval", {1})
    linkage.publish(decision(permit_number="JY1"), decision(permit_number="JY2"))
    linkage.rows("INSERT INTO received_numbers VALUES ('intake', current_date, 1, 2) RETURNING 1")
    announce(linkage, "approval")
    with watching(linkage, "supervision") as (connection, turn):
        turn()
        a_minute_passes(connection)
        assert turn() == []
    linkage.log.close()
    assert len(linkage.listed(MARKET_BUREAU)) == 1, "and the permit is in nobody's list"


def test_what_supervision_said_and_approval_never_heard_is_missed_the_same_way_with_its_push_number(
    linkage: Linkage,
) -> None:
    linkage.duties(duty())
    for number in range(1, 4):
        linkage.publish(decision(permit_number=f"JY{number}"))
    linkage.number_pushes()
    lost = linkage.rows("SELECT position FROM ledger WHERE type = 'push_made' ORDER BY position")[1][0]
    with closing(Losing(linkage.supervision_url, "supervision", {lost})) as log:
        missed_and_heard_after_all(linkage, log, lost)


def missed_and_heard_after_all(linkage: Linkage, log: Losing, lost: int) -> None:
    projection = hear_supervision(linkage.now)
    with connect(linkage.approval_url, application="test") as connection:
        lease = bookmark.take(connection, projection.name, log.identity(), log.beginning(), "test")
    projector = Projector(linkage.approval, projection, lease)
    projector.receive(log.read(lease.cursors, 1000))
    announce(linkage, "supervision")
    with watching(linkage, "approval") as (connection, turn):
        turn()
        a_minute_passes(connection)
        assert turn() == [(lost, lost)]
        (push, *_) = said(connection, "approval")["pushes"]
        assert (push["body"], push["department"], push["first"], push["last"]) == (BODY, MARKET_BUREAU, 2, 2)
        projector.tend()
        assert turn() == []
        assert said(connection, "approval")["complete"]


def test_what_the_other_side_asks_for_is_sent_once_more_where_its_ledger_cannot_be_read(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.log = Losing(linkage.approval_url, "approval", {2})
    linkage.publish(*(decision(permit_number=f"JY{n}") for n in range(1, 4)))
    announce(linkage, "approval")
    with watching(linkage, "supervision") as (connection, turn):
        turn()
        a_minute_passes(connection)
        assert turn() == [(2, 2)]
    linkage.log.close()
    linkage.hear()
    topic = Topic()
    with connect(linkage.approval_url, application="test") as connection:
        assert send(connection, "approval", topic) == {}
        assert send(connection, "approval", topic) == {}
    assert [record.position for record in topic.sent] == [2], "once, however often the relay looks"


class Topic:
    """Where a relay publishes; it keeps what it got."""

    def __init__(self) -> None:
        self.sent: list[Record] = []

    def publish(self, records: Sequence[Record]) -> dict[int, int]:
        self.sent += records
        return {}

    def identity(self) -> LogIdentity:
        return LogIdentity("topic", "", "")

    def head(self) -> dict[int, int]:
        return {}

    def close(self) -> None:
        return


def test_what_is_parked_has_been_received_and_who_is_behind_misses_nothing(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision(permit_number="JY1"))
    linkage.rows("UPDATE ledger SET type = 'of_a_later_release' WHERE position = 1 RETURNING 1", side="approval")
    linkage.submit(decision(permit_number="JY2"))
    linkage.number()
    linkage.rows(
        """UPDATE ledger SET type = 'of_a_later_release', recorded_at = recorded_at - interval '2 minutes'
           WHERE position = 2 RETURNING 1""",
        side="approval",
    )
    announce(linkage, "approval")
    with watching(linkage, "supervision") as (connection, turn):
        turn()
        a_minute_passes(connection)
        assert turn() == [], "number 2 is unread: that is lag, not loss"
        linkage.apply()
        assert turn() == []
        ledger = said(connection, "supervision")["ledger"]
        assert (ledger["received"], ledger["parked"]) == (2, 1)


def test_a_sender_that_leaves_a_number_out_reads_which_until_it_comes(linkage: Linkage) -> None:
    bureau = TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))
    linkage.duties(duty())
    for number in (1, 2, 5):
        linkage.desk.handle([Submission(decision(permit_number=f"JY{number}", sender_number=number), "case-system")])
    with watching(linkage, "approval") as (_, turn):
        turn()
        (sender,) = bureau.get("/api/v1/completeness").json()["senders"]
        assert (sender["sender"], sender["received"], sender["up_to"]) == ("case-system", 3, 5)
        assert [(one["first"], one["last"]) for one in sender["missing"]] == [(3, 4)]
        for number in (4, 3):
            stated = decision(permit_number=f"JY{number}", sender_number=number).model_dump(mode="json")
            assert bureau.post("/api/v1/decisions", json=stated, headers={"Linkage-Caller": "case-system"}).is_success
        turn()
        answer = bureau.get("/api/v1/completeness").json()
    assert answer["senders"][0]["missing"] == []
    assert answer["complete"]
    watching_side = TestClient(web(linkage))
    assert watching_side.get("/api/v1/completeness").json()["ledger"]["source"] == "approval"
