"""A penalty is recorded with the permits that it touches, and nobody can say that it was not told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from events.approval import PartyKind
from events.database import raw
from events.penalties import PenaltyMatched, PenaltyUnmatched
from events.store import load_streams
from projections.penalties import PenaltyRows
from services.approval.decision import Kind
from services.supervision.penalty_desk import PenaltyDesk
from services.supervision.penalty_outcome import Asked
from services.supervision.penalty_stated import Amend, Annul, Confirm, Impose, Repair
from services.supervision.penalty_work import SECOND_LOOK
from tests.invented import decision, duty, party
from tests.linkage import Linkage
from tests.penalties import NUMBER, DirectRegister, ask, desk, impose, queued, said, stated, touched

DAY = date(2026, 11, 24)
TABLES = ("penalties", "penalty_permits", "penalty_queue")


def granted(linkage: Linkage, **changes: Any) -> UUID:
    linkage.duties(duty())
    (outcome,) = linkage.publish(decision(**changes))
    assert outcome.permit is not None, outcome.answer()
    return outcome.permit


def amend(**changes: Any) -> Amend:
    return Amend(penalty=stated(**changes), reason="行政复议变更", amended_on=DAY, officer="S-0417")


ANNUL = Annul(reason="行政复议决定撤销", annulled_on=DAY, officer="S-0417")


def test_a_penalty_marks_the_permit_whose_certificate_it_names(linkage: Linkage) -> None:
    permit = granted(linkage)
    granted(linkage, permit_number="JY29901020000002")
    penalty = impose(linkage)
    assert touched(linkage, penalty) == {permit: "certificate"}
    assert [type(event).__name__ for event in said(linkage, penalty)] == ["PenaltyImposed", "PenaltyMatched"]
    assert queued(linkage) == {}


def test_a_penalty_that_names_no_certificate_marks_every_permit_of_its_party_in_force(linkage: Linkage) -> None:
    permit = granted(linkage)
    granted(linkage, permit_number="A-OTHER-1", party=party(identifier="91990100MA00000025", name="海州市另一公司"))
    ended = granted(linkage, permit_number="JY29901020000002")
    linkage.publish(decision(Kind.SURRENDER, permit_number="JY29901020000002"))
    penalty = impose(linkage, certificates="")
    assert touched(linkage, penalty) == {permit: "party"}
    assert ended not in touched(linkage, penalty)


def test_what_finds_no_permit_waits_with_the_department_that_imposed_it(linkage: Linkage) -> None:
    penalty = impose(linkage)
    assert queued(linkage) == {penalty: "party_without_permits"}
    assert linkage.rows("SELECT owner FROM penalty_queue") == [("海州市市场监督管理局",)]


def test_a_permit_that_comes_later_is_found_by_the_penalty_that_waited_for_it(linkage: Linkage) -> None:
    penalty = impose(linkage)
    granted(linkage, permit_number="A-OTHER-1", party=party(identifier="91990100MA00000025", name="海州市另一公司"))
    assert queued(linkage) == {penalty: "party_without_permits"}
    permit = granted(linkage)
    assert (touched(linkage, penalty), queued(linkage)) == ({permit: "certificate"}, {})


def test_what_still_waits_after_another_permit_keeps_its_clock(linkage: Linkage) -> None:
    penalty = impose(linkage, certificates="JY2990102000001")
    since = linkage.rows("SELECT since FROM penalty_queue")
    permit = granted(linkage)
    assert queued(linkage) == {penalty: "certificate_unclear"}
    assert linkage.rows("SELECT since FROM penalty_queue") == since
    assert linkage.rows("SELECT candidates -> 0 ->> 'permit' FROM penalty_queue") == [(str(permit),)]
    assert touched(linkage, penalty) == {}


def test_an_officer_says_which_permit_was_meant(linkage: Linkage) -> None:
    permit = granted(linkage)
    penalty = impose(linkage, certificates="JY2990102000001")
    assert ask(linkage, Confirm(permits=(permit,), officer="S-0417"), penalty).accepted
    assert (touched(linkage, penalty), queued(linkage)) == ({permit: "confirmed"}, {})
    assert ask(linkage, Confirm(permits=(permit,), officer="S-0417"), penalty).answer()["rule"] == "not_waiting"


def test_an_amended_certificate_moves_the_mark_by_an_event(linkage: Linkage) -> None:
    first = granted(linkage)
    second = granted(linkage, permit_number="JY29901020000002")
    penalty = impose(linkage)
    assert ask(linkage, amend(certificates="JY29901020000002"), penalty).accepted
    assert touched(linkage, penalty) == {second: "certificate"}
    matched = [event for event in said(linkage, penalty) if isinstance(event, PenaltyMatched)]
    assert [[one.permit for one in event.matches] for event in matched] == [[first], [second]]


def test_an_amendment_to_what_nobody_has_takes_the_mark_off_and_waits(linkage: Linkage) -> None:
    granted(linkage)
    penalty = impose(linkage)
    assert ask(linkage, amend(certificates="JY29901020000011"), penalty).accepted
    assert (touched(linkage, penalty), queued(linkage)) == ({}, {penalty: "certificate_unclear"})
    assert isinstance(said(linkage, penalty)[-1], PenaltyUnmatched)


def test_an_annulled_penalty_waits_for_nothing_any_more(linkage: Linkage) -> None:
    penalty = impose(linkage)
    outcome = ask(linkage, ANNUL, penalty)
    assert [kind for _, kind in outcome.said] == ["penalty_annulled"]
    assert queued(linkage) == {}
    granted(linkage)
    assert touched(linkage, penalty) == {}
    assert linkage.rows("SELECT status FROM penalties") == [("annulled",)]


def test_a_repaired_credit_ends_the_effect_and_the_penalty_stays_readable(linkage: Linkage) -> None:
    penalty = impose(linkage)
    command = Repair(reason="已履行", repaired_on=DAY, repair_document="海信修〔2026〕3号", officer="S-0417")
    assert ask(linkage, command, penalty).accepted
    assert linkage.rows("SELECT status, version FROM penalties") == [("repaired", 3)]


def test_the_same_penalty_again_adds_nothing_and_another_under_its_number_is_refused(linkage: Linkage) -> None:
    penalty = impose(linkage)
    again = ask(linkage, Impose(penalty=stated()))
    assert (again.penalty, again.said) == (penalty, ())
    other = Impose(penalty=stated(fine=Decimal("0.3"), content=""))
    assert ask(linkage, other).answer()["rule"] == "already_imposed"
    amended = ask(linkage, other.model_copy(update={"amending": "重新报送"}))
    assert (amended.penalty, [kind for _, kind in amended.said]) == (penalty, ["penalty_amended"])


def test_a_repeat_with_the_same_key_gets_the_first_answer(linkage: Linkage) -> None:
    first = ask(linkage, Impose(penalty=stated()), key="k-1").answer()
    assert ask(linkage, Impose(penalty=stated()), key="k-1").answer() == first | {"repeated": True}
    other = ask(linkage, Impose(penalty=stated(remark="另一内容")), key="k-1").answer()
    assert other["rule"] == "same_key_other_content"
    assert linkage.rows("SELECT count(*) FROM penalties") == [(1,)]


def test_while_the_approval_side_is_away_nothing_is_recorded_and_the_same_request_works_later(
    linkage: Linkage,
) -> None:
    register = DirectRegister(linkage)
    register.away = True
    office = PenaltyDesk(linkage.supervision, register, linkage.now)
    (away,) = office.handle([Asked(Impose(penalty=stated()), key="k-1")])
    assert away.answer()["rule"] == "party_register_away"
    assert "重新提交" in away.answer()["repair"]
    assert linkage.rows("SELECT (SELECT count(*) FROM penalties), (SELECT count(*) FROM outbox)") == [(0, 0)]
    register.away = False
    (later,) = office.handle([Asked(Impose(penalty=stated()), key="k-1")])
    assert later.accepted


def test_of_a_natural_person_nothing_that_tells_who_it_is_stands_in_event_or_row(linkage: Linkage) -> None:
    number = "99010219900101123X"
    person = party(kind=PartyKind.NATURAL, name="欧阳虚构", identifier=number, legal_representative="")
    penalty = impose(
        linkage, party=person, violation_facts="欧阳虚构无证经营", content="罚款2000元", certificates=f"证号{number}",
        legal_basis="《食品安全法》第一百二十二条 (欧阳虚构案)", remark="家住虚构路1号",
    )  # fmt: skip
    assert ask(linkage, ANNUL.model_copy(update={"reason": "欧阳虚构申诉成立"}), penalty).accepted
    everything = str(
        linkage.rows("SELECT data FROM outbox") + [linkage.rows(f"SELECT * FROM {table}") for table in TABLES]
    )
    for telling in ("欧阳虚构", number, "虚构路", "无证经营"):
        assert telling not in everything
    assert "欧阳**" in everything
    with linkage.supervision.begin() as transaction:
        records = load_streams(raw(transaction), "supervision", [penalty])[penalty]
    assert all(record.personal for record in records)


def test_of_two_who_record_one_number_at_once_one_records_and_the_other_finds_it(linkage: Linkage) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: ask(linkage, Impose(penalty=stated())), range(8)))
    assert len({outcome.penalty for outcome in outcomes}) == 1
    assert sum(bool(outcome.said) for outcome in outcomes) == 1


def test_a_permit_that_was_listed_unseen_in_the_same_moment_is_found_a_minute_later(linkage: Linkage) -> None:
    """Neither transaction sees the other: the penalty is recorded between the look of the intake and its commit."""
    penalty = impose(linkage)
    queue = linkage.rows("DELETE FROM penalty_queue RETURNING *")  # as a look that cannot see the queue yet
    permit = granted(linkage)
    with linkage.supervision.begin() as transaction:
        raw(transaction).cursor().executemany(
            "INSERT INTO penalty_queue VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb)",
            [(*row[:-1], "[]") for row in queue],
        )
    linkage.tend()
    assert touched(linkage, penalty) == {}, "too early: its time has not come"
    with linkage.supervision.begin() as transaction:
        raw(transaction).execute("UPDATE penalty_second_looks SET due_at = due_at - %s", (SECOND_LOOK + timedelta(1),))
    linkage.tend()
    assert touched(linkage, penalty) == {permit: "certificate"}
    assert linkage.rows("SELECT count(*) FROM penalty_second_looks") == [(0,)]


def test_lists_that_are_folded_anew_from_the_events_are_the_same_row_by_row(linkage: Linkage) -> None:
    permit = granted(linkage)
    first = impose(linkage, certificates="JY2990102000001")
    ask(linkage, Confirm(permits=(permit,), officer="S-0417"), first)
    second = impose(linkage, document_number="2", certificates=f"{NUMBER}、X9999999")
    ask(linkage, amend(document_number="2", certificates="X9999999"), second)
    ask(linkage, ANNUL, impose(linkage, document_number="3"))
    before = [sorted(linkage.rows(f"SELECT * FROM {table}"), key=str) for table in TABLES]
    with linkage.supervision.begin() as transaction:
        connection = raw(transaction)
        connection.execute(f"TRUNCATE {', '.join(TABLES)}")
        streams = [row[0] for row in connection.execute("SELECT stream FROM outbox WHERE type = 'penalty_imposed'")]
        for records in load_streams(connection, "supervision", streams).values():
            for record in records:
                rows = PenaltyRows()
                rows.apply_record(record)
                rows.write(connection, record.recorded_at)
    assert [sorted(linkage.rows(f"SELECT * FROM {table}"), key=str) for table in TABLES] == before


def test_each_of_many_has_its_own_outcome_and_the_good_ones_go_through(linkage: Linkage) -> None:
    asked = [
        Asked(Impose(penalty=stated(document_number="1"))),
        Asked(Impose(penalty=stated(document_number="2", fine=Decimal(2000)))),
        Asked(Impose(penalty=stated(document_number="1", fine=Decimal("0.3"), content=""))),
        Asked(Annul(reason="误录", annulled_on=DAY, officer="S"), UUID(int=1)),
        Asked(Impose(penalty=stated(document_number="3"))),
    ]
    rules = [outcome.answer().get("rule") for outcome in desk(linkage).handle(asked)]
    assert rules == [None, "amount_in_yuan", "already_imposed", "unknown_penalty", None]


@pytest.mark.parametrize("number", ["罚欧阳虚构1号"])
def test_a_document_number_that_names_a_person_is_refused(linkage: Linkage, number: str) -> None:
    person = party(kind=PartyKind.NATURAL, name="欧阳虚构", identifier="99010219900101123X", legal_representative="")
    outcome = ask(linkage, Impose(penalty=stated(party=person, document_number=number)))
    assert outcome.answer()["rule"] == "number_names_person"


def test_whichever_comes_first_permits_or_penalty_the_same_permits_are_found(linkage: Linkage) -> None:
    linkage.duties(duty())
    for index, order in enumerate(permutations(("named", "other", "penalty"))):
        holder = party(identifier=f"9199010000000000{index:02}")
        numbers = {"named": f"JY2990102{index:02}000001", "other": f"WS2990102{index:02}000002"}
        for step in (*order, "penalty"):
            if step in numbers:
                linkage.publish(decision(party=holder, permit_number=numbers[step]))
            else:
                penalty = impose(linkage, party=holder, document_number=str(index), certificates=numbers["named"])
        (found,) = touched(linkage, penalty).values()
        assert (order, found, queued(linkage)) == (order, "certificate", {})


def test_a_penalty_of_the_party_touches_the_same_permits_whichever_comes_first(linkage: Linkage) -> None:
    linkage.duties(duty())
    after: dict[str, Any] = {"decision_date": date(2026, 11, 24), "valid_from": date(2026, 11, 24)}
    for index, order in enumerate(permutations(("one", "later", "penalty"))):
        holder = party(identifier=f"9199010000000000{index:02}")
        permits = {}
        for step in order:
            if step == "penalty":
                penalty = impose(linkage, party=holder, document_number=str(index), certificates="")
            else:
                more = after if step == "later" else {}
                (granted,) = linkage.publish(decision(party=holder, permit_number=f"{step}-{index:08}", **more))
                permits[step] = granted.permit
        assert touched(linkage, penalty) == {permits["one"]: "party"}, order


def test_what_ends_after_the_penalty_stays_marked(linkage: Linkage) -> None:
    first = granted(linkage)
    penalty = impose(linkage, certificates="")
    linkage.publish(decision(Kind.SURRENDER))
    second = granted(linkage, permit_number="JY29901020000002")
    assert touched(linkage, penalty) == {first: "party", second: "party"}
