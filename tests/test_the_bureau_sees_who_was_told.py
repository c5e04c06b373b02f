"""The way back: the bureau that decided reads on its own side who was told, and when."""

from __future__ import annotations

from fastapi.testclient import TestClient

from services.approval.http import Office, application
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage


def history(linkage: Linkage, permit: object) -> list[dict[str, object]]:
    bureau = TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))
    found: list[dict[str, object]] = bureau.get(f"/api/v1/permits/{permit}").json()["history"]
    return found


def test_each_department_that_was_told_stands_beside_the_decision_with_its_push_number(linkage: Linkage) -> None:
    linkage.duties(duty())
    (outcome,) = linkage.publish(decision())
    assert history(linkage, outcome.permit)[0]["told"] == []
    linkage.hear()
    told = history(linkage, outcome.permit)[0]["told"]
    assert isinstance(told, list)
    assert [(one["department"], one["role"], one["push_number"]) for one in told] == [
        (MARKET_BUREAU, "lead", 1),
        (HEALTH_BUREAU, "co", 1),
    ]


def test_a_decision_that_waited_for_a_duty_says_so_and_then_whom_it_reached(linkage: Linkage) -> None:
    (outcome,) = linkage.publish(decision())
    linkage.hear()
    waited = history(linkage, outcome.permit)[0]["waited"]
    assert isinstance(waited, dict)
    assert (waited["reason"], waited["owner"]) == ("matter_not_listed", "审改办")
    linkage.duties(duty())
    linkage.tend()
    linkage.hear()
    assert len(history(linkage, outcome.permit)[0]["told"]) == 2  # type: ignore[arg-type]
