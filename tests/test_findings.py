"""What departments find or ask about permits and parties besides penalties: each step as it may follow, over HTTP."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from events.approval import PartyKind, PermitStatus
from events.catalogue import decode
from events.database import connect, raw
from events.store import load_streams
from projections.findings import write
from projections.watch_list_filters import Standing
from services.approval.decision import Kind
from services.supervision.finding_desk import newest
from services.supervision.freeze_lapsing import FreezesLapse
from services.supervision.office import Office
from services.supervision.wording import STANDINGS
from services.wording import STATUSES
from tests.invented import FOOD, MARKET_BUREAU, decision, duty, party
from tests.linkage import Linkage
from tests.penalties import DirectRegister
from tests.supervision_web import web

TODAY = "2026-11-24"
OTHER = "11990100MB0000103C"
PERSON = party(kind=PartyKind.NATURAL, name="欧阳虚构", identifier="99010219900101123X", legal_representative="")


class Officer:
    """A department's officer at the web service, with one permit that the department watches."""

    def __init__(self, linkage: Linkage, **changes: Any) -> None:
        linkage.duties(duty())
        (granted,) = linkage.publish(decision(**changes))
        self.linkage = linkage
        self.permit = granted.permit
        self.web = TestClient(web(linkage))
        self.about: dict[str, Any] = {"permit": str(granted.permit), "department": MARKET_BUREAU, "officer": "S-0417"}

    def say(self, path: str, expected: int = 201, **said: Any) -> dict[str, Any]:
        answer = self.web.post(f"/api/v1/{path}", json=said)
        assert answer.status_code == expected, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def listed(self, **wanted: Any) -> list[tuple[str, str, bool]]:
        found = self.web.get("/api/v1/findings", params=wanted).json()["findings"]
        return [(one["kind"], one["state"], one["open"]) for one in found]


@pytest.fixture
def officer(linkage: Linkage) -> Officer:
    return Officer(linkage)


FROZEN: dict[str, Any] = {"document_number": "海市监函〔2026〕5号", "reason": "涉嫌提供虚假材料", "requested_on": TODAY}
SUGGESTED: dict[str, Any] = {
    "document_number": "海市监建〔2026〕2号", "facts": "场所与承诺不符", "legal_basis": "《行政许可法》第六十九条",
    "suggested_on": TODAY,
}  # fmt: skip
FOUND: dict[str, Any] = {
    "inspected_on": TODAY,
    "result": "problems",
    "problems": "未公示许可证",
    "rectification_due": "2026-12-08",
}


def test_a_party_is_frozen_in_a_matter_and_the_freeze_is_lifted_once(officer: Officer) -> None:
    frozen = officer.say("freezes", **officer.about, **FROZEN, matters=[FOOD], until="2027-02-22")
    assert frozen["type"] == "freeze_requested"
    assert officer.listed(open=True) == [("freeze", "in_force", True)]
    lifted: dict[str, Any] = {"why_lifted": "未发现违法", "lifted_on": TODAY, "officer": "S-0417"}
    assert officer.say(f"freezes/{frozen['finding']}/lifting", **lifted)["version"] == 2
    again = officer.say(f"freezes/{frozen['finding']}/lifting", 422, **lifted)
    assert (again["code"], again["detail"]) == ("not_frozen", "该冻结已解除, 不能再解除。")
    assert officer.listed(open=True) == []


def test_a_party_without_a_permit_is_frozen_by_its_name_and_code(officer: Officer) -> None:
    said: dict[str, Any] = {
        "party": party(identifier="91990100MA00000025").model_dump(mode="json"),
        "department": MARKET_BUREAU,
    }
    assert officer.say("freezes", **said, **FROZEN, officer="S-0417")["accepted"]
    assert officer.say("freezes", 422, **(officer.about | said | FROZEN))["code"] == "invalid_request"


def test_a_freeze_lapses_by_itself_once_however_long_nobody_looked(officer: Officer) -> None:
    ending = officer.say("freezes", **officer.about, **FROZEN, until="2026-11-30")["finding"]
    officer.say("freezes", **officer.about, **FROZEN)
    linkage = officer.linkage
    with connect(linkage.supervision_url, application="test") as connection:
        said = [FreezesLapse().end(connection, linkage.now() + timedelta(days=days)) for days in (6, 7, 90)]
        assert said == [0, 1, 0], "not on its last day, then once"
        assert newest(connection, UUID(ending)).said.model_dump(mode="json")["lapsed_on"] == "2026-12-01"
    assert sorted(state for _, state, _ in officer.listed(kind="freeze")) == ["in_force", "lapsed"]
    late: dict[str, Any] = {"why_lifted": "未发现违法", "lifted_on": TODAY, "officer": "S-0417"}
    assert "已到期" in officer.say(f"freezes/{ending}/lifting", 422, **late)["detail"]


def test_a_check_that_failed_leads_to_a_suggestion_that_names_it(linkage: Linkage) -> None:
    officer = Officer(linkage, commitment=True)
    silent = officer.say("commitment-checks", 422, **officer.about, passed=False, checked_on=TODAY)
    assert (silent["code"], silent["field"]) == ("facts_needed", "facts")
    check = officer.say("commitment-checks", **officer.about, passed=False, checked_on=TODAY, facts="未设冷食间")
    suggested = officer.say("annulment-suggestions", **officer.about, **SUGGESTED, check=check["finding"])
    assert suggested["type"] == "annulment_suggested"
    assert officer.listed() == [("annulment_suggestion", "suggested", False), ("commitment_check", "failed", False)]
    nothing = "0b8f1bb2-53c7-4be2-9d4e-6b3a3a6f0001"
    officer.say("annulment-suggestions", 404, **officer.about, **SUGGESTED, check=nothing)


def test_a_permit_that_was_not_granted_on_a_promise_has_no_promise_to_check(officer: Officer) -> None:
    refused = officer.say("commitment-checks", 422, **officer.about, passed=True, checked_on=TODAY)
    assert refused["code"] == "not_on_commitment"


def test_a_permit_that_is_over_is_not_suggested_for_annulment(officer: Officer) -> None:
    officer.linkage.publish(decision(Kind.SURRENDER))
    refused = officer.say("annulment-suggestions", 422, **officer.about, **SUGGESTED)
    assert (refused["code"], refused["detail"]) == ("permit_ended", "该许可已注销, 不能建议撤销。")


def test_a_permit_entered_by_mistake_is_named_by_the_word_that_its_list_has_for_it(officer: Officer) -> None:
    linkage = officer.linkage
    with linkage.approval.begin() as transaction:
        linkage.desk.retract(raw(transaction), UUID(officer.about["permit"]), 1, "录错")
    linkage.number()
    linkage.apply()
    refused = officer.say("annulment-suggestions", 422, **officer.about, **SUGGESTED)
    assert (refused["code"], refused["detail"]) == ("permit_ended", "该许可录入已撤回, 不能建议撤销。")
    assert STATUSES[PermitStatus.RETRACTED] == STANDINGS[Standing.RETRACTED] == "录入已撤回"


def test_an_inspection_is_planned_recorded_and_checked_until_all_is_put_right(officer: Officer) -> None:
    planned = officer.say("inspections/plans", **officer.about, inspection_kind="双随机", planned_on="2026-12-01")
    inspection = f"inspections/{planned['finding']}"
    early = officer.say(f"{inspection}/rectification", 422, passed=True, checked_on=TODAY, officer="S-0417")
    assert early["code"] == "nothing_to_rectify"
    assert officer.say(f"{inspection}/result", **FOUND, officer="S-0417")["type"] == "inspection_recorded"
    assert officer.say(f"{inspection}/result", 422, **FOUND, officer="S-0417")["code"] == "already_inspected"
    failed: dict[str, Any] = {"passed": False, "checked_on": TODAY, "facts": "仍未公示", "officer": "S-0417"}
    officer.say(f"{inspection}/rectification", **failed)
    ((state, due),) = officer.linkage.rows("SELECT state, due FROM findings")
    assert (state, due) == ("not_rectified", date(2026, 12, 8)), "without another last day the first one stays"
    officer.say(f"{inspection}/rectification", passed=True, checked_on=TODAY, officer="S-0417")
    assert officer.listed() == [("inspection", "rectified", False)]
    done = officer.say(f"{inspection}/rectification", 422, passed=True, checked_on=TODAY, officer="S-0417")
    assert "已复查合格" in done["detail"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"inspected_on": "2026-11-25"}, "future_date", "inspected_on"),
        ({"inspected_on": "2026-11-19"}, "before_permit", "inspected_on"),
        ({"problems": ""}, "facts_needed", "problems"),
        ({"result": "in_order", "problems": ""}, "nothing_wrong", "rectification_due"),
        ({"rectification_due": "2026-11-23"}, "end_before_start", "rectification_due"),
        ({"department": OTHER}, "unknown_department", "department"),
    ],
)
def test_what_cannot_be_so_is_refused_with_the_field_at_fault(
    officer: Officer, changes: dict[str, str], code: str, field: str
) -> None:
    said = officer.about | {"inspection_kind": "日常检查"} | FOUND | changes
    refused = officer.say("inspections", 422, **said)
    assert (refused["code"], refused["field"]) == (code, field)
    assert refused["what_to_do"]


def test_who_does_not_watch_a_permit_does_not_record_its_inspections(officer: Officer) -> None:
    linkage = officer.linkage
    linkage.rows("INSERT INTO departments VALUES (%s, %s) RETURNING 1", OTHER, "海州市城市管理局")
    said = officer.about | {"inspection_kind": "日常检查", "department": OTHER} | FOUND
    assert officer.say("inspections", 422, **said)["code"] == "not_watched"


def test_of_a_natural_person_no_word_is_public_and_all_words_are_sealed(linkage: Linkage) -> None:
    officer = Officer(linkage, party=PERSON)
    recorded = officer.say("inspections", **officer.about, inspection_kind="日常检查", **FOUND)
    officer.say("freezes", **officer.about, **FROZEN)
    everything = str(linkage.rows("SELECT data FROM outbox WHERE type LIKE 'inspection%%' OR type LIKE 'freeze%%'"))
    everything += str(linkage.rows("SELECT * FROM findings"))
    for telling in ("欧阳虚构", PERSON.identifier, "未公示", "涉嫌"):
        assert telling not in everything
    with linkage.supervision.begin() as transaction:
        (record,) = load_streams(raw(transaction), "supervision", [UUID(recorded["finding"])])[
            UUID(recorded["finding"])
        ]
    assert record.personal


def test_a_repeat_gets_the_first_answer_and_while_the_other_side_is_away_nothing_is_recorded(officer: Officer) -> None:
    office: Office = officer.web.app.state.office  # type: ignore[attr-defined]
    register = office.penalties.register
    assert isinstance(register, DirectRegister)
    said = officer.about | FROZEN
    key = {"Idempotency-Key": "k-1"}
    register.away = True
    assert officer.web.post("/api/v1/freezes", json=said, headers=key).status_code == 503
    assert officer.listed() == []
    register.away = False
    first = officer.web.post("/api/v1/freezes", json=said, headers=key).json()
    assert officer.web.post("/api/v1/freezes", json=said, headers=key).json() == first | {"repeated": True}
    assert len(officer.listed()) == 1


def test_rows_that_are_folded_anew_from_the_events_are_the_same(officer: Officer) -> None:
    planned = officer.say("inspections/plans", **officer.about, inspection_kind="双随机", planned_on="2026-12-01")
    officer.say(f"inspections/{planned['finding']}/result", **FOUND, officer="S-0417")
    failed: dict[str, Any] = {"passed": False, "checked_on": TODAY, "facts": "仍未公示", "officer": "S-0417"}
    officer.say(f"inspections/{planned['finding']}/rectification", **failed)
    officer.say("freezes", **officer.about, **FROZEN, until="2026-11-30")
    linkage = officer.linkage
    before = sorted(linkage.rows("SELECT * FROM findings"), key=str)
    with linkage.supervision.begin() as transaction:
        connection = raw(transaction)
        connection.execute("TRUNCATE findings")

        for finding, *_ in before:
            for record in load_streams(connection, "supervision", [finding])[finding]:
                said: Any = decode(record.type, record.schema, record.data)
                write(connection, finding, record.version, said, record.recorded_at)
    assert sorted(linkage.rows("SELECT * FROM findings"), key=str) == before
