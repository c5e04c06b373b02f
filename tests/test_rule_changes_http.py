"""Rule changes by HTTP and by command: as policy staff and clerks of both sides use them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from services.approval.http import Office, application
from services.command_line import program
from tests import rules
from tests.clerks_rows import PERSON
from tests.invented import BODY, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web


def test_the_whole_way_over_http(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    department = TestClient(web(linkage))
    bureau = TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))
    form = rules.publication().model_dump(mode="json")
    looked = department.post("/api/v1/rule-changes?dry_run=true", json=form)
    assert (looked.status_code, looked.json()["dry_run"]) == (200, True)
    said = department.post("/api/v1/rule-changes", json=form, headers={"Idempotency-Key": "k"})
    assert said.status_code == 201
    rule = said.json()["rule_change"]
    again = department.post("/api/v1/rule-changes", json=form, headers={"Idempotency-Key": "k"}).json()
    assert again == said.json() | {"repeated": True}
    assert department.post("/api/v1/rule-changes", json=form).status_code == 409
    (permit,) = department.get(f"/api/v1/rule-changes/{rule}/permits").json()["permits"]
    assert permit["deciding_body"] == BODY
    assert bureau.get(f"/api/v1/rule-changes/{rule}").status_code == 404  # it has not arrived yet
    rules.exchange(linkage)

    def waiting() -> list[Any]:
        found: list[Any] = bureau.get("/api/v1/rule-changes", params={"body": BODY, "state": "open"}).json()[
            "rule_changes"
        ]
        return found

    assert [(one["rule_change"], one["own"]["state"]) for one in waiting()] == [(rule, "open")]
    answers = f"/api/v1/rule-changes/{rule}/answers"
    wrong = rules.answered("NOBODY").model_dump(mode="json")
    assert bureau.post(answers, json=wrong).json()["code"] == "not_asked"
    answer = rules.answered().model_dump(mode="json")
    future = answer | {"acts": [answer["acts"][0] | {"on": "2999-01-01"}]}
    assert bureau.post(answers, json=future).json()["code"] == "future_act"
    nothing = {"done": "nothing", "text": "", "on": "2026-11-24"}
    assert bureau.post(answers, json=answer | {"acts": [nothing]}).json()["code"] == "reason_needed"
    named = {"done": "nothing", "text": f"申请人 {PERSON}", "on": "2026-11-24"}
    assert bureau.post(answers, json=answer | {"acts": [named]}).json()["code"] == "holds_identity_number"
    both = [*answer["acts"], nothing | {"text": "不涉及"}]
    assert bureau.post(answers, json=answer | {"acts": both}).json()["code"] == "nothing_alone"
    assert bureau.post(answers, json=answer).status_code == 201
    late = bureau.post(answers, json=answer)
    assert (late.status_code, late.json()["code"]) == (409, "already_answered")
    assert "C-0032" in late.json()["detail"]
    assert waiting() == []
    rules.exchange(linkage)
    shown = department.get(f"/api/v1/rule-changes/{rule}").json()
    assert [(one["body"], one["state"], one["clerk"]) for one in shown["bodies"]] == [(BODY, "answered", "C-0032")]
    corrected = form | {"reason": "录入有误", "effective_date": "2026-12-01"}
    assert department.post(f"/api/v1/rule-changes/{rule}/correction", json=corrected).json()["asks_again"]
    gone = department.post(f"/api/v1/rule-changes/{rule}/withdrawal", json={"reason": "误发", "officer": "S-1"})
    assert gone.json()["standing"] == "withdrawn"
    refused = department.post(f"/api/v1/rule-changes/{rule}/withdrawal", json={"reason": "误发", "officer": "S-1"})
    assert (refused.status_code, "S-1" in refused.json()["detail"]) == (409, True)


def test_a_list_of_rule_changes_is_paged_and_filtered(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    for number in range(3):
        rules.publish(linkage, rules.publication(document_number=str(number), title=f"办法{number}"))
    department = TestClient(web(linkage))
    first = department.get("/api/v1/rule-changes", params={"limit": 2, "state": "open"}).json()
    rest = department.get("/api/v1/rule-changes", params={"cursor": first["next_cursor"]}).json()
    numbers = [one["document_number"] for one in first["rule_changes"] + rest["rule_changes"]]
    assert (numbers, rest["next_cursor"]) == (["2", "1", "0"], None)
    assert department.get("/api/v1/rule-changes", params={"state": "answered"}).json()["rule_changes"] == []
    assert department.get("/api/v1/rule-changes", params={"cursor": "spoiled"}).json()["code"] == "cursor_spoiled"
    assert department.get("/api/v1/rule-changes", params={"stat": "open"}).status_code == 422
    touched = f"/api/v1/rule-changes/{first['rule_changes'][0]['rule_change']}/permits"
    assert department.get(touched, params={"cursor": "spoiled"}).json()["code"] == "cursor_spoiled"


@pytest.fixture
def journal() -> Iterator[None]:
    """A command opens the journal of its own process; this one must not go on writing into it."""
    yield
    structlog.reset_defaults()


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(program(arguments), list(arguments))
    return done.exit_code, done.output


@pytest.mark.usefixtures("journal")
def test_the_whole_way_by_command(linkage: Linkage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("APPROVAL_DATABASE_URL", linkage.approval_url)
    monkeypatch.setenv("SUPERVISION_DATABASE_URL", linkage.supervision_url)
    linkage.duties(duty())
    linkage.publish(decision())
    attachment = tmp_path / "办法.txt"
    attachment.write_text("第一条")
    options = (
        "--kind", "enacted", "--norm", "policy", "--title", "新办法", "--number", "海政发〔2026〕18号",
        "--issuing-body", "海州市人民政府", "--effective", "2026-11-20", "--matter", "000131003000",
        "--replaces", "《旧办法》（海政发〔2019〕5号）", "--attachment", str(attachment), "--read-at", "公报第11期",
        "--department", MARKET_BUREAU, "--officer", "S-0417",
    )  # fmt: skip
    code, text = run("rules", "publish", *options, "--dry-run")
    assert (code, "试算" in text, "有效许可 1 件" in text) == (0, True, True)
    code, text = run("rules", "publish", *options, "--json")
    rule = json.loads(text)["rule_change"]
    code, text = run("rules", "publish", *options)
    assert (code, "已经发布" in text) == (1, True)
    rules.exchange(linkage)
    told = ("--clerk", "C-1", "--done", "guide_revised", "--text", "第三版")
    code, text = run("rules", "answer", rule, "--body", BODY, *told)
    assert code == 0, text
    rules.exchange(linkage)
    code, text = run("rules", "show", rule)
    assert (code, "已答复" in text, "第三版" in text) == (0, True, True)
    code, text = run("rules", "list", "--side", "approval", "--body", BODY, "--state", "answered", "--json")
    (listed,) = json.loads(text)["rule_changes"]
    assert (listed["answered"], listed["must_answer"]) == (1, 1)
    shown = json.loads(run("rules", "show", rule, "--json")[1])
    assert len(shown["attachment_sha256"]) == 64
    assert shown["replaces"] == [{"title": "旧办法", "number": "海政发〔2019〕5号"}]
    file = tmp_path / "correction.json"
    named = ("kind", "norm", "issuing_body", "document_number", "effective_date", "matters", "readable_at")
    right = {name: shown[name] for name in named} | {"title": "新办法(试行)", "department": MARKET_BUREAU}
    file.write_text(json.dumps(right))
    code, text = run("rules", "correct", rule, str(file), "--reason", "名称有误", "--officer", "S-0417", "--json")
    assert json.loads(text)["changed"] == ["attachment_sha256", "replaces", "title"]
    code, text = run("rules", "withdraw", rule, "--reason", "误发", "--officer", "S-0417")
    assert code == 0
    code, text = run("rules", "show", "nothing")
    assert code != 0
