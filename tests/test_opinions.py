"""A bureau says what it thinks in a consultation from its own address, whatever comes late, twice or first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from events.store import VersionConflict
from projections import reacting
from services import opinion_commands
from services.approval.decision import Kind
from services.approval.handling import Desk
from services.approval.http import Office, application
from services.command_line import program
from services.supervision.oversight_commands import OpenConsultation, RuleOn
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, decision, duty, party
from tests.linkage import Linkage
from tests.rules import exchange
from tests.supervision_web import web

OPINION = {"body": BODY, "clerk": "C-0032", "text": "许可时按食品经营核定", "legal_basis": "《食品安全法》第六条"}
OPEN = OpenConsultation(by="S-0001", text="职责不清")
RULE = RuleOn(lead=HEALTH_BUREAU, reason="医疗机构内设食堂", by="S-0001")


@pytest.fixture
def bureau(linkage: Linkage) -> TestClient:
    linkage.duties(duty())
    return TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))


@pytest.fixture
def permit(linkage: Linkage, bureau: TestClient) -> UUID:
    """A permit of a person, about which is argued."""
    holder = party(kind="个体工商户", name="海州市某乙小吃店", identifier="92990100MA0000003J")
    (granted,) = linkage.publish(decision(party=holder))
    assert granted.permit, granted.answer()
    linkage.oversee(granted.permit, OPEN)
    linkage.hear()
    return granted.permit


def say(bureau: TestClient, permit: UUID, key: str = "", /, **changes: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return bureau.post(f"/api/v1/permits/{permit}/opinions", json=OPINION | changes, headers=headers)


def minutes(linkage: Linkage, permit: UUID, number: int = 1) -> list[tuple[str, str]]:
    found = TestClient(web(linkage)).get(f"/api/v1/permits/{permit}/consultations/{number}").json()
    return [(one["body"], one["text"]) for one in found["opinions"]]


def own(bureau: TestClient) -> list[str]:
    asked = bureau.get("/api/v1/consultations", params={"body": BODY}).json()["consultations"]
    return [one["own"] for one in asked]


def test_an_opinion_reaches_the_minutes_through_the_log_and_the_bureau_sees_that_it_did(
    linkage: Linkage, bureau: TestClient, permit: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own(bureau) == ["wanted"]
    for changes, code in (
        ({"body": MARKET_BUREAU + "9"}, "body_not_asked"),
        ({"number": 2}, "not_consulted"),
        ({"text": "海州市某乙小吃店已搬迁"}, "names_a_person"),
        ({"text": "经营者 990102199001010015 已搬迁"}, "holds_identity_number"),
    ):
        assert say(bureau, permit, **changes).json()["code"] == code
    assert say(bureau, UUID(int=1)).status_code == 404
    first = say(bureau, permit, "k1")
    assert (first.status_code, first.json()["number"]) == (201, 1)
    assert say(bureau, permit, "k1").json() == first.json() | {"repeated": True}
    assert own(bureau) == ["on_its_way"]
    exchange(linkage)
    assert minutes(linkage, permit) == [(BODY, OPINION["text"])]
    assert own(bureau) == ["given"]
    assert linkage.rows("SELECT answered FROM consultations") == [([BODY],)]

    @contextmanager
    def opened() -> Iterator[Desk]:
        yield linkage.desk

    monkeypatch.setattr(opinion_commands, "opened_desk", opened)
    words = ["consultations", "answer", str(permit), "--body", BODY, "--clerk", "C-1", "--text", "补充: 已核查"]
    answer = CliRunner().invoke(program(words), words)
    assert (answer.exit_code, answer.stdout) == (0, "已提出第 1 次会商的意见\n")
    exchange(linkage)
    assert minutes(linkage, permit)[1:] == [(BODY, "补充: 已核查")], "a later opinion stands beside the earlier"


def test_an_opinion_that_comes_after_the_ruling_or_twice_stands_once_and_is_marked_as_late(
    linkage: Linkage, bureau: TestClient, permit: UUID
) -> None:
    say(bureau, permit)
    linkage.number()
    intake = linkage.intake()
    batch = linkage.log.read(linkage.reading, 1000)
    linkage.oversee(permit, RULE)
    for _ in range(2):
        intake.receive(batch)
    assert minutes(linkage, permit) == [(BODY, OPINION["text"])]
    officer = TestClient(web(linkage), headers={"Accept": "text/html"})
    assert "裁定后送达" in officer.get(f"/consultations/{permit}/1/minutes").text
    linkage.hear()
    assert say(bureau, permit).json()["code"] == "not_consulted"
    assert say(bureau, permit, number=1).json()["code"] == "consultation_ruled"


@pytest.mark.parametrize("in_table_order", [True, False])
def test_an_opinion_and_a_decision_about_one_permit_come_together_in_any_order(
    linkage: Linkage, bureau: TestClient, permit: UUID, monkeypatch: pytest.MonkeyPatch, in_table_order: bool
) -> None:
    """The control writes the units as their events came: the opinion then takes the version that the push was given."""
    say(bureau, permit)
    holder = party(kind="个体工商户", name="海州市某乙小吃店", identifier="92990100MA0000003J")
    (renewed,) = linkage.submit(decision(Kind.RENEW, party=holder, valid_to=decision().valid_to.replace(year=2036)))  # type: ignore[union-attr]
    assert renewed.accepted
    linkage.number()
    intake = linkage.intake()
    batch = linkage.log.read(linkage.reading, 1000)
    records = sorted(batch.records, key=lambda record: record.type != "opinion_stated")
    if in_table_order:
        intake.receive(type(batch)(records, batch.cursors))
        assert minutes(linkage, permit) == [(BODY, OPINION["text"])]
        assert linkage.rows("SELECT count(*) FROM cases WHERE push_version > 1") == [(2,)]
        return

    def as_they_came(self: reacting._Units, connection: Any) -> None:
        for unit in self.opened.values():
            unit.write(connection)

    monkeypatch.setattr(reacting._Units, "write", as_they_came)
    with pytest.raises(VersionConflict):
        intake.receive(type(batch)(records, batch.cursors))
