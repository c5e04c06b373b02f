"""May I grant? What is known against a party, from whom, since when, and what it means for the matter."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from events import ledger
from events.code_mappings import CodeKind, CodeMapped
from events.database import connect, raw
from events.envelope import Record
from events.penalties import CreditRepaired, FreezeLifted, PenaltyStatus, RectificationChecked
from events.standing import FactKind, Means, StandingRuleSet
from projections.code_mappings import MappingsUnit, linked_to
from projections.party_facts import Fact
from services.approval.decision import Kind
from services.approval.http import Office, application
from services.approval.standing import same_matter, standing, worst
from services.approval.standing_rules import rules_set, set_rule
from tests import findings
from tests.findings import DEPARTMENT, FOUND_ON, say, somebody
from tests.invented import BODY, FOOD, MARKET_BUREAU, TODAY, decision, party
from tests.linkage import Linkage

PARTY = UUID("019ac4d2-8a52-7d64-9c5e-0d7f3d0f6c01")
OTHER_MATTER = "000131999000"


def fact(kind: FactKind, **changes: Any) -> Fact:
    said = {
        "fact": uuid4(), "kind": kind.value, "version": 1, "party": PARTY, "holds": True, "since": FOUND_ON,
        "until": None, "due": None, "matters": (), "permit": None, "permit_number": "", "source": MARKET_BUREAU,
        "source_name": "海州市市场监督管理局", "document_number": "", "subject": "",
        "recorded_at": datetime(2026, 11, 24, tzinfo=UTC),
    }  # fmt: skip
    return Fact(**(said | changes))


def word(*known: Fact, rules: tuple[StandingRuleSet, ...] = (), matter: str | None = FOOD, day: date = TODAY) -> Any:
    return worst(standing(known, rules, matter, day))


def rule(kind: FactKind, means: Means, **changes: Any) -> StandingRuleSet:
    return StandingRuleSet.model_validate({"kind": kind, "means": means, "valid_from": date(2026, 1, 1)} | changes)


def test_nothing_known_is_clear_and_the_worst_of_several_is_the_word() -> None:
    assert word() is None
    assert word(fact(FactKind.RECTIFICATION)) is Means.NOTE
    assert word(fact(FactKind.RECTIFICATION), fact(FactKind.PENALTY)) is Means.WARN
    assert word(fact(FactKind.RECTIFICATION), fact(FactKind.FREEZE), fact(FactKind.PENALTY)) is Means.BLOCK


def test_a_freeze_lapses_after_its_last_day_although_nobody_says_so() -> None:
    freeze = fact(FactKind.FREEZE, until=TODAY)
    assert word(freeze) is Means.BLOCK
    assert word(freeze, day=date(2026, 11, 25)) is None


def test_a_freeze_of_other_matters_is_only_good_to_know() -> None:
    freeze = fact(FactKind.FREEZE, matters=(OTHER_MATTER,))
    assert word(freeze) is Means.NOTE
    assert word(freeze, matter=OTHER_MATTER) is Means.BLOCK
    assert word(freeze, matter=None) is Means.BLOCK


def test_a_failed_check_is_over_when_a_later_one_of_the_same_permit_is_passed() -> None:
    permit = uuid4()
    failed = fact(FactKind.FAILED_COMMITMENT, permit=permit)
    passed = fact(FactKind.FAILED_COMMITMENT, permit=permit, holds=False, since=TODAY)
    assert word(failed) is Means.WARN
    assert word(failed, passed) is word(passed, failed) is None
    assert word(failed, passed._replace(permit=uuid4())) is Means.WARN
    assert word(failed, passed._replace(since=date(2026, 11, 1))) is Means.WARN


def test_a_site_says_what_a_fact_means_for_a_matter_and_from_which_day() -> None:
    revoked = fact(FactKind.PERMIT_REVOKED, matters=(FOOD,))
    elsewhere = fact(FactKind.PERMIT_REVOKED, matters=(OTHER_MATTER,))
    block = rule(FactKind.PERMIT_REVOKED, Means.BLOCK, matter_code=FOOD, same_matter=True, valid_to=date(2026, 12, 31))
    assert word(revoked) is Means.WARN
    assert word(revoked, rules=(block,)) is Means.BLOCK
    assert word(elsewhere, rules=(block,)) is Means.WARN
    assert word(revoked, rules=(block,), matter=OTHER_MATTER) is Means.WARN
    assert word(revoked, rules=(block,), day=date(2027, 1, 1)) is Means.WARN
    note = rule(FactKind.PERMIT_REVOKED, Means.NOTE)
    assert word(revoked, rules=(note, block)) is word(revoked, rules=(block, note)) is Means.BLOCK


def mapped(old: str, new: str, **more: Any) -> CodeMapped:
    return CodeMapped.model_validate({"kind": CodeKind.MATTER, "old": old, "new": new, "valid_from": TODAY} | more)


def under_codes(known: Fact, *mappings: CodeMapped, matter: str = FOOD, day: date = TODAY, **more: Any) -> Any:
    return worst(standing([known], more.get("rules", ()), matter, day, same_matter(matter, mappings, day)))


def test_a_freeze_of_an_old_code_holds_for_the_new_one_while_the_mapping_holds() -> None:
    freeze = fact(FactKind.FREEZE, matters=("OLDER",))
    last = date(2026, 11, 30)
    chain = (mapped("OLDER", "OLD", valid_to=last), mapped("OLD", FOOD))
    assert under_codes(freeze, *chain) is Means.BLOCK
    assert under_codes(freeze) is under_codes(freeze, mapped("OLDER", OTHER_MATTER)) is Means.NOTE
    assert under_codes(freeze, *chain, day=date(2026, 11, 23)) is Means.NOTE
    assert under_codes(freeze, *chain, day=last) is Means.BLOCK
    assert under_codes(freeze, *chain, day=date(2026, 12, 1)) is Means.NOTE
    assert under_codes(fact(FactKind.FREEZE, matters=(FOOD,)), *chain, matter="OLDER") is Means.BLOCK


def test_a_rule_about_the_same_matter_is_about_its_other_codes_and_one_for_the_very_code_goes_first() -> None:
    revoked = fact(FactKind.PERMIT_REVOKED, matters=("OLD",))
    same = rule(FactKind.PERMIT_REVOKED, Means.BLOCK, same_matter=True)
    assert under_codes(revoked, mapped("OLD", FOOD), rules=(same,)) is Means.BLOCK
    assert under_codes(revoked, rules=(same,)) is Means.WARN
    of_old = rule(FactKind.PERMIT_REVOKED, Means.BLOCK, matter_code="OLD", valid_from=date(2026, 5, 1))
    of_new = rule(FactKind.PERMIT_REVOKED, Means.NOTE, matter_code=FOOD)
    assert under_codes(revoked, mapped("OLD", FOOD), rules=(of_old,)) is Means.BLOCK
    assert under_codes(revoked, mapped("OLD", FOOD), rules=(of_new, of_old)) is Means.NOTE


@pytest.fixture
def bureau(linkage: Linkage) -> TestClient:
    return TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))


@pytest.fixture
def permit(linkage: Linkage) -> UUID:
    (granted,) = linkage.submit(decision())
    assert granted.permit is not None
    return granted.permit


def ask(bureau: TestClient, holder: UUID, matter: str = FOOD) -> dict[str, Any]:
    answered = bureau.get(f"/api/v1/parties/{holder}/standing", params={"matter": matter})
    assert answered.status_code == 200
    return dict(answered.json())


def kinds(bureau: TestClient, holder: UUID) -> list[str]:
    return sorted(one["kind"] for one in ask(bureau, holder)["facts"])


def test_what_departments_found_stands_where_the_clerk_looks_until_it_is_over(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    holder = findings.holder_of(linkage, permit)
    penalty, freeze, inspection = uuid4(), uuid4(), uuid4()
    facts = findings.penalty_facts(holder)
    say(linkage, penalty, findings.imposed(facts))
    say(linkage, freeze, findings.frozen(holder))
    say(linkage, inspection, findings.inspected(permit, holder, date(2026, 11, 23)))
    linkage.hear()
    found = ask(bureau, holder.party_id)
    assert (found["standing"], found["standing_in_words"]) == ("block", "暂缓准予")
    frozen, punished, rectifying = found["facts"]
    assert (frozen["kind"], frozen["document_number"], frozen["preset"]) == ("freeze", "海市监函〔2026〕8号", True)
    assert (punished["source"], punished["since"]) == (MARKET_BUREAU, "2026-11-23")
    assert (rectifying["due"], rectifying["overdue"], rectifying["permit"]) == ("2026-11-23", True, str(permit))

    repaired = CreditRepaired(facts=facts, status=PenaltyStatus.REPAIRED, reason="已履行", repaired_on=TODAY)
    lifted = findings.frozen(holder).model_dump() | {"lifted_on": TODAY, "why_lifted": "调查终结"}
    said = findings.inspected(permit, holder, None).model_dump() | {"passed": True, "checked_on": TODAY, "facts": ""}
    say(linkage, penalty, repaired, first=2)
    say(linkage, freeze, FreezeLifted.model_validate(lifted), first=2)
    say(linkage, inspection, RectificationChecked.model_validate(said), first=2)
    linkage.hear()
    assert ask(bureau, holder.party_id)["standing"] == "clear"


def test_a_recheck_that_is_not_passed_keeps_the_day_it_was_found_and_the_last_day(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    holder, inspection = findings.holder_of(linkage, permit), uuid4()
    say(linkage, inspection, findings.inspected(permit, holder, date(2026, 12, 1)))
    linkage.hear()
    said = findings.inspected(permit, holder, None).model_dump() | {"passed": False, "checked_on": TODAY, "facts": ""}
    say(linkage, inspection, RectificationChecked.model_validate(said), first=2)
    linkage.hear()
    (found,) = ask(bureau, holder.party_id)["facts"]
    assert (found["since"], found["due"], found["overdue"]) == ("2026-11-23", "2026-12-01", False)


def test_the_bureaus_own_revocations_stand_there_at_once_and_leave_when_they_are_taken_back(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    holder = findings.holder_of(linkage, permit)
    batch = uuid4()
    linkage.submit(decision(Kind.REVOKE, reason="情节严重", batch=batch))
    (found,) = ask(bureau, holder.party_id)["facts"]
    assert (found["kind"], found["source"], found["permit"], found["subject"]) == (
        "permit_revoked", BODY, str(permit), "情节严重",
    )  # fmt: skip
    linkage.desk.retract_batch(batch, "误录")
    assert kinds(bureau, holder.party_id) == []
    linkage.submit(decision(Kind.ANNUL, reason="承诺不实"))
    assert kinds(bureau, holder.party_id) == ["permit_annulled"]


def test_a_party_is_found_by_its_number_which_stands_in_no_address_and_nobody_is_registered_by_looking(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    holder = findings.holder_of(linkage, permit).party_id
    found = bureau.post("/api/v1/parties/find", json={"identifier": " 91990100ma00000017"})
    assert found.json() == {"party": str(holder)}
    for nobody in ("91990100MA00000025", "990102199003070011"):
        assert bureau.post("/api/v1/parties/find", json={"identifier": nobody}).json()["code"] == "unknown_party"
    assert linkage.rows("SELECT count(*) FROM parties", side="approval") == [(1,)]
    assert bureau.get(f"/api/v1/parties/{uuid4()}/standing").status_code == 404
    assert ask(bureau, holder)["standing_in_words"] == "未见不利记录"


def test_a_rule_is_set_as_an_event_and_what_held_before_stays_readable(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    holder = findings.holder_of(linkage, permit)
    say(linkage, uuid4(), findings.imposed(findings.penalty_facts(holder)))
    linkage.hear()
    assert ask(bureau, holder.party_id)["standing"] == "warn"
    block = rule(FactKind.PENALTY, Means.BLOCK, legal_basis="《食品安全法》", clerk="S-1")
    for set_, new in ((block, True), (block, False), (block.model_copy(update={"means": Means.NOTE}), True)):
        with linkage.approval.begin() as transaction:
            assert set_rule(raw(transaction), set_, linkage.now()) is new
    with linkage.approval.connect() as connection:
        assert [one.means for one in rules_set(raw(connection))] == [Means.NOTE]
    (found,) = ask(bureau, holder.party_id)["facts"]
    assert (found["means"], found["because"], found["preset"]) == ("note", "《食品安全法》", False)
    said = linkage.rows("SELECT data::jsonb ->> 'means' FROM outbox WHERE type = 'standing_rule_set'", side="approval")
    assert said == [("block",), ("note",)]


def test_what_is_known_of_a_natural_person_shows_no_name_and_no_number(linkage: Linkage, bureau: TestClient) -> None:
    natural = party(kind="自然人", name="虚某某", identifier="990102199003070011", legal_representative="")
    (granted,) = linkage.submit(decision(party=natural, permit_number="JY9"))
    assert granted.permit is not None
    holder = findings.holder_of(linkage, granted.permit)
    linkage.submit(decision(Kind.REVOKE, party=natural, permit_number="JY9", reason="虚某某 情节严重"))
    shown = bureau.get(f"/api/v1/parties/{holder.party_id}/standing")
    assert shown.json()["facts"][0]["kind"] == "permit_revoked"
    assert "虚某某" not in shown.text
    assert "990102199003070011" not in shown.text


def test_freezes_name_their_department(linkage: Linkage, bureau: TestClient, permit: UUID) -> None:
    holder = findings.holder_of(linkage, permit).party_id
    say(linkage, uuid4(), findings.frozen(somebody(holder), matters=(OTHER_MATTER,)))
    linkage.hear()
    (found,) = ask(bureau, holder)["facts"]
    assert (found["source_name"], found["matters"], found["means"]) == (
        DEPARTMENT["department_name"], [OTHER_MATTER], "note",
    )  # fmt: skip


def test_codes_that_supervision_maps_count_whether_they_come_late_twice_or_the_newest_first(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    holder, mapping = findings.holder_of(linkage, permit), uuid4()
    say(linkage, uuid4(), findings.frozen(holder, matters=("OLD",)))
    linkage.hear()
    assert ask(bureau, holder.party_id)["standing"] == "note", "nothing is mapped yet"
    say(linkage, mapping, mapped("OLD", OTHER_MATTER), mapped("OLD", FOOD))
    say(linkage, uuid4(), mapped("OLD", "990105", kind=CodeKind.REGION))
    linkage.hear()
    found = ask(bureau, holder.party_id)
    assert (found["standing"], found["other_codes"]) == ("block", [{"code": "OLD", "only_region": ""}])
    assert ask(bureau, holder.party_id, OTHER_MATTER)["standing"] == "note"
    with connect(linkage.supervision_url, application="test") as connection:
        heard = [one for one in ledger.read(connection, "supervision", 0, 1000) if one.stream == mapping]
    kept = linkage.rows("SELECT * FROM code_mappings", side="approval")

    def delivered(*records: Record) -> list[Any]:
        with connect(linkage.approval_url, application="test") as connection:
            for record in records:
                unit = MappingsUnit()
                unit.apply(record)
                unit.write(connection)
            connection.commit()
            assert len(linked_to(connection, "OLD")) == 1
        return linkage.rows("SELECT * FROM code_mappings", side="approval")

    first, second = heard
    assert delivered(first, second, first) == kept
    linkage.rows("DELETE FROM code_mappings RETURNING 1", side="approval")
    assert delivered(second, first) == kept
