"""A town for stories: one bureau, three departments, and the two services between them, over either log.

Each act is a request to one of the two services; between acts each side hears what the other has said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from events.database import connect
from services.approval.decision import Decision, Kind
from services.approval.http import Office, application
from services.scheduling import Ending, round_once
from services.supervision.open_items import open_items
from tests.invented import DEPARTMENTS, MARKET_BUREAU, decision, duty
from tests.kafka_linkage import through_kafka
from tests.linkage import Linkage
from tests.rules import exchange
from tests.supervision_web import web

FIRE = "11990100MB0000103C"


@dataclass
class Town:
    """One bureau, three departments, and the two services between them."""

    linkage: Linkage
    officer: TestClient
    bureau: TestClient

    def decide(self, kind: Kind = Kind.GRANT, **changes: Any) -> str:
        """The bureau decides and hands it in; both sides hear of it. The permit's id."""
        stated: Decision = decision(kind, **changes)
        answer = self.bureau.post("/api/v1/decisions", json=stated.model_dump(mode="json"))
        assert answer.status_code == 201, answer.text
        exchange(self.linkage)
        return str(answer.json()["permit"])

    def says(self, path: str, **form: Any) -> dict[str, Any]:
        """An officer of the market bureau, or the coordinator, says something; both sides hear of it."""
        answer = self.officer.post(f"/api/v1/{path}", json=form)
        assert answer.status_code == 201, answer.text
        exchange(self.linkage)
        return dict(answer.json())

    def step(self, department: str, permit: str, **do: Any) -> None:
        self.says(f"departments/{department}/receipts", permit=permit, do={"officer": "S-0417"} | do)

    def listed(self, department: str) -> list[str]:
        """What the department watches now."""
        return [
            one["permit"] for one in self.officer.get(f"/api/v1/departments/{department}/watch-list").json()["permits"]
        ]

    def task(self, kind: str) -> dict[str, Any]:
        (task,) = self.bureau.get("/api/v1/tasks", params={"kind": kind}).json()["tasks"]
        return dict(task)

    def answer(self, kind: str, outcome: str, **more: Any) -> None:
        """A clerk answers the one task of this kind."""
        form = {"outcome": outcome, "clerk": "S-0102"} | more
        answer = self.bureau.post(f"/api/v1/tasks/{self.task(kind)['task']}/answer", json=form)
        assert answer.status_code == 201, answer.text
        exchange(self.linkage)

    def reported(self, path: str, **form: Any) -> dict[str, Any]:
        """The bureau tells the approval side something besides decisions; both sides hear of it."""
        answer = self.bureau.post(f"/api/v1/{path}", json=form)
        assert answer.status_code == 201, answer.text
        exchange(self.linkage)
        return dict(answer.json())

    def refused(self, **changes: Any) -> str:
        """The bureau hands in a decision that is refused. The rule that it breaks."""
        answer = self.bureau.post("/api/v1/decisions", json=decision(**changes).model_dump(mode="json"))
        assert answer.status_code == 422, answer.text
        return str(answer.json()["code"])

    def standing(self, permit: str, matter: str) -> dict[str, Any]:
        """What a clerk reads who asks whether to grant this matter to the holder of ``permit``."""
        party = self.bureau.get(f"/api/v1/permits/{permit}").json()["facts"]["party"]["party_id"]
        return dict(self.bureau.get(f"/api/v1/parties/{party}/standing", params={"matter": matter}).json())

    def receipts(self) -> list[dict[str, Any]]:
        """What came back to the market bureau."""
        found = self.officer.get("/api/v1/task-receipts", params={"department": MARKET_BUREAU}).json()["receipts"]
        return list(found)

    def responsible(self, permit: str) -> str:
        later = {"on": "2099-01-01", "known_on": "2099-01-01"}
        answer = self.officer.get(f"/api/v1/permits/{permit}/responsible", params=later).json()
        return str(answer["responsible"]["department"])

    def days_pass(self, days: int) -> None:
        self.linkage.today += timedelta(days=days)

    def ends(self, ending: Ending) -> int:
        """What ends or moves by itself today is said; both sides hear of it. How much that was."""
        with connect(self.linkage.supervision_url, application="test") as connection:
            ended = ending.end(connection, self.linkage.now())
        exchange(self.linkage)
        return ended

    def scheduler_looks(self) -> int:
        """The scheduler of the supervision side makes its round of today. How much it said."""
        with connect(self.linkage.supervision_url, application="test") as connection:
            said = round_once(connection, "supervision", open_items("审改办"), self.linkage.now())
        exchange(self.linkage)
        return said


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def heard(request: pytest.FixtureRequest, linkage: Linkage) -> Iterator[Linkage]:
    """The two sides, over the ledger itself and over a broker: each story is the same through either."""
    if request.param == "embedded":
        yield linkage
    else:
        with through_kafka(linkage, request.getfixturevalue("kafka_broker")) as carried:
            yield carried


@pytest.fixture
def town(heard: Linkage, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setitem(DEPARTMENTS, FIRE, "海州市虚构消防支队")
    heard.duties(duty())
    return Town(heard, TestClient(web(heard)), TestClient(application(Office(heard.approval, heard.desk, "token"))))
