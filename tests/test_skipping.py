"""What two people decide to pass over is passed over for good, in order, and by everybody who reads it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from stdnum.cn import ric

from events import ledger
from events.database import connect
from events.envelope import Record
from projections import parked_acts, parked_streams, skipping
from projections.reconciliation import compare_pushes
from services import rebuilding
from services.approval.decision import Kind
from services.completeness_answers import completeness_of
from services.parked_desk import ParkedDesk
from services.parked_stated import AskRepair, AskSkip, ConsentToSkip, LookInto, RefuseSkip, RetryParked
from services.rebuild_state import newest
from services.refusing import Refused
from tests import deliveries
from tests.deliveries import a_busy_month, begin_anew, deliver, result, shuffled
from tests.invented import decision, duty
from tests.linkage import Linkage

NUMBER = "11010519491231002" + ric.calc_check_digit("110105194912310020")
"""An identity number of nobody."""
WHY = "重复报送的变更，与后一版内容相同"


def desk(linkage: Linkage) -> ParkedDesk:
    return ParkedDesk(linkage.supervision, "intake", linkage.now)


def parked(linkage: Linkage) -> dict[UUID, parked_streams.ParkedStream]:
    with connect(linkage.supervision_url, application="test") as connection:
        return {one.stream: one for one in parked_streams.parked(connection, "intake")}


def acts(linkage: Linkage) -> list[tuple[str, str]]:
    """What was done and by whom, the oldest first."""
    with connect(linkage.supervision_url, application="test") as connection:
        return [(one.act, one.by) for one in reversed(parked_acts.history(connection, "intake", None, None, 100))]


def poisoned(records: Sequence[Record]) -> tuple[list[Record], UUID]:
    """The second decision of the first permit cannot be read as what it says it is."""
    permit = records[0].stream
    spoilt = [
        replace(one, data=b'{"facts":{}}') if (one.stream, one.version) == (permit, 2) else one for one in records
    ]
    return spoilt, permit


def recorded(linkage: Linkage) -> list[Record]:
    """What approval has numbered, undamaged."""
    with connect(linkage.approval_url, application="test") as connection:
        return list(ledger.read(connection, "approval", 0, 10_000))


def pushes(linkage: Linkage, permit: UUID) -> list[Any]:
    """Of which versions of the permit it was pushed, in this order."""
    return [
        row[0]
        for row in linkage.rows(
            """SELECT (data::jsonb #>> '{decision,version}')::int
               FROM (SELECT stream, version, type, data FROM ledger
                     UNION ALL SELECT stream, version, type, data FROM outbox) AS said
               WHERE stream = %s AND type IN ('push_made', 'exception_raised') ORDER BY version""",
            permit,
        )
    ]


def skip(linkage: Linkage, permit: UUID) -> None:
    desk(linkage).step(permit, AskSkip(officer="S-0901", reason=WHY))
    desk(linkage).step(permit, ConsentToSkip(officer="S-0902"))


@pytest.fixture
def stopped(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Record], UUID]:
    """A quiet month, in which one permit stands still for its second decision."""
    monkeypatch.setattr(deliveries, "PERMITS", 6)
    broken, permit = poisoned(a_busy_month(linkage))
    deliver(linkage, broken, Random(1))
    assert parked(linkage).keys() == {permit}
    return broken, permit


def test_a_record_is_skipped_when_another_person_consents_and_what_waited_behind_it_is_applied_in_order(
    linkage: Linkage, stopped: tuple[list[Record], UUID]
) -> None:
    broken, permit = stopped
    assert pushes(linkage, permit) == [1]
    desk(linkage).step(permit, AskSkip(officer="S-0901", reason=WHY))
    linkage.tend()
    assert pushes(linkage, permit) == [1], "one person alone has skipped it"
    for same in ("S-0901", "s-0901"):
        with pytest.raises(Refused, match="same_person"):
            desk(linkage).step(permit, ConsentToSkip(officer=same))
    with pytest.raises(psycopg.errors.CheckViolation):
        linkage.rows("UPDATE parked_requests SET consented_by = 'S-0901' RETURNING 1")
    with pytest.raises(Refused, match="skip_asked"):
        desk(linkage).step(permit, AskSkip(officer="S-0903", reason=WHY))
    desk(linkage).step(permit, ConsentToSkip(officer="S-0902"))
    assert linkage.tend().counts["skipped"] == 1
    assert parked(linkage) == {}
    assert pushes(linkage, permit) == [1, 3, 4]
    assert acts(linkage) == [
        ("skip_asked", "S-0901"), ("skip_consented", "S-0902"), ("skipped", "S-0901、S-0902"),
    ]  # fmt: skip
    ((said,),) = linkage.rows("SELECT data::jsonb FROM outbox WHERE type = 'record_skipped'")
    assert (said["stream"], said["version"], said["reason"]) == (str(permit), 2, WHY)
    assert (said["asked_by"], said["consented_by"]) == ("S-0901", "S-0902")
    assert linkage.tend().counts["skipped"] == 0
    with connect(linkage.supervision_url, application="test") as connection:
        said = completeness_of(connection, "supervision")["ledger"]
    assert (said["received"], said["parked"], said["skipped"], said["missing"]) == (len(broken), 0, 1, [])


def test_what_was_skipped_is_no_difference_between_ledger_and_pushes(linkage: Linkage) -> None:
    """Seen to fail when the record is only dropped, without an event."""
    linkage.duties(duty())
    (granted,) = linkage.submit(decision())
    linkage.number()
    linkage.rows("UPDATE ledger SET schema = 9 RETURNING 1", side="approval")
    linkage.apply()
    assert granted.permit
    skip(linkage, granted.permit)
    linkage.tend()
    with connect(linkage.supervision_url, application="test") as supervision:
        assert compare_pushes(supervision, linkage.log).clean
        supervision.execute("DELETE FROM outbox WHERE type = 'record_skipped'")
        assert not compare_pushes(supervision, linkage.log).clean


def test_who_asked_may_take_it_back_and_another_may_refuse_and_nothing_is_skipped_then(
    linkage: Linkage, stopped: tuple[list[Record], UUID]
) -> None:
    _, permit = stopped
    with pytest.raises(Refused, match="no_skip_asked"):
        desk(linkage).step(permit, ConsentToSkip(officer="S-0902"))
    with pytest.raises(Refused, match="holds_identity_number"):
        desk(linkage).step(permit, AskSkip(officer="S-0901", reason=f"与 {NUMBER} 重复"))
    for second in ("S-0901", "S-0902"):
        desk(linkage).step(permit, AskSkip(officer="S-0901", reason=WHY))
        desk(linkage).step(permit, RefuseSkip(officer=second, reason="内容并不相同，应请许可机关更正"))
    linkage.tend()
    assert parked(linkage).keys() == {permit}
    assert [act for act, _ in acts(linkage)] == ["skip_asked", "skip_withdrawn", "skip_asked", "skip_refused"]


def test_a_request_lapses_when_its_record_is_applied_before_anybody_consents(
    linkage: Linkage, stopped: tuple[list[Record], UUID]
) -> None:
    _, permit = stopped
    desk(linkage).step(permit, AskSkip(officer="S-0901", reason=WHY))
    linkage.rows(
        "UPDATE parked_records SET data = %s WHERE stream = %s AND version = 2 RETURNING 1",
        next(one.data for one in recorded(linkage) if (one.stream, one.version) == (permit, 2)),
        permit,
    )
    assert desk(linkage).retry(RetryParked(officer="S-0904", reason="refused")) == 1
    linkage.tend()
    linkage.tend()
    assert pushes(linkage, permit) == [1, 2, 3, 4]
    assert acts(linkage) == [("skip_asked", "S-0901"), ("retry", "S-0904"), ("lapsed", "S-0901")]
    assert desk(linkage).retry(RetryParked(officer="S-0904", stream=permit)) == 0


def test_a_look_at_the_contents_is_kept_with_its_reason_and_the_personal_part_stays_sealed(
    linkage: Linkage, stopped: tuple[list[Record], UUID]
) -> None:
    _, permit = stopped
    linkage.rows("UPDATE parked_records SET personal = %s WHERE version = 2 RETURNING 1", b"sealed")
    seen = desk(linkage).look(permit, LookInto(officer="S-0901", reason="核对是否与第3版重复"))
    assert (seen.version, seen.text, seen.sealed) == (2, '{"facts":{}}', 6)
    assert acts(linkage) == [("look", "S-0901")]
    with pytest.raises(Refused, match="unknown_waiting"):
        desk(linkage).look(permit, LookInto(officer="S-0901", reason="核对是否与第3版重复", version=9))
    assert len(acts(linkage)) == 1


def test_the_bureau_is_asked_to_correct_and_its_correction_stands_in_place_of_what_could_not_be_applied(
    linkage: Linkage,
) -> None:
    linkage.duties(duty())
    (granted, _) = linkage.submit(decision(), decision(Kind.AMEND, content="准予从事冷食类食品制售"))
    permit = granted.permit
    assert permit
    linkage.number()
    broken, _ = poisoned(recorded(linkage))
    deliver(linkage, broken, Random(0))
    why = "变更内容缺少许可范围，请更正"
    asked = desk(linkage).step(permit, AskRepair(officer="S-0901", reason=why))
    assert (asked["request"]["kind"], asked["version"]) == ("repair", 2)
    with pytest.raises(Refused, match="repair_asked"):
        desk(linkage).step(permit, AskRepair(officer="S-0901", reason=why))
    linkage.tend()
    assert parked(linkage).keys() == {permit}, "nothing has come that could stand in its place"
    linkage.hear()
    ((facts,),) = linkage.rows("SELECT data::jsonb -> 'facts' FROM outbox WHERE type = 'task_opened'", side="approval")
    assert (facts["subject"], facts["text"]) == ("第 2 版（变更）未能列入监管名单", why)
    linkage.submit(
        decision(Kind.AMEND, content="准予从事热食类食品制售"),
        decision(Kind.CORRECT, content="准予从事冷食类食品制售（更正）", reason="录入有误"),
    )
    linkage.number()
    deliver(linkage, [one for one in recorded(linkage) if one.version > 2], Random(0))
    linkage.tend()
    assert parked(linkage) == {}
    assert pushes(linkage, permit) == [1, 3, 4]
    ((said,),) = linkage.rows("SELECT data::jsonb FROM outbox WHERE type = 'record_replaced'")
    assert (said["version"], said["replaced_by"]) == (2, 4)
    assert [act for act, _ in acts(linkage)] == ["repair_asked", "replaced"]


@pytest.mark.parametrize("forgetful", [False, True])
def test_who_reads_everything_again_from_the_beginning_skips_the_same_record_and_comes_to_the_same_lists(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch, stopped: tuple[list[Record], UUID], forgetful: bool
) -> None:
    """Seen to fail when the reader forgets the event: then the record is parked again."""
    broken, permit = stopped
    skip(linkage, permit)
    linkage.tend()
    once = result(linkage)
    deliver(linkage, broken, Random(2))
    assert (result(linkage), parked(linkage)) == (once, {}), "the same records from another epoch changed something"
    begin_anew(linkage)
    if forgetful:
        monkeypatch.setattr(skipping, "passed_over", lambda *_: {})
        deliver(linkage, broken, Random(2))
        assert parked(linkage).keys() == {permit}
        return
    deliver(linkage, shuffled(broken, Random(3)), Random(3))
    assert (result(linkage), parked(linkage)) == (once, {})
    linkage.number_pushes()
    with connect(linkage.supervision_url, application="test") as connection:
        with connection.transaction():
            rebuilding.begin(connection, "S-0901")
        while rebuilding.Rebuilding().end(connection, linkage.now()):
            pass
        made = newest(connection)
    assert made
    assert made.comparison
    assert made.differing == 0, "a rebuild beside makes other lists"
    assert len(linkage.rows("SELECT 1 FROM ledger WHERE type = 'record_skipped'")) == 1
    with connect(linkage.supervision_url, application="test") as connection:
        assert skipping.all_passed_over(connection, "intake") == {permit: {2}}, "once it is numbered it is forgotten"
