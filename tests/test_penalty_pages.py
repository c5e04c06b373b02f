"""What an officer does about penalties on the pages: record, confirm a permit, amend, annul; and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.pages.seats import Role
from services.supervision.office import Office
from tests.clerks_rows import COMPANY, PERSON
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision, duty, party
from tests.linkage import Linkage
from tests.penalties import DirectRegister
from tests.test_officers_pages import browser
from tests.test_penalties_file import row

NUMBER = "JY29901020000001"


@pytest.fixture
def officer(linkage: Linkage) -> TestClient:
    linkage.duties(duty())
    return browser(linkage)  # type: ignore[no-any-return]


def form(key: str = "k", **changes: str) -> dict[str, str]:
    """A penalty as it is typed; ``changes`` replace cells by column."""
    return {"key": key} | row(CF_NR_ZKDX=f"食品经营许可证 {NUMBER}", CF_JDRQ="2026-11-20") | changes


def records(officer: TestClient, **changes: str) -> str:
    """Record a penalty and return the address of its page."""
    answer = officer.post("/penalties", data=form(**changes))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def granted(linkage: Linkage, **changes: Any) -> str:
    (found,) = linkage.publish(decision(party=party(identifier=COMPANY, name="海州市虚构餐饮管理有限公司"), **changes))
    return str(found.permit)


def test_a_penalty_that_names_a_certificate_shows_its_permit_its_task_and_what_came_of_it(
    linkage: Linkage, officer: TestClient
) -> None:
    permit = granted(linkage)
    filled = officer.get("/penalties/new", params={"permit": permit}).text
    assert f'value="食品经营许可证 {NUMBER}"' in filled
    assert COMPANY in filled
    page = records(officer)
    assert "尚未收到审批侧回执" in officer.get(page).text
    linkage.hear()
    linkage.number()
    linkage.catch_up()
    shown = officer.get(page).text
    for words in (
        NUMBER,
        "按所写证照",
        "正常",
        "待办",
        "2026-12-01",
        "执行有效",
        "罚款 0.2 万元",
        "登记处罚",
        "工号 0102",
    ):
        assert words in shown, words
    listed = officer.get("/penalties").text
    for words in ("海市监罚〔2026〕17号", "1 件", "待办 1 件", "2026-12-01 前", "正常"):
        assert words in listed, words
    assert page in officer.get(f"/permits/{permit}").text
    assert page in officer.get("/receipts/results").text


def test_a_form_that_was_refused_comes_back_with_everything_typed_and_each_fault_beside_its_field(
    officer: TestClient,
) -> None:
    wrong = officer.post("/penalties", data=form(CF_XDR_SHXYM="91990100MA00000018", CF_NR_FK="2000", CF_SY=""))
    assert wrong.status_code == 422
    assert "有 2 处须更正" in wrong.text
    assert re.search(r'name="CF_XDR_SHXYM"[^>]*value="91990100MA00000018"[^>]*aria-invalid', wrong.text)
    assert "校验位不符" in wrong.text
    assert "请填写违法事实" in wrong.text
    assert "超出载明" not in wrong.text
    in_yuan = officer.post("/penalties", data=form(CF_NR_FK="2000"))
    assert "应填 0.2" in in_yuan.text
    assert officer.get("/penalties").text.count("/penalties/0") == 0
    assert records(officer).startswith("/penalties/0")


def test_the_same_form_sent_twice_is_one_penalty_and_another_content_under_its_number_is_refused(
    linkage: Linkage, officer: TestClient
) -> None:
    page = records(officer)
    assert records(officer) == page
    assert records(officer, key="again") == page
    assert "没有重复记录" in officer.get(page).text
    other = officer.post("/penalties", data=form("other", CF_CFLB="警告", CF_NR_FK="", CF_NR="警告"))
    assert other.status_code == 422
    assert "不能再次登记不同的内容" in other.text
    assert linkage.rows("SELECT count(*) FROM penalties") == [(1,)]


def test_while_the_approval_side_is_away_nothing_is_recorded_and_nothing_typed_is_lost(
    linkage: Linkage, officer: TestClient
) -> None:
    office: Office = officer.app.state.office  # type: ignore[attr-defined]
    register = office.penalties.register
    assert isinstance(register, DirectRegister)
    register.away = True
    away = officer.post("/penalties", data=form())
    assert (away.status_code, "超出载明的经营项目" in away.text) == (503, True)
    assert "没有登记任何内容" in away.text
    register.away = False
    assert records(officer).startswith("/penalties/")


def test_what_seeks_a_permit_is_on_the_desk_and_in_the_queue_until_an_officer_says_which_it_is(
    linkage: Linkage, officer: TestClient
) -> None:
    permit = granted(linkage)
    page = records(officer, CF_NR_ZKDX="JY2990102000001")
    assert "请在下方确认" in officer.get(page).text
    assert 'href="/penalties/unmatched"' in officer.get("/").text
    for reader in (officer, browser(linkage, role=Role.COORDINATOR)):
        queue = reader.get("/penalties/unmatched").text
        for words in (page, "JY2990102000001", "海州市市场监督管理局", "正常"):
            assert words in queue, words
    assert page not in browser(linkage, department=HEALTH_BUREAU).get("/penalties/unmatched").text
    nothing = officer.post(f"{page}/permits", data={"key": "k"})
    assert (nothing.status_code, "还没有选择" in nothing.text) == (422, True)
    foreign = officer.post(f"{page}/permits", data={"key": "k", "permit": permit.replace(permit[:8], "0" * 8)})
    assert (foreign.status_code, "候选许可" in foreign.text) == (422, True)
    assert officer.post(f"{page}/permits", data={"key": "k", "permit": permit}).status_code == 303
    shown = officer.get(page).text
    assert "经办人确认" in shown
    assert page not in officer.get("/penalties/unmatched").text


def test_an_officer_may_say_that_it_touches_none_of_the_candidates(linkage: Linkage, officer: TestClient) -> None:
    granted(linkage)
    page = records(officer, CF_NR_ZKDX="JY2990102000001")
    assert officer.post(f"{page}/permits", data={"key": "k", "none": "yes"}).status_code == 303
    assert "不涉及许可" in officer.get(page).text


def test_an_amendment_states_everything_anew_and_is_marked_in_the_list(linkage: Linkage, officer: TestClient) -> None:
    page = records(officer)
    prefilled = officer.get(f"{page}/amendment").text
    for words in ("超出载明的经营项目", 'value="0.2"', 'value="2026-11-20"', COMPANY):
        assert words in prefilled, words
    assert "某甲" not in prefilled
    changed = form(CF_NR="罚款1000元", CF_NR_FK="0.1")
    why = {"reason": "复议变更", "amended_on": "2026-11-24"}
    unsaid = officer.post(f"{page}/amendment", data=changed | why | {"reason": " "})
    assert (unsaid.status_code, "不能为空" in unsaid.text, "罚款1000元" in unsaid.text) == (422, True, True)
    early = officer.post(f"{page}/amendment", data=changed | why | {"amended_on": "2026-11-19"})
    assert "早于处罚决定日期" in early.text
    other = officer.post(f"{page}/amendment", data=changed | why | {"CF_WSH": "海市监罚〔2026〕18号"})
    assert (other.status_code, "不能改变" in other.text) == (422, True)
    assert officer.post(f"{page}/amendment", data=changed | why).status_code == 303
    shown = officer.get(page).text
    for words in ("罚款 0.1 万元", "复议变更", "罚款金额", "已变更"):
        assert words in shown, words
    assert "已变更" in officer.get("/penalties").text


def test_an_annulled_penalty_takes_back_its_task_and_can_do_nothing_more(linkage: Linkage, officer: TestClient) -> None:
    granted(linkage)
    page = records(officer)
    annulled = {"key": "a", "reason": "复议撤销", "annulled_on": "2026-11-24"}
    unsaid = officer.post(f"{page}/annulment", data=annulled | {"reason": ""})
    assert (unsaid.status_code, "理由：缺少此项" in unsaid.text) == (422, True)
    assert "撤销日期" in officer.post(f"{page}/annulment", data=annulled | {"annulled_on": "明天"}).text
    assert officer.post(f"{page}/annulment", data=annulled).status_code == 303
    assert officer.post(f"{page}/annulment", data=annulled).status_code == 303
    late = officer.post(f"{page}/repair", data={"key": "r", "reason": "已履行", "repaired_on": "2026-11-24"})
    assert (late.status_code, "已撤销" in late.text) == (422, True)
    linkage.hear()
    linkage.number()
    linkage.catch_up()
    shown = officer.get(page).text
    assert "监管部门已撤销" in shown
    assert "登记撤销</button>" not in shown
    assert "海市监罚" in officer.get("/penalties", params={"state": "annulled"}).text
    assert "海市监罚" not in officer.get("/penalties", params={"state": "in_force"}).text


def test_repaired_credit_is_recorded_from_the_page(officer: TestClient) -> None:
    page = records(officer)
    repaired = {"key": "r", "reason": "已履行", "repaired_on": "2026-11-24", "repair_document": "海信修〔2026〕1号"}
    assert officer.post(f"{page}/repair", data=repaired).status_code == 303
    assert "已信用修复" in officer.get(page).text


def test_only_an_officer_of_the_department_that_imposed_it_goes_on_with_a_penalty(
    linkage: Linkage, officer: TestClient
) -> None:
    page = records(officer)
    other = browser(linkage, department=HEALTH_BUREAU)
    assert "登记撤销" not in other.get(page).text
    assert page not in other.get("/penalties").text
    act = {"key": "k", "reason": "误录", "annulled_on": "2026-11-24", "repaired_on": "2026-11-24", "none": "yes"}
    for step in ("annulment", "repair", "permits", "amendment"):
        refused = other.post(f"{page}/{step}", data=act)
        assert (refused.status_code, "海州市市场监督管理局" in refused.text) == (404, False), step
    for role in (Role.COORDINATOR, Role.LEADER, Role.POLICY, Role.OPERATOR):
        reader = browser(linkage, role=role)
        assert reader.get(page).status_code == 200
        assert reader.get("/penalties").status_code == 403
        assert reader.post("/penalties", data=form()).status_code == 403
        assert reader.post(f"{page}/annulment", data=act).status_code == 403
    assert officer.get(f"/penalties/{MARKET_BUREAU}").status_code == 422
    assert officer.get("/penalties/0b8f1bb2-53c7-4be2-9d4e-6b3a3a6f0001").status_code == 404


def test_nobody_is_named_in_an_address_a_log_or_what_is_said_of_a_penalty_of_a_natural_person(
    linkage: Linkage, officer: TestClient, capfd: pytest.CaptureFixture[str]
) -> None:
    person = {
        "CF_XDR_LB": "自然人", "CF_XDR_MC": "欧阳虚构", "CF_XDR_SHXYM": "", "CF_FRDB": "", "CF_XDR_ZJLX": "身份证",
        "CF_XDR_ZJHM": PERSON, "CF_SY": "欧阳虚构超范围经营", "CF_NR": "对欧阳虚构罚款2000元", "CF_NR_ZKDX": "",
    }  # fmt: skip
    wrong = officer.post("/penalties", data=form(**person | {"CF_NR_FK": "2000"}))
    assert (wrong.status_code, "欧阳虚构" in wrong.text) == (422, True), "what was typed stays in the form"
    answer = officer.post("/penalties", data=form(**person))
    assert answer.status_code == 303, answer.text
    page = answer.headers["location"]
    seen = [officer.get(address) for address in (page, f"{page}/amendment", "/penalties", "/penalties/unmatched")]
    for one in [answer, *seen]:
        assert "欧阳虚构" not in one.text + str(one.headers)
        assert PERSON not in one.text + str(one.headers)
    assert "加密保存" in seen[0].text
    logged = "".join(capfd.readouterr())
    assert "欧阳虚构" not in logged
    assert PERSON not in logged
