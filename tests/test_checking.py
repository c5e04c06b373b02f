"""A printed paper and the record it came from: whoever holds the paper is told whether they still agree."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from events import ledger
from events.catalogue import CATALOGUE
from events.checking import Wrong, check_stream, code_of
from events.database import connect, raw
from events.envelope import digest_of, link
from services import ledger_walks
from services.approval.http import Office, application, key_token
from services.event_words import EVENT_WORDS
from services.pages.seats import Role, Seat
from services.supervision.consultation_items import ruling_item
from services.supervision.open_items import open_items
from services.supervision.oversight_commands import OpenConsultation, RuleOn
from services.urging import Demand, urge_item
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import MASTER, Linkage
from tests.supervision_web import web

PAPER = re.compile(
    r"文书编号：([-\w]+)<br>校验码：([0-9A-F ]+?) ?<br>核验地址：<span class=\"address\">http://testserver([^<]+)</span>"
)


def clerk(linkage: Linkage) -> TestClient:
    app = application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), now=linkage.now))
    seat = {"seat-approval": Seat(Role.CLERK, BODY, "1001").as_cookie()}
    return TestClient(app, headers={"Accept": "text/html"}, cookies=seat)


def coordinator(linkage: Linkage) -> TestClient:
    seat = {"seat-supervision": Seat(Role.COORDINATOR, "", "0001").as_cookie()}
    return TestClient(web(linkage), headers={"accept": "text/html"}, cookies=seat)


def paper(reader: TestClient, sheet: str) -> tuple[str, str, str]:
    """The number, the code and the address that stand on a printed sheet."""
    found = PAPER.search(reader.get(sheet).text)
    assert found, sheet
    return found[1], found[2], found[3].replace("&amp;", "&")


def granted(linkage: Linkage, **changes: Any) -> UUID:
    (outcome,) = linkage.publish(decision(**changes))
    assert outcome.permit is not None
    return outcome.permit


def tamper(linkage: Linkage, statement: str, *values: Any, side: str = "approval") -> None:
    """What only the owner of the database can do."""
    assert linkage.rows(f"{statement} RETURNING position", *values, side=side)


def wrong_by_version(linkage: Linkage, permit: UUID, version: int = 1) -> dict[int, list[Wrong]]:
    with linkage.approval.connect() as connection:
        found = check_stream(raw(connection), "approval", permit, version)
    assert found is not None
    return {number: list(one.wrong) for number, one in found.records.items()}


def test_number_code_address_and_ledger_number_of_a_notice_lead_to_the_record_that_holds(linkage: Linkage) -> None:
    linkage.duties(duty())
    permit = granted(linkage)
    reader = clerk(linkage)
    number, code, address = paper(reader, f"/permits/{permit}/notices/1")
    position = linkage.rows("SELECT position FROM ledger WHERE stream = %s", permit, side="approval")[0][0]
    for typed in (number, number.lower(), f"http://testserver{address}", str(position), f"{permit} 1"):
        shown = reader.post("/check", data={"number": typed, "code": code}).text
        assert "与登记时一致" in shown, typed
        assert "校验码与纸上相同" in shown, typed
        assert f'href="/permits/{permit}/notices/1"' in shown, typed
    assert "校验码与纸上相同" in reader.get(address).text
    assert "校验码不一致" in reader.post("/check", data={"number": number, "code": "0" * 16}).text


def test_a_program_asks_the_same_and_is_told_what_does_not_hold(linkage: Linkage) -> None:
    permit = granted(linkage)
    bureau = clerk(linkage)
    asked = f"/api/v1/records/{permit}/1"
    answer = bureau.get(asked).json()
    assert (answer["holds"], answer["all_hold"], answer["record"]["position"], answer["wrong_records"]) == (
        True, True, 1, [],
    )  # fmt: skip
    assert answer["record"]["digest"].startswith(answer["record"]["code"])
    assert answer["record"]["event"] == bureau.get(f"/api/v1/permits/{permit}").json()["history"][0]["event"]
    tamper(linkage, "UPDATE ledger SET type = 'permit_renewed' WHERE stream = %s", permit)
    answer = bureau.get(asked).json()
    assert (answer["holds"], [one["wrong"] for one in answer["wrong_records"]]) == (False, [["content"]])
    assert bureau.get(f"/api/v1/records/{permit}/2", headers={"Accept": "*/*"}).json()["code"] == "unknown_record"


def test_what_names_no_record_is_refused_with_what_to_do(linkage: Linkage) -> None:
    permit = granted(linkage)
    reader = clerk(linkage)
    for typed, status in (
        ("990102199001011234567", 422), ("海审批许〔2026〕1号", 422), ("999999", 404), (f"GZ-{'0' * 16}-1", 404),
        (f"{permit} 9", 404), ("HS-019AC4D28A52-1", 404),
    ):  # fmt: skip
        answer = reader.post("/check", data={"number": typed})
        assert (answer.status_code, "怎么办" in answer.text) == (status, True), typed
    assert reader.post("/check", data={"number": "1", "code": "12"}).status_code == 422
    nobody = TestClient(reader.app, headers={"Accept": "text/html"})
    answer = nobody.get(f"/check/{permit}/1", follow_redirects=False)
    assert (answer.status_code, "/seat?to=" in answer.headers["location"]) == (303, True)


def test_a_record_that_waits_for_its_number_is_said_to_wait(linkage: Linkage) -> None:
    (outcome,) = linkage.submit(decision())
    shown = clerk(linkage).get(f"/check/{outcome.permit}/1").text
    assert "与登记时一致" in shown
    assert "正在编号" in shown


def test_the_page_says_which_record_was_changed_and_that_its_sisters_hold(linkage: Linkage) -> None:
    linkage.duties(duty())
    permit = granted(linkage)
    granted(linkage, permit_number="P2")
    reader = clerk(linkage)
    _, _, address = paper(reader, f"/permits/{permit}/notices/1")
    tamper(
        linkage,
        "UPDATE ledger SET data = replace(data, 'P-1', 'P-9'), type = 'permit_renewed' WHERE stream = %s",
        permit,
    )
    shown = reader.get(address).text
    assert "记录对不上" in shown
    assert "内容与登记时的校验值不符" in shown
    assert "linkage verify" in shown
    assert "与登记时一致" not in shown
    assert wrong_by_version(linkage, permit) == {1: [Wrong.CONTENT]}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE ledger SET occurred_at = occurred_at - interval '1 day' WHERE position = 2", [Wrong.CONTENT]),
        ("UPDATE ledger SET recorded_at = recorded_at - interval '1 day' WHERE position = 2", [Wrong.BEFORE]),
        ("UPDATE ledger SET digest = sha256(digest) WHERE position = 2", [Wrong.CONTENT, Wrong.BEFORE]),
        ("UPDATE ledger SET hash = sha256(hash) WHERE position = 2", [Wrong.BEFORE, Wrong.AFTER]),
        ("UPDATE ledger SET hash = sha256(hash) WHERE position = 1", [Wrong.BEFORE]),
        ("UPDATE ledger SET digest = sha256(digest) WHERE position = 3", [Wrong.AFTER]),
        ("DELETE FROM ledger WHERE position = 1", [Wrong.NONE_BEFORE]),
        ("DELETE FROM ledger WHERE position = 3", [Wrong.NONE_AFTER]),
    ],
)
def test_whatever_is_done_to_a_row_or_its_neighbours_is_found_beside_it(
    linkage: Linkage, statement: str, found: list[Wrong]
) -> None:
    permits = [granted(linkage, permit_number=f"P{number}") for number in range(4)]
    assert [wrong_by_version(linkage, one) for one in permits] == [{1: []}] * 4
    tamper(linkage, statement)
    assert wrong_by_version(linkage, permits[1]) == {1: found}
    with linkage.approval.connect() as connection:
        assert list(ledger.verify(raw(connection), "approval"))


def test_a_record_that_was_taken_out_is_missed(linkage: Linkage) -> None:
    permit = granted(linkage)
    tamper(linkage, "DELETE FROM ledger WHERE stream = %s", permit)
    assert "第 1 条曾经登记，现在账簿中没有" in clerk(linkage).get(f"/check/{permit}/1").text


def test_a_chain_that_was_made_anew_from_a_changed_row_on_is_betrayed_by_the_paper_alone(linkage: Linkage) -> None:
    permit = granted(linkage)
    granted(linkage, permit_number="P2")
    reader = clerk(linkage)
    number, code, _ = paper(reader, f"/permits/{permit}/notices/1")
    tamper(linkage, "UPDATE ledger SET occurred_at = occurred_at - interval '1 day' WHERE stream = %s", permit)
    forge_chain(linkage)
    with linkage.approval.connect() as connection:
        assert list(ledger.verify(raw(connection), "approval")) == []
    assert "与登记时一致" in reader.post("/check", data={"number": number}).text
    assert "校验码不一致" in reader.post("/check", data={"number": number, "code": code}).text


def forge_chain(linkage: Linkage) -> None:
    previous = bytes(32)
    with linkage.approval.begin() as transaction:
        connection = raw(transaction)
        for record in ledger.read(connection, "approval", 0, 100):
            digest = digest_of(record, "approval")
            previous = link(previous, record.position, record.recorded_at, digest)
            connection.execute(
                "UPDATE ledger SET digest = %s, hash = %s WHERE position = %s", (digest, previous, record.position)
            )
        connection.execute("UPDATE ledger_head SET hash = %s", (previous,))


def test_minutes_and_a_demand_are_checked_and_minutes_printed_before_the_ruling_still_hold(linkage: Linkage) -> None:
    linkage.duties(duty(), duty(region_code="990103", lead=HEALTH_BUREAU))
    permit = granted(linkage)
    reader = coordinator(linkage)
    linkage.oversee(permit, OpenConsultation(by="0001", text="职责不清"))
    item = ruling_item(permit, 1)
    demand = Demand(limit=2, officer="0001", reason="请尽快裁定")
    urge_item(linkage.supervision, "supervision", open_items("审改办"), item, demand, linkage.now())
    early = paper(reader, f"/consultations/{permit}/1/minutes")
    linkage.oversee(permit, RuleOn(by="0001", lead=MARKET_BUREAU, reason="按清单"))
    late = paper(reader, f"/consultations/{permit}/1/minutes")
    assert (early[0] == late[0], early[1] == late[1]) == (True, False)
    linkage.number_pushes()
    for number, code, address in (early, late, paper(reader, f"/urging/{item}/sheets/1")):
        assert "校验码与纸上相同" in reader.get(address).text
        assert "与登记时一致" in reader.post("/check", data={"number": number}).text
        assert code.replace(" ", "").lower() in address
    tamper(linkage, "UPDATE ledger SET data = replace(data, '尽快', '不必') WHERE type = 'urged'", side="supervision")
    assert "记录对不上" in reader.get(paper(reader, f"/urging/{item}/sheets/1")[2]).text


def test_the_last_walk_along_the_whole_chain_is_told_beside_a_record(linkage: Linkage) -> None:
    permit = granted(linkage)
    reader = clerk(linkage)
    assert "整本账簿还没有逐条核对过" in reader.get(f"/check/{permit}/1").text
    walk(linkage)
    later = granted(linkage, permit_number="P2")
    assert "逐条核对至第 1 号，前后相接" in reader.get(f"/check/{permit}/1").text
    assert "本条在其后登记" in reader.get(f"/check/{later}/1").text
    tamper(linkage, "UPDATE ledger SET type = 'permit_renewed' WHERE stream = %s", later)
    walk(linkage)
    shown = reader.get(f"/check/{permit}/1").text
    assert "与登记时一致" in shown
    assert "有 <strong>1</strong> 处对不上，最早在第 2 号" in shown


def walk(linkage: Linkage) -> None:
    with connect(linkage.approval_url, application="test") as connection:
        ledger_walks.walk(connection, "approval", whole=True)


def test_a_code_is_the_beginning_of_the_digest() -> None:
    assert code_of(bytes(range(32))) == "0001020304050607"


def test_every_kind_of_record_has_a_name_that_a_reader_knows() -> None:
    assert CATALOGUE.keys() - EVENT_WORDS.keys() == set()
