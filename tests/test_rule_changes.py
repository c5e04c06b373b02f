"""Rule changes from one side to the other: published, delivered, answered, and what became of decisions meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi.testclient import TestClient

from events.approval import BodyRegistered, Level, MatterMapped, PartyKind
from events.database import connect, raw
from events.log import Batch
from events.rule_answers import Done
from services.approval.decision import Kind
from services.approval.http import Office as ApprovalOffice
from services.approval.http import application as approval
from services.approval.importing import Manner, import_permits
from services.approval.outcome import Submission
from services.approval.place_register import Entry, take_entries
from services.approval.rule_answer import AnswerState
from services.approval.rule_answering import AnswerDesk
from services.refusing import Refused
from services.rule_reading import one_of
from services.scheduling import round_once
from services.supervision.rule_desk import Sender
from services.supervision.rule_items import RuleAnswers
from services.supervision.rule_permits import page_of
from services.supervision.rule_stated import Correction, Withdrawal
from services.supervision.rule_touches import Scope
from services.working_days import CHINA
from tests import rules
from tests.clerks_rows import BUREAU, PERSON, lines, row, write_csv
from tests.invented import BODY, FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty, party
from tests.linkage import Linkage
from tests.supervision_web import web

EARLY = date(2020, 1, 1)
OTHER_BODY = "11990200MB0000002X"


def seen(linkage: Linkage, rule: UUID, side: str = "supervision") -> dict[str, Any]:
    engine = linkage.supervision if side == "supervision" else linkage.approval
    with engine.connect() as connection:
        return one_of(raw(connection), rule, linkage.today)


def states(linkage: Linkage, rule: UUID) -> dict[str, str]:
    return {one["body"]: one["state"] for one in seen(linkage, rule)["bodies"]}


def correction(**changes: Any) -> Correction:
    return Correction.model_validate(rules.publication().model_dump() | {"reason": "录入有误"} | changes)


def events(linkage: Linkage, kind: str, side: str = "supervision") -> int:
    query = "SELECT count(*) FROM (SELECT type FROM outbox UNION ALL SELECT type FROM ledger) AS said WHERE type = %s"
    return int(linkage.rows(query, kind, side=side)[0][0])


def test_a_publication_says_at_once_what_it_touches_and_who_must_answer_and_a_dry_run_the_same(
    linkage: Linkage,
) -> None:
    linkage.duties(duty(legal_basis=rules.RESTING), duty(region_code="990200"), duty(matter_code="9"))
    linkage.publish(
        decision(),
        decision(permit_number="ended", deciding_body="ENDED"),
        decision(Kind.SURRENDER, permit_number="ended", deciding_body="ENDED"),
        decision(permit_number="elsewhere", region_code="990201", deciding_body=OTHER_BODY),
        decision(permit_number="another matter", matter_code="9", deciding_body="ANOTHER"),
        decision(permit_number="waits", matter_code="UNLISTED", deciding_body="WAITS"),
    )
    stated = rules.publication(matters=[FOOD, "UNLISTED"])
    looked = rules.desk(linkage).look(stated)
    assert events(linkage, "rule_changed") == 0
    said = rules.desk(linkage).publish(stated)
    assert looked == {"dry_run": True} | {name: said[name] for name in looked if name != "dry_run"}
    touches = said["touches"]
    assert touches["matters"] == [
        {"matter_code": FOOD, "name": "食品经营许可", "known": True},
        {"matter_code": "UNLISTED", "name": "", "known": False},
    ]
    permits = touches["permits"]
    assert (permits["count"], permits["count_capped"]) == (1, False)
    assert [(one["department"], one["permits"]) for one in permits["by_department"]] == [
        (MARKET_BUREAU, 1),
        (HEALTH_BUREAU, 1),
    ]
    # Whose permits have all ended, or wait for a duty, may grant the next one: it must answer too.
    assert [(one["body"], one["permits"]) for one in permits["by_body"]] == [(BODY, 1), ("ENDED", 0), ("WAITS", 0)]
    assert [one["body"] for one in said["must_answer"]] == [BODY, "ENDED", "WAITS"]
    assert [one["legal_basis"] for one in touches["duties"]] == [rules.RESTING]
    assert touches["waiting_decisions"] == {"count": 1, "by_matter": {"UNLISTED": 1}}


def test_counts_that_are_capped_say_so_and_no_body_is_left_out(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.supervision.rule_touches.COUNT_CAP", 3)
    linkage.duties(duty(co_departments=()))
    linkage.publish(*(decision(permit_number=f"N{n}", deciding_body=f"BODY{n}") for n in range(6)))
    said = rules.desk(linkage).publish(rules.publication())
    (department,) = said["touches"]["permits"]["by_department"]
    assert (department["permits"], department["count_capped"]) == (3, True)
    assert said["touches"]["permits"]["count_capped"]
    assert [one["body"] for one in said["must_answer"]] == [f"BODY{n}" for n in range(6)]


def test_the_touched_permits_come_page_by_page_each_once(linkage: Linkage) -> None:
    linkage.duties(duty(), duty(region_code="990103", lead=HEALTH_BUREAU, co_departments=()))
    numbers = [f"N{n}" for n in range(7)]
    linkage.publish(*(decision(permit_number=n, region_code="990103" if n > "N4" else "990102") for n in numbers))
    scope = Scope((FOOD,), ("990100", "990200"), ())
    found: list[str] = []
    cursor: str | None = None
    pages = 0
    with linkage.supervision.connect() as connection:
        while pages == 0 or cursor:
            page = page_of(connection, scope, cursor, linkage.today, 2)
            found += [one["permit_number"] for one in page.permits]
            cursor, pages = page.next_cursor, pages + 1
            assert pages < 20
    assert sorted(found) == numbers


def test_a_body_is_told_has_three_working_days_and_its_answer_comes_back(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    rule = rules.publish(linkage, rules.publication())
    (own,) = seen(linkage, rule, "approval")["bodies"]
    assert (own["body"], own["state"], own["light"]) == (BODY, "open", "green")
    assert own["due"] > own["delivered_at"][:10]
    rules.answer_desk(linkage).answer(rule, rules.answered())
    assert states(linkage, rule) == {BODY: "open"}  # it is on its way
    rules.exchange(linkage)
    (body,) = seen(linkage, rule)["bodies"]
    assert (body["state"], body["clerk"], body["overdue_working_days"]) == ("answered", "C-0032", 0)
    assert body["answers"][0]["acts"][0]["in_words"] == "修订办事指南"
    assert body["answered_at"]


def test_bodies_that_only_the_registers_of_the_approval_side_know_are_asked_too(linkage: Linkage) -> None:
    linkage.duties(duty())
    places = [
        BodyRegistered(body=code, name=name, region_code=region, level=Level.COUNTY, valid_from=EARLY)
        for code, name, region in (("IN", "城东", "990103"), ("OUT", "外市", "990200"), ("IDLE", "无关", "990104"))
    ]
    mapped = [
        MatterMapped(
            body=code, certificate_name="*", document_name="*", content="*", matter_code=FOOD, valid_from=EARLY
        )
        for code in ("IN", "OUT")
    ]
    take_entries(linkage.approval, [*places, *mapped], linkage.now())
    rule = rules.publish(linkage, rules.publication(bodies=["NAMED"]))
    assert states(linkage, rule) == {"IN": "open", "NAMED": "open"}
    whys = {one["body"]: one["why"] for one in seen(linkage, rule)["bodies"]}
    assert whys == {"IN": "registered", "NAMED": "named"}
    everywhere = rules.publish(linkage, rules.publication(document_number="2", matters=[]))
    assert {"IN", "IDLE"} <= states(linkage, everywhere).keys()
    assert "OUT" not in states(linkage, everywhere)


def test_a_decision_after_the_effective_date_is_marked_on_both_sides_and_again_when_it_is_repeated(
    linkage: Linkage,
) -> None:
    linkage.duties(duty())
    rule = rules.publish(linkage, rules.publication())
    handed = Submission(decision(legal_basis=rules.RESTING), "窗口一", "k")
    (first,), (again,) = linkage.desk.handle([handed]), linkage.desk.handle([handed])
    assert [met.rule for met in first.flagged] == [rule]
    assert again.told() == first.told() | {"repeated": True}
    assert again.told()["flagged"][0]["document_number"] == "海政发〔2026〕18号"
    rules.exchange(linkage)
    bureau = TestClient(approval(ApprovalOffice(linkage.approval_web, linkage.web_desk, "token")))
    for client in (bureau, TestClient(web(linkage))):
        shown = client.get(f"/api/v1/permits/{first.permit}").json()
        assert [one["rule"] for one in shown["flagged"]] == [str(rule)]
        assert [one["ground"] for one in shown["history"][0]["flagged"]] == ["basis"]
    assert "涉及规则变更" in client.get(f"/permits/{first.permit}").text


def test_who_still_decides_under_the_old_rule_stands_with_the_rule_until_the_entry_is_taken_back(
    linkage: Linkage,
) -> None:
    linkage.duties(duty())
    rule = rules.publish(linkage, rules.publication())
    batch = UUID(int=5)
    linkage.publish(
        decision(permit_number="A", legal_basis=rules.RESTING),
        decision(permit_number="B", legal_basis=rules.RESTING),
        decision(Kind.AMEND, permit_number="B", remark="二", legal_basis=rules.RESTING, batch=batch),
    )
    linkage.publish(decision(permit_number="D", legal_basis="《行政许可法》第十二条"))
    client = TestClient(web(linkage))
    assert client.get(f"/api/v1/rule-changes/{rule}").json()["marked"] == [
        {"body": BODY, "name": "海州市行政审批局", "decisions": 3, "last_decision_date": "2026-11-20"}
    ]
    pages: list[Any] = []
    cursor = ""
    while len(pages) < 3:
        page = client.get(f"/api/v1/rule-changes/{rule}/decisions", params={"limit": 1, "cursor": cursor}).json()
        pages, cursor = [*pages, *page["decisions"]], page["next_cursor"]
    assert cursor is None  # decisions of one permit and one moment are told apart, too
    assert sorted((one["decision_in_words"], one["permit_version"]) for one in pages) == [
        ("变更", 2),
        ("核发", 1),
        ("核发", 1),
    ]
    spoiled = client.get(f"/api/v1/rule-changes/{rule}/decisions", params={"cursor": "x"})
    assert spoiled.json()["code"] == "cursor_spoiled"
    linkage.desk.retract_batch(batch, "误录")
    linkage.number()
    linkage.apply()
    linkage.intake().receive(Batch(linkage.log.read(linkage.log.beginning(), 1000).records, {}))  # and all once more
    assert [one["decisions"] for one in client.get(f"/api/v1/rule-changes/{rule}").json()["marked"]] == [2]


def test_a_rule_that_refuses_is_known_to_a_desk_that_was_open_before_and_ends_with_the_withdrawal(
    linkage: Linkage,
) -> None:
    linkage.duties(duty())
    desk = linkage.desk

    def refused_by(number: str) -> str:
        return desk.handle([Submission(decision(permit_number=number, legal_basis=rules.RESTING))])[0].rule

    assert refused_by("A") == ""
    rule = rules.publish(linkage, rules.refusing())
    assert refused_by("B") == "basis_repealed"
    rules.desk(linkage).withdraw(rule, Withdrawal(reason="误发", officer="S-0417"))
    rules.exchange(linkage)
    assert refused_by("C") == ""


def test_the_basis_of_a_person_is_sealed_and_meets_the_rule_all_the_same(linkage: Linkage) -> None:
    linkage.duties(duty())
    rules.publish(linkage, rules.publication())
    person = party(kind=PartyKind.NATURAL, name="某乙", identifier=PERSON, legal_representative="")
    (outcome,) = linkage.submit(decision(party=person, legal_basis=f"{rules.RESTING}, 某乙申请"))
    assert outcome.flagged
    ((kept,),) = linkage.rows("SELECT data::jsonb ->> 'legal_basis' FROM outbox", side="approval")
    assert rules.OLD_TITLE not in kept


def test_a_file_is_imported_with_what_meets_a_rule_counted_and_named(linkage: Linkage, tmp_path: Path) -> None:
    linkage.duties(duty())
    places: list[Entry] = [
        BodyRegistered(body=BUREAU, name="海州市行政审批局", region_code="990100", level=Level.CITY, valid_from=EARLY),
        MatterMapped(
            body=BUREAU, certificate_name="*", document_name="*", content="*", matter_code=FOOD, valid_from=EARLY
        ),
    ]
    take_entries(linkage.approval, places, linkage.now())
    rule = rules.publish(linkage, rules.publication(covers_matters=True))
    earlier = {"XK_JDRQ": "2026/11/01", "XK_YXQZ": "2026/11/01"}
    later = {"XK_JDRQ": "2026/11/20", "XK_YXQZ": "2026/11/20"}
    path = write_csv(tmp_path / "permits.csv", lines([row(**later), row(XK_XKBH="JY2", XK_WSH="2", **earlier)]))
    summary = import_permits(linkage.desk, path, Manner())
    assert (summary.events, summary.flagged, summary.refused) == (2, 1, 0)
    assert summary.as_json()["first_flagged"][0]["rules"][0]["rule"] == str(rule)


def test_a_correction_asks_everybody_again_and_the_wording_alone_asks_nobody(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    rule = rules.publish(linkage, rules.publication())
    rules.answer_desk(linkage).answer(rule, rules.answered())
    rules.exchange(linkage)
    told = rules.desk(linkage).correct(rule, correction(text="第一条 更正后的条文。"))
    rules.exchange(linkage)
    assert (told["changed"], told["asks_again"]) == (["text"], False)
    assert states(linkage, rule) == {BODY: "answered"}
    right = correction(text="更正后的条文。", effective_date="2026-12-01", matters=["9"])
    told = rules.desk(linkage).correct(rule, right)
    assert told["asks_again"]
    assert states(linkage, rule) == {BODY: "undelivered"}
    rules.exchange(linkage)
    assert states(linkage, rule) == {BODY: "open"}
    rules.answer_desk(linkage).answer(rule, rules.answered(done=Done.NOTHING))
    rules.exchange(linkage)
    (body,) = seen(linkage, rule)["bodies"]
    assert [kept["rule_version"] for kept in body["answers"]] == [1, 3]
    with pytest.raises(Refused, match="nothing_changed"):
        rules.desk(linkage).correct(rule, right)


def a_look_at_the_clock(linkage: Linkage) -> int:
    with connect(linkage.supervision_url, application="test") as connection:
        return round_once(connection, "supervision", [RuleAnswers("审改办")], linkage.now())


def test_whoever_is_late_is_reminded_and_escalated_once_whatever_is_replayed(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    answered, withdrawn = (
        rules.publish(linkage, rules.publication(document_number=number)) for number in ("answered", "withdrawn")
    )
    rules.answer_desk(linkage).answer(answered, rules.answered())
    rules.desk(linkage).withdraw(withdrawn, Withdrawal(reason="误发", officer="S-0417"))
    rule = rules.publish(linkage, rules.publication())
    assert (states(linkage, answered), states(linkage, withdrawn)) == ({BODY: "answered"}, {BODY: "lapsed"})
    with pytest.raises(Refused, match="rule_withdrawn"):
        rules.answer_desk(linkage).answer(withdrawn, rules.answered())
    linkage.today = date.fromisoformat(seen(linkage, rule)["bodies"][0]["due"])
    assert a_look_at_the_clock(linkage) == 1
    assert (events(linkage, "reminder_given"), events(linkage, "limit_reached")) == (1, 0)  # the last day is in time
    linkage.today += timedelta(days=10)
    for _ in range(3):
        a_look_at_the_clock(linkage)
        linkage.intake().receive(Batch(linkage.log.read(linkage.log.beginning(), 1000).records, {}))
    assert (events(linkage, "limit_reached"), events(linkage, "escalated")) == (1, 1)
    ((owner, superior),) = linkage.rows(
        "SELECT data::jsonb ->> 'owner', data::jsonb ->> 'superior' FROM outbox WHERE type = 'escalated'"
    )
    assert (owner, superior) == (BODY, "审改办")
    (body,) = seen(linkage, rule)["bodies"]
    assert [one["step"] for one in body["said"]] == ["reminder_given", "limit_reached", "escalated"]
    for side in ("supervision", "approval"):
        (body,) = seen(linkage, rule, side)["bodies"]
        assert body["light"] == "red"
        assert 5 <= body["overdue_working_days"] <= 8


class MeetingDesk(AnswerDesk):
    """A desk that has loaded where the body stands, and waits for the other one to have done so too, once."""

    both_have_loaded: Barrier

    def _load(self, connection: psycopg.Connection, stream: UUID) -> AnswerState:
        state = super()._load(connection, stream)
        if not state.answered_version and not self.both_have_loaded.broken:
            self.both_have_loaded.wait(timeout=20)
        return state


class DeafDesk(MeetingDesk):
    """The broken variant: for it nobody has answered yet, and it takes whatever version comes next."""

    def _load(self, connection: psycopg.Connection, stream: UUID) -> AnswerState:
        MeetingDesk._load(self, connection, stream)
        ((version,),) = connection.execute("SELECT version FROM streams WHERE stream = %s", (stream,)).fetchall()
        return AnswerState(version, asked_version=1)


def two_at_once(linkage: Linkage, rule: UUID, kind: type[MeetingDesk]) -> list[str]:
    barrier = Barrier(2)

    def answer(clerk: str) -> str:
        desk = kind(linkage.approval, linkage.now)
        desk.both_have_loaded = barrier
        try:
            desk.answer(rule, rules.answered(clerk=clerk))
        except Refused as refused:
            return refused.text
        return ""

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(answer, ("甲一", "乙二")))


def test_of_two_clerks_at_once_one_wins_and_the_other_is_told_by_whom_and_when(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    rule = rules.publish(linkage, rules.publication())
    texts = two_at_once(linkage, rule, MeetingDesk)
    assert sorted(map(bool, texts)) == [False, True]
    winner = ("甲一", "乙二")[texts.index("")]
    ((at,),) = linkage.rows("SELECT answered_at FROM rule_answers", side="approval")
    assert f"已由 {winner} 于 {at.astimezone(CHINA):%Y-%m-%d %H:%M} 答复" in "".join(texts)
    other = rules.publish(linkage, rules.publication(document_number="2"))
    assert two_at_once(linkage, other, DeafDesk) == ["", ""]  # the control: both are told that they were first


def test_more_may_be_done_after_the_first_answer_and_not_before_it(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    rule = rules.publish(linkage, rules.publication())
    desk = rules.answer_desk(linkage)
    with pytest.raises(Refused, match="not_answered_yet"):
        desk.answer(rule, rules.answered(addition=True))
    first = desk.answer(rule, rules.answered(), "窗口一", "k")
    assert desk.answer(rule, rules.answered(), "窗口一", "k") == first | {"repeated": True}
    with pytest.raises(Refused, match="same_key_other_content"):
        desk.answer(rule, rules.answered(clerk="C-1"), "窗口一", "k")
    desk.answer(rule, rules.answered(done=Done.PERMITS_RECALLED, addition=True))
    rules.exchange(linkage)
    (body,) = seen(linkage, rule)["bodies"]
    assert [kept["acts"][0]["done"] for kept in body["answers"]] == ["guide_revised", "permits_recalled"]


def test_a_publication_is_refused_with_what_is_wrong_and_a_repeat_gets_the_first_answer(linkage: Linkage) -> None:
    linkage.duties(duty())
    desk = rules.desk(linkage)
    for wrong, code in (
        ({"matters": [], "regions": []}, "nothing_touched"),
        ({"text": ""}, "no_text"),
        ({"attachment_sha256": "0" * 64}, "attachment_without_place"),
        ({"replaces": [{}]}, "empty_document"),
        ({"department": "NOBODY"}, "unknown_department"),
        ({"text": f"第一条 某乙({PERSON})不得……"}, "holds_identity_number"),
        ({"title": f"关于 {PERSON[:6]} {PERSON[6:]} 的通知"}, "holds_identity_number"),
    ):
        with pytest.raises(Refused, match=code):
            desk.publish(rules.publication(**wrong))
    of_the_matter = f"涉及事项 {'9' * 7}{PERSON}"  # a code that happens to hold such digits is none
    first = desk.publish(rules.publication(readable_at=of_the_matter), Sender("系统", "k"))
    again = desk.publish(rules.publication(readable_at=of_the_matter), Sender("系统", "k"))
    assert again == first | {"repeated": True}
    with pytest.raises(Refused, match="already_published") as refused:
        desk.publish(rules.publication())
    assert first["rule_change"] in refused.value.text
    with pytest.raises(Refused, match="unknown_rule_change"):
        desk.withdraw(UUID(int=1), Withdrawal(reason="误发", officer="S-0417"))
    assert events(linkage, "rule_changed") == 1
