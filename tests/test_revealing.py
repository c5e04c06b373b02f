"""Personal facts are masked by default; one of them is shown in full to one person, for a reason, so often a day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text

from events.masking import mask_address, mask_fact, mask_number, mask_numbers, mask_phone
from services.access import revealing
from services.approval.http import Office, application, key_token
from services.pages.seats import Role, Seat
from tests.invented import BODY, decision, duty, party
from tests.linkage import MASTER, Linkage

NAME, NUMBER, PHONE = "欧阳" + "丙丁", "990102" + "199001010015", "139" + "00001234"
BOSS = "司徒" + "戊己"
HOLDER = party(kind="自然人", name=NAME, identifier=NUMBER, identifier_kind="身份证", legal_representative="")


def clerk(linkage: Linkage, body: str = BODY, most: int = 30) -> TestClient:
    office = Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), now=linkage.now, reveals_a_day=most)
    seat = {"seat-approval": Seat(Role.CLERK, body, "1001").as_cookie()}
    return TestClient(application(office), headers={"Accept": "text/html"}, cookies=seat)


def granted(linkage: Linkage, **changes: Any) -> UUID:
    linkage.duties(duty())
    (outcome,) = linkage.publish(decision(**changes))
    assert outcome.permit is not None
    return outcome.permit


def shown(client: TestClient, permit: UUID, field: str = "identifier", why: str = "check", words: str = "") -> Response:
    asked = {"field": field, "why": why, "words": words}
    return client.post(f"/permits/{permit}/personal", data=asked)


def trail(linkage: Linkage) -> list[tuple[Any, ...]]:
    return linkage.rows(
        "SELECT act, caller, fields, reason, result FROM audit WHERE act <> 'refused' ORDER BY id", side="approval"
    )


def test_numbers_telephones_and_addresses_are_masked_so_that_they_are_recognised_and_not_used() -> None:
    assert mask_number(NUMBER) == "990***********0015"
    assert mask_phone(PHONE) == "139****1234"
    assert mask_number("QT0099") == "******"
    assert mask_address("海州市城东区庚辛巷七号") == "海州市城东区****"
    assert mask_address("庚辛巷七号") == "****"
    assert mask_fact("content", "热食") == "****"
    assert mask_fact("name", "海州某某小吃店", business=True) == "海****店"


def test_numbers_in_a_text_are_masked_and_numbers_that_are_nobodys_are_not() -> None:
    assert mask_numbers(f"联系人电话{PHONE}，证件 {NUMBER}") == "联系人电话139****1234，证件 990***********0015"
    for nobody in ("海审批〔2026〕1号", "20261129054025123456", "91990100MA00000017", "0990-12345678", f"JY{PHONE}"):
        assert mask_numbers(nobody) == nobody


def test_of_a_firm_the_telephone_of_a_person_is_in_no_list_and_no_event_in_the_clear(linkage: Linkage) -> None:
    permit = granted(linkage, contact=f"食安专员 {PHONE}", remark=f"代办人 {NUMBER}")
    linkage.number_pushes()
    for side in ("approval", "supervision"):
        said = " ".join(row[0] for row in linkage.rows("SELECT data FROM ledger", side=side))
        assert (PHONE in said, NUMBER in said, "139****1234" in said) == (False, False, True)
    assert PHONE in shown(clerk(linkage), permit, "contact").text  # nothing is lost: it is sealed beside


def test_a_page_shows_masks_and_one_fact_alone_after_a_reason_that_is_written_down_before(linkage: Linkage) -> None:
    permit, client = granted(linkage, party=HOLDER), clerk(linkage)
    page = client.get(f"/permits/{permit}/personal")
    assert ("990***********0015" in page.text, NUMBER in page.text, NAME in page.text) == (True, False, False)
    revealed = shown(client, permit, words=f"核对 {PHONE} 来电")
    assert (NUMBER in revealed.text, NAME in revealed.text) == (True, False)
    assert revealed.headers["cache-control"] == "no-store"
    assert NUMBER not in client.get(f"/permits/{permit}/personal").text  # shown once
    assert trail(linkage) == [
        ("personal_read", "1001", ["name", "identifier", "content"], "", "done"),
        ("revealed", "1001", ["identifier"], "现场检查,核对身份:核对 （号码已隐去） 来电", "done"),
        ("personal_read", "1001", ["name", "identifier", "content"], "", "done"),
    ]


def test_without_a_reason_nothing_is_shown(linkage: Linkage) -> None:
    permit, client = granted(linkage, party=HOLDER), clerk(linkage)
    for why, words in (("", ""), ("curious", ""), ("other", ""), ("other", "看看")):
        refused = shown(client, permit, why=why, words=words)
        assert (refused.status_code, NUMBER in refused.text) == (422, False)
    assert trail(linkage) == []


def test_another_body_sees_nothing_and_its_attempt_is_written_down(linkage: Linkage) -> None:
    permit = granted(linkage, party=HOLDER)
    other = clerk(linkage, "11990100MB0000101A")
    for answer in (other.get(f"/permits/{permit}/personal"), shown(other, permit)):
        assert (answer.status_code, NUMBER in answer.text, "990*" in answer.text) == (403, False, False)
    assert linkage.rows("SELECT count(*) FROM audit WHERE act = 'refused'", side="approval") == [(2,)]


def test_each_caller_is_shown_so_many_facts_a_day_also_when_they_ask_at_once(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    permit, client = granted(linkage, party=HOLDER), clerk(linkage, most=2)
    with ThreadPoolExecutor(4) as pool:
        answers = [answer.status_code for answer in pool.map(lambda _: shown(client, permit), range(4))]
    assert sorted(answers) == [200, 200, 429, 429]
    assert [row[4] for row in trail(linkage)].count("refused") == 2
    # Control: without the lock that lets one at a time count, all of them find room.
    monkeypatch.setattr(revealing, "_so_far", lambda *_: 0)
    assert shown(client, permit).status_code == 200


def test_while_the_trail_is_away_nothing_is_revealed(linkage: Linkage) -> None:
    permit, client = granted(linkage, party=HOLDER), clerk(linkage)
    with linkage.approval.begin() as transaction:
        transaction.execute(text("ALTER TABLE audit RENAME TO audit_away"))
    for answer in (client.get(f"/permits/{permit}/personal"), shown(client, permit)):
        assert (answer.status_code, NUMBER in answer.text, "990*" in answer.text) == (503, False, False)


def test_a_program_is_shown_one_fact_for_a_reason_too(linkage: Linkage) -> None:
    permit, client = granted(linkage, party=HOLDER), clerk(linkage)
    asked = {"field": "name", "why": "contact"}
    answer = client.post(f"/api/v1/permits/{permit}/reveals", json=asked)
    assert (answer.json()["value"], answer.headers["cache-control"]) == (NAME, "no-store")
    nobody = TestClient(client.app).post(f"/api/v1/permits/{permit}/reveals", json=asked)
    assert (nobody.status_code, nobody.json()["code"]) == (403, "unknown_caller")
    missing = client.post(f"/api/v1/permits/{permit}/reveals", json=asked | {"field": "place"})
    assert missing.status_code == 404


def test_keys_that_are_handed_out_and_names_that_are_asked_about_are_written_down(linkage: Linkage) -> None:
    granted(linkage, party=HOLDER)
    client = clerk(linkage)
    ((one,),) = linkage.rows("SELECT party FROM parties WHERE kind = '自然人'", side="approval")
    asked = client.post(
        "/internal/v1/subject-keys", json={"parties": [str(one)]},
        headers={"Authorization": f"Bearer {key_token(MASTER)}"},
    )  # fmt: skip
    assert asked.status_code == 200
    stated = {"party": HOLDER.model_dump(mode="json")}
    assert client.post("/api/v1/parties/resolve", json={"parties": [stated]}).status_code == 200
    told = linkage.rows("SELECT act, objects FROM audit ORDER BY id", side="approval")
    assert told == [("keys_handed_out", [str(one)]), ("parties_resolved", [str(one)])]
