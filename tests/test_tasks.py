"""What supervision finds about a permit waits for the approval desk with a last day, and its answer goes back."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from events import store
from events.database import raw
from events.tasks import task_stream
from services.approval import task_list
from services.approval.decision import Kind
from services.approval.http import Office, application
from tests import findings
from tests.findings import say
from tests.invented import BODY, MARKET_BUREAU, TODAY, decision, party
from tests.linkage import Linkage
from tests.supervision_web import web

PENALTY = UUID("019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b01")
CLERK = "S-0102"


@pytest.fixture
def bureau(linkage: Linkage) -> TestClient:
    return TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))


@pytest.fixture
def permit(linkage: Linkage) -> UUID:
    (granted,) = linkage.submit(decision())
    assert granted.permit is not None
    return granted.permit


def punish(linkage: Linkage, permit: UUID) -> str:
    """Impose a penalty that touches ``permit``, let the desk hear of it, and return its task."""
    facts = findings.penalty_facts(findings.holder_of(linkage, permit))
    say(linkage, PENALTY, findings.imposed(facts), findings.matched(facts, permit))
    linkage.hear()
    return str(task_stream(PENALTY, permit))


def annul(linkage: Linkage, permit: UUID, version: int = 3) -> None:
    facts = findings.penalty_facts(findings.holder_of(linkage, permit))
    say(linkage, PENALTY, findings.annulled(facts), first=version)
    linkage.hear()


def answer(bureau: TestClient, task: str, outcome: str, key: str = "", **more: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    form = {"outcome": outcome, "clerk": CLERK} | more
    return bureau.post(f"/api/v1/tasks/{task}/answer", json=form, headers=headers)


def receipt(linkage: Linkage, **asked: str) -> dict[str, Any]:
    """Let the supervision side hear of it, and return the one receipt that it shows."""
    linkage.number()
    linkage.apply()
    found = TestClient(web(linkage)).get("/api/v1/task-receipts", params=asked).json()["receipts"]
    assert len(found) == 1
    return dict(found[0])


def revocation(**changes: Any) -> dict[str, Any]:
    stated: dict[str, Any] = {"kind": Kind.REVOKE, "reason": "情节严重, 依法吊销", "decision_date": TODAY}
    return decision(**stated | changes).model_dump(mode="json")


def test_a_penalty_that_touches_a_permit_waits_for_its_body_five_working_days(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task = punish(linkage, permit)
    (shown,) = bureau.get("/api/v1/tasks", params={"body": BODY, "state": "open", "kind": "penalty"}).json()["tasks"]
    assert (shown["task"], shown["permit"], shown["about"]) == (task, str(permit), str(PENALTY))
    assert (shown["opened_on"], shown["due"], shown["due_estimated"]) == ("2026-11-24", "2026-12-01", False)
    assert (shown["light"], shown["light_in_words"]) == ("green", "正常")
    assert shown["facts"]["document_number"] == "海市监罚〔2026〕17号"
    assert shown["facts"]["permit_number"] == "JY29901020000001"
    whole = bureau.get(f"/api/v1/tasks/{task}").json()
    assert [one["outcome"] for one in whole["allowed"]] == ["revoke", "annul", "amend", "note", "no_action"]
    assert receipt(linkage, department=MARKET_BUREAU)["state_in_words"] == "待办"


def test_what_is_open_past_its_last_day_is_overdue_without_anybody_saying_so(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task = punish(linkage, permit)
    overdue = {"overdue": True}
    assert bureau.get("/api/v1/tasks", params=overdue).json()["tasks"] == []
    linkage.today = date(2026, 12, 2)
    later = TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))
    (shown,) = later.get("/api/v1/tasks", params=overdue).json()["tasks"]
    assert (shown["task"], shown["light"]) == (task, "red")
    assert receipt(linkage, about=str(PENALTY))["overdue"]


def test_a_revocation_is_recorded_with_the_answer_and_the_department_reads_both(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task = punish(linkage, permit)
    answered = answer(bureau, task, "revoke", recording=revocation())
    assert (answered.status_code, answered.json()["decision"]) == (201, f"{permit}@2")
    assert bureau.get(f"/api/v1/permits/{permit}").json()["status"] == "revoked"
    told = receipt(linkage, department=MARKET_BUREAU)
    assert (told["state"], told["outcome_in_words"], told["decision"]) == ("answered", "吊销", f"{permit}@2")
    assert told["answered_on"] == "2026-11-24"


def test_a_revocation_that_is_recorded_already_is_named_and_looked_at(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task = punish(linkage, permit)
    assert answer(bureau, task, "revoke").json()["code"] == "decision_needed"
    assert answer(bureau, task, "revoke", decision=f"{permit}@1").json()["code"] == "decision_does_not_fit"
    assert answer(bureau, task, "revoke", decision=f"{permit}@2").json()["code"] == "unknown_decision"
    assert answer(bureau, task, "revoke", decision=f"{uuid4()}@1").json()["code"] == "other_permit"
    linkage.submit(decision(Kind.REVOKE, reason="情节严重", decision_date=date(2026, 11, 22)))
    assert answer(bureau, task, "revoke", decision=f"{permit}@2").json()["code"] == "decision_too_early"
    assert answer(bureau, task, "no_action", reason="该许可此前已被吊销").status_code == 201


def test_what_is_refused_leaves_nothing_behind_neither_answer_nor_decision(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task = punish(linkage, permit)
    before = linkage.rows("SELECT count(*) FROM outbox", side="approval")
    another = answer(bureau, task, "revoke", recording=revocation(kind=Kind.GRANT, permit_number="JY2"))
    assert another.json()["code"] == "other_permit"
    amendment = revocation(kind=Kind.AMEND, content="准予从事冷食类食品制售")
    assert answer(bureau, task, "revoke", recording=amendment).json()["code"] == "decision_does_not_fit"
    assert linkage.rows("SELECT count(*) FROM outbox", side="approval") == before
    assert bureau.get(f"/api/v1/permits/{permit}").json()["version"] == 1


@pytest.mark.parametrize("outcome", ["note", "no_action"])
def test_who_does_nothing_says_why(linkage: Linkage, bureau: TestClient, permit: UUID, outcome: str) -> None:
    task = punish(linkage, permit)
    refused = answer(bureau, task, outcome)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
        422,
        "answer_reason_needed",
        "reason",
    )
    assert answer(bureau, task, outcome, reason="违法行为轻微, 已改正").status_code == 201
    assert receipt(linkage, about=str(PENALTY))["reason"] == "违法行为轻微, 已改正"


def test_an_outcome_that_is_not_allowed_is_answered_with_those_that_are(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    refused = answer(bureau, punish(linkage, permit), "undo", reason="恢复")
    assert refused.json()["code"] == "outcome_not_allowed"
    assert "吊销、撤销、变更、备注、不予处理" in refused.json()["detail"]


def test_of_two_clerks_at_once_one_wins_and_the_other_is_told_by_whom_and_when(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task = punish(linkage, permit)
    begin = threading.Barrier(2)
    answers: list[Any] = []

    def clerk(name: str) -> None:
        begin.wait()
        answers.append(answer(bureau, task, "note", clerk=name, reason=f"{name} 已阅"))

    threads = [threading.Thread(target=clerk, args=(name,)) for name in ("S-0001", "S-0002")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won, lost = sorted(answers, key=lambda one: one.status_code)
    assert (won.status_code, lost.status_code, lost.json()["code"]) == (201, 409, "task_answered")
    winner = bureau.get(f"/api/v1/tasks/{task}").json()["clerk"]
    assert f"已由 {winner} 于 20" in lost.json()["detail"]
    assert won.json()["version"] == 2


def test_an_answer_repeated_under_its_key_is_answered_as_before(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task = punish(linkage, permit)
    first = answer(bureau, task, "note", "k-1", reason="已阅").json()
    assert answer(bureau, task, "note", "k-1", reason="已阅").json() == first | {"repeated": True}
    assert answer(bureau, task, "note", "k-1", reason="另一理由").json()["code"] == "same_key_other_content"


def test_a_reason_that_names_a_person_is_refused_since_the_department_reads_it_in_the_clear(
    linkage: Linkage, bureau: TestClient
) -> None:
    shop = party(
        kind="个体工商户", name="海州市虚构面馆", identifier="92990100MA0000002F", legal_representative="虚某某"
    )
    (granted,) = linkage.submit(decision(party=shop, permit_number="JY3"))
    assert granted.permit is not None
    task = punish(linkage, granted.permit)
    for words in ("虚构面馆的 虚某某 已改正", "海州市虚构面馆已改正", "92990100MA0000002F 已改正"):
        assert answer(bureau, task, "note", reason=words).json()["code"] == "names_a_person"
    assert answer(bureau, task, "note", reason="990102199003070011 已改正").json()["code"] == "holds_identity_number"
    assert answer(bureau, task, "note", reason="当事人已改正").status_code == 201


def test_a_penalty_annulled_before_the_answer_takes_its_task_back(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task = punish(linkage, permit)
    annul(linkage, permit)
    refused = answer(bureau, task, "note", reason="已阅")
    assert (refused.status_code, refused.json()["code"]) == (409, "task_withdrawn")
    told = receipt(linkage, about=str(PENALTY))
    assert (told["state"], told["why_withdrawn"]) == ("withdrawn", "annulled")


def test_a_note_is_undone_when_its_penalty_is_annulled(linkage: Linkage, bureau: TestClient, permit: UUID) -> None:
    task = punish(linkage, permit)
    answer(bureau, task, "note", reason="已阅")
    annul(linkage, permit)
    assert bureau.get(f"/api/v1/tasks/{task}").json()["state"] == "withdrawn"


def test_a_person_is_asked_whether_a_revocation_must_be_undone_when_its_penalty_is_annulled(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task = punish(linkage, permit)
    answer(bureau, task, "revoke", recording=revocation())
    annul(linkage, permit)
    asked = bureau.get(f"/api/v1/tasks/{task}").json()
    assert (asked["state"], asked["review"], asked["asked_again"]) == ("open", True, "annulled")
    assert [one["outcome"] for one in asked["allowed"]] == ["undo", "note", "no_action"]
    assert answer(bureau, task, "undo", decision=f"{permit}@2").json()["code"] == "not_undone"
    assert answer(bureau, task, "undo", reason="处罚决定已被撤销").json()["decision"] == f"{permit}@3"
    assert bureau.get(f"/api/v1/permits/{permit}").json()["status"] == "valid"
    assert receipt(linkage, about=str(PENALTY))["outcome_in_words"] == "恢复"


def test_a_revocation_may_stand_although_its_penalty_is_annulled_when_somebody_says_why(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task = punish(linkage, permit)
    answer(bureau, task, "revoke", recording=revocation())
    annul(linkage, permit)
    assert answer(bureau, task, "no_action", reason="另有吊销事由").status_code == 201
    assert bureau.get(f"/api/v1/permits/{permit}").json()["status"] == "revoked"


def test_an_answer_whose_decision_is_taken_back_rests_on_nothing_and_is_asked_for_again(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task, batch = punish(linkage, permit), uuid4()
    answer(bureau, task, "revoke", recording=revocation(batch=batch))
    assert bureau.post(f"/api/v1/batches/{batch}/withdrawal", json={"reason": "选错了文件"}).json()["withdrawn"] == 1
    told = receipt(linkage, about=str(PENALTY))
    assert (told["state"], told["asked_again"], told["outcome"]) == ("open", "retracted", "revoke")
    shown = bureau.get(f"/api/v1/tasks/{task}").json()
    assert ("revoke" in [one["outcome"] for one in shown["allowed"]], shown["review"]) == (True, False)
    assert answer(bureau, task, "revoke", decision=f"{permit}@2").json()["code"] == "unknown_decision"
    annul(linkage, permit)
    assert bureau.get(f"/api/v1/tasks/{task}").json()["state"] == "withdrawn"


def test_a_penalty_amended_after_the_answer_is_put_before_the_clerk_again_with_its_new_facts(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    task = punish(linkage, permit)
    answer(bureau, task, "note", reason="已阅")
    facts = findings.penalty_facts(findings.holder_of(linkage, permit), penalty_kind="吊销许可证")
    say(linkage, PENALTY, findings.amended(facts), first=3)
    linkage.hear()
    asked = bureau.get(f"/api/v1/tasks/{task}").json()
    assert (asked["state"], asked["asked_again"], asked["review"]) == ("open", "amended", False)
    assert "吊销许可证" in asked["facts"]["subject"]


def test_a_penalty_that_turns_out_to_mean_another_permit_moves_its_task(linkage: Linkage, bureau: TestClient) -> None:
    wrong, right = (linkage.submit(decision(permit_number=number))[0].permit for number in ("A1", "A2"))
    assert wrong is not None
    assert right is not None
    punish(linkage, wrong)
    facts = findings.penalty_facts(findings.holder_of(linkage, right))
    say(linkage, PENALTY, findings.matched(facts, right), first=3)
    linkage.hear()
    states = {one["permit"]: one["state"] for one in bureau.get("/api/v1/tasks").json()["tasks"]}
    assert states == {str(wrong): "withdrawn", str(right): "open"}


@pytest.mark.parametrize("kind", ["annulment_suggestion", "failed_commitment"])
def test_suggestions_and_failed_checks_wait_for_the_desk_too(
    linkage: Linkage, bureau: TestClient, permit: UUID, kind: str
) -> None:
    holder = findings.holder_of(linkage, permit)
    said = (
        findings.suggested(permit, holder)
        if kind == "annulment_suggestion"
        else findings.checked(permit, holder, passed=False)
    )
    say(linkage, PENALTY, said)
    linkage.hear()
    (shown,) = bureau.get("/api/v1/tasks").json()["tasks"]
    assert (shown["kind"], shown["permit"], shown["body"]) == (kind, str(permit), BODY)
    annulment = revocation(kind=Kind.ANNUL, reason="承诺不实")
    assert answer(bureau, shown["task"], "annul", recording=annulment).status_code == 201
    assert receipt(linkage, about=str(PENALTY))["kind"] == kind


@pytest.mark.parametrize("first", ["failed", "passed"])
def test_a_check_that_is_passed_ends_the_task_of_an_earlier_one_that_failed_whichever_is_heard_first(
    linkage: Linkage, bureau: TestClient, permit: UUID, first: str
) -> None:
    holder = findings.holder_of(linkage, permit)
    failed, passed = findings.checked(permit, holder, passed=False), findings.checked(permit, holder, passed=True)
    for one in (failed, passed) if first == "failed" else (passed, failed):
        say(linkage, uuid4(), one)
        linkage.hear()
    (shown,) = bureau.get("/api/v1/tasks").json()["tasks"]
    assert (shown["kind"], shown["state"]) == ("failed_commitment", "withdrawn")
    say(linkage, PENALTY, findings.checked(permit, holder, passed=False, on=TODAY))
    linkage.hear()
    assert sorted(one["state"] for one in bureau.get("/api/v1/tasks").json()["tasks"]) == ["open", "withdrawn"]


def test_a_check_that_is_passed_asks_nothing(linkage: Linkage, bureau: TestClient, permit: UUID) -> None:
    say(linkage, PENALTY, findings.checked(permit, findings.holder_of(linkage, permit), passed=True))
    linkage.hear()
    assert bureau.get("/api/v1/tasks").json()["tasks"] == []


def test_pages_of_the_list_hold_each_task_once_soonest_due_first(linkage: Linkage, bureau: TestClient) -> None:
    outcomes = linkage.submit(*(decision(permit_number=f"P{n}") for n in range(5)))
    permits = [one.permit for one in outcomes if one.permit]
    facts = findings.penalty_facts(findings.holder_of(linkage, permits[0]))
    say(linkage, PENALTY, findings.imposed(facts), findings.matched(facts, *permits))
    linkage.hear()
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 2}
    while True:
        page = bureau.get("/api/v1/tasks", params=asked).json()
        seen += [one["permit"] for one in page["tasks"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 5
    assert bureau.get("/api/v1/tasks", params={"cursor": "x"}).json()["code"] == "cursor_spoiled"
    assert bureau.get("/api/v1/tasks", params={"sate": "open"}).status_code == 422


def test_the_list_is_what_the_recorded_events_make_of_it(linkage: Linkage, bureau: TestClient, permit: UUID) -> None:
    task = UUID(punish(linkage, permit))
    answer(bureau, str(task), "revoke", recording=revocation())
    annul(linkage, permit)
    with linkage.approval.connect() as connection:
        (shown,) = task_list.find(raw(connection), task_list.Wanted(), linkage.today, 10)
        records = store.load_streams(raw(connection), "approval", [task])[task]
        again = task_list.row_of(task, task_list.fold(records))
    assert again == shown


def test_what_is_no_task_is_not_found(bureau: TestClient, permit: UUID) -> None:
    for nobody in (uuid4(), permit):
        assert bureau.get(f"/api/v1/tasks/{nobody}").json()["code"] == "unknown_task"
    assert answer(bureau, str(uuid4()), "note", reason="x").status_code == 404


def test_receipts_are_asked_for_by_department_or_by_what_they_are_about(linkage: Linkage) -> None:
    reader = TestClient(web(linkage))
    assert reader.get("/api/v1/task-receipts").json()["code"] == "department_or_about"
    assert reader.get("/api/v1/task-receipts", params={"department": MARKET_BUREAU}).json()["receipts"] == []
