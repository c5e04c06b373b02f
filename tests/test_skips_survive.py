"""A skip is one, whatever becomes of its owner, however damaged the record comes again, and on either side."""

from __future__ import annotations

from random import Random
from typing import Any, Literal, get_args
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from events import bookmark
from events.database import connect
from events.envelope import Record
from projections import parked_streams, parking, skipping
from projections.completeness import PUSH
from projections.projector import Projector
from projections.telling import ToldUnit
from services.approval.http import Office, application
from services.approval.reactions import reactions as hear_supervision
from services.pages.seats import Role
from services.parked_desk import ParkedDesk
from services.parked_stated import AskRepair, AskSkip, ConsentToSkip
from services.refusing import Refused
from tests import deliveries
from tests.deliveries import a_busy_month, begin_anew, deliver, result
from tests.invented import BODY, decision, duty
from tests.linkage import Linkage
from tests.test_pages_stay_in_the_house import reader
from tests.test_poison import DAMAGES, Damage, through_kafka
from tests.test_skipping import WHY, acts, parked, pushes, skip

Crash = Literal["before the commit", "after the commit", "before the commit, with the event recorded apart"]
INTACT: Damage = lambda value, headers: (value, headers)  # noqa: E731


def a_damaged_month(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Record], list[Record], UUID]:
    """A quiet month as it was recorded, and as a log delivers it that has damaged one permit's second decision."""
    monkeypatch.setattr(deliveries, "PERMITS", 3)
    records = a_busy_month(linkage)
    permit = records[0].stream
    empty = {(permit, 2): DAMAGES["an empty value"]}
    return records, [through_kafka(one, empty.get((one.stream, one.version), INTACT)) for one in records], permit


@pytest.mark.parametrize("crash", get_args(Crash))
def test_an_owner_that_is_killed_between_consent_and_skip_does_it_once_after_the_restart(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch, crash: Crash
) -> None:
    """Seen to fail when the event is not recorded in the transaction that skips: then it stands there twice."""
    _, damaged, permit = a_damaged_month(linkage, monkeypatch)
    deliver(linkage, damaged, Random(0))
    skip(linkage, permit)

    def killed(*_: Any) -> list[Record]:
        raise KeyboardInterrupt

    def apart(_: Any, *said: Any) -> None:
        with connect(linkage.supervision_url, application="test") as other:
            record(other, *said)

    record, release = skipping._record, parking.release
    if crash == "after the commit":
        linkage.tend()
    else:
        monkeypatch.setattr(parking, "release", killed)
        if crash != "before the commit":
            monkeypatch.setattr(skipping, "_record", apart)
        with pytest.raises(KeyboardInterrupt):
            linkage.tend()
        monkeypatch.setattr(parking, "release", release)
    linkage.lease = None
    linkage.rows("UPDATE checkpoints SET owner = NULL, owner_backend = NULL, lease_until = NULL RETURNING 1")
    linkage.tend()
    linkage.tend()
    assert parked(linkage) == {}
    assert pushes(linkage, permit) == [1, 3, 4]
    events = len(linkage.rows("SELECT 1 FROM outbox WHERE type = 'record_skipped'"))
    assert events == (2 if "apart" in crash else 1)
    assert [act for act, _ in acts(linkage)].count("skipped") == 1


def test_a_record_that_came_damaged_is_skipped_and_so_is_its_damaged_copy_and_the_good_one(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, damaged, permit = a_damaged_month(linkage, monkeypatch)
    deliver(linkage, damaged, Random(0))
    assert parked(linkage)[permit].reason == parking.UNREADABLE
    skip(linkage, permit)
    linkage.tend()
    once = result(linkage)
    assert pushes(linkage, permit) == [1, 3, 4]
    for forgotten in (False, True):
        if forgotten:
            begin_anew(linkage)
        for again in (damaged, records):
            deliver(linkage, again, Random(1))
            assert (result(linkage), parked(linkage)) == (once, {})


def test_the_approval_side_skips_a_push_alike_and_its_number_is_not_missing(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    linkage.duties(duty())
    (granted,) = linkage.publish(decision())
    assert granted.permit

    def failing(unit: ToldUnit, record: Record) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ToldUnit, "apply", failing)
    linkage.hear()
    theirs = ParkedDesk(linkage.approval, "told", linkage.now)
    theirs.step(granted.permit, AskSkip(officer="A-0101", reason=WHY))
    theirs.step(granted.permit, ConsentToSkip(officer="A-0102"))
    with connect(linkage.approval_url, application="test") as connection:
        lease = bookmark.take(connection, "told", linkage.back.identity(), linkage.back.beginning(), "test")
        assert Projector(linkage.approval, hear_supervision(linkage.now), lease).tend().counts["skipped"] == 1
        assert parked_streams.parked(connection, "told") == []
        numbers = connection.execute("SELECT first FROM received_numbers WHERE starts_with(series, %s)", (PUSH,))
        assert {first for (first,) in numbers} == {1}
    ((said,),) = linkage.rows("SELECT data::jsonb FROM outbox WHERE type = 'record_skipped'", side="approval")
    assert (said["reader"], said["type"]) == ("told", "push_made")
    with pytest.raises(Refused, match="unknown_parked"):
        theirs.step(granted.permit, AskRepair(officer="A-0101", reason=WHY))


def test_the_bureau_reads_that_a_decision_of_its_own_is_in_no_list_and_why(linkage: Linkage) -> None:
    linkage.duties(duty())
    (granted,) = linkage.submit(decision())
    linkage.number()
    linkage.rows("UPDATE ledger SET schema = 9 RETURNING 1", side="approval")
    linkage.apply()
    linkage.rows("UPDATE ledger SET schema = 2 RETURNING 1", side="approval")
    permit = granted.permit
    assert permit
    app = application(Office(linkage.approval_web, linkage.web_desk, "token"))
    bureau, clerk = TestClient(app), reader(app, "approval", Role.CLERK, BODY)
    assert "已登记，正在推送" in clerk.get(f"/permits/{permit}").text
    skip(linkage, permit)
    linkage.tend()
    linkage.hear()
    (happened,) = bureau.get(f"/api/v1/permits/{permit}").json()["history"]
    assert happened["passed_over"]["reason"] == WHY
    (listed,) = bureau.get("/api/v1/decisions", params={"body": BODY}).json()["decisions"]
    assert listed["passed_over"]["reason"] == WHY
    shown = clerk.get(f"/permits/{permit}").text
    assert f"监管侧无法列入名单，已跳过：{WHY}" in shown
    assert "正在推送" not in shown
