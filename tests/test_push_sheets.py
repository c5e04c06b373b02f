"""The two sheets of a push that a department prints: what it was told, and what it did."""

from __future__ import annotations

from uuid import uuid4

from events.approval import PartyKind
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision, duty, party
from tests.linkage import Linkage
from tests.test_officers_pages import FIRE, browser, does


def test_the_notice_and_the_receipt_of_a_push_bear_number_department_and_a_way_back(linkage: Linkage) -> None:
    linkage.duties(duty())
    person = party(kind=PartyKind.NATURAL, name="欧阳某某", identifier="990101199001010016", legal_representative="")
    (granted,) = linkage.publish(decision(permit_number="批-0", party=person))
    permit, officer = granted.permit, browser(linkage)
    of_push = f"/permits/{permit}/pushes/1"
    assert f'href="{of_push}/{MARKET_BUREAU}/notice"' in officer.get(f"/permits/{permit}").text
    notice = officer.get(f"{of_push}/{MARKET_BUREAU}/notice").text
    for words in ("行政许可监管告知单", "海州市市场监督管理局", "牵头监管", "批-0", "欧阳**", "文书编号：TZ-", "<svg"):
        assert words in notice
    assert 'class="done"' not in notice, "nothing was done: it is only shown"
    assert ("欧阳某某" in notice, "19900101" in notice) == (False, False)
    assert "协同监管" in officer.get(f"{of_push}/{HEALTH_BUREAU}/notice").text
    receipt = officer.get(f"{of_push}/{MARKET_BUREAU}/receipt").text
    assert "截至打印时尚未签收" in receipt
    does(officer, one=f"sign:{permit}@1")
    receipt = officer.get(f"{of_push}/{MARKET_BUREAU}/receipt").text
    for words in ("<td>签收</td>", "经办人工号 0102", "文书编号：QS-", "校验码："):
        assert words in receipt
    assert "尚未签收" not in receipt
    # Whoever types the number that stands on the paper is led to its record.
    number = receipt.split("文书编号：")[1].split("<")[0]
    found = officer.post("/check", data={"number": number}).headers["location"]
    assert found.startswith(f"/check/{permit}/2")
    assert "推送签收单" in officer.get(found).text
    told = notice.split("文书编号：")[1].split("<")[0]
    assert officer.post("/check", data={"number": told}).headers["location"].startswith(f"/check/{permit}/1")
    for nothing in (f"{of_push}/{FIRE}/notice", f"/permits/{permit}/pushes/9/{MARKET_BUREAU}/notice"):
        assert officer.get(nothing).status_code == 404
    assert officer.get(f"/permits/{uuid4()}/pushes/1/{MARKET_BUREAU}/receipt").status_code == 404
