"""The daily statement replaces the monthly letter: drawn apart, compared, signed; what comes late is a supplement."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from services.approval.http import Office, application
from services.approval.outcome import Outcome
from services.pages.seats import Role, Seat
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.statements import draw, today
from tests.supervision_web import web


def granted(linkage: Linkage, *numbers: str) -> list[Outcome]:
    return linkage.publish(*(decision(permit_number=number) for number in numbers))


def exchange(linkage: Linkage) -> None:
    """Each side hears what the other said."""
    linkage.number()
    linkage.apply()
    linkage.hear()


class Parties:
    """The bureau and the department, each at its own side's interface."""

    def __init__(self, linkage: Linkage) -> None:
        self.at = {
            "approval": TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token"))),
            "supervision": TestClient(web(linkage)),
        }
        self.day = today(linkage)
        self.where = f"/api/v1/statements/{BODY}/{MARKET_BUREAU}/{self.day}"

    def read(self, side: str) -> dict[str, Any]:
        found: dict[str, Any] = self.at[side].get(self.where).json()
        return found

    def say(self, side: str, what: str, **said: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.at[side].post(f"{self.where}/{what}", json={"officer": "S-1"} | said).json()
        return answer


def test_a_day_is_stated_by_both_sides_agreed_signed_by_both_and_printed(linkage: Linkage) -> None:
    linkage.duties(duty())
    granted(linkage, "JY1", "JY2", "JY3")
    linkage.hear()
    both = Parties(linkage)
    assert draw(linkage, "supervision", after=timedelta()) == 0, "the day is not over"
    assert draw(linkage, "supervision") == 2, "for each department that anything went to"
    assert both.say("supervision", "sign-off")["code"] == "other_half_awaited"
    assert draw(linkage, "approval") == 2
    assert (draw(linkage, "approval"), draw(linkage, "supervision")) == (0, 0), "once, also when looked at again"
    exchange(linkage)
    for side in both.at:
        one = both.read(side)
        assert (one["agreement"], one["closed"], one["differences"]) == ("agreed", False, [])
        assert [(one[s]["pushes"], one[s]["first"], one[s]["last"]) for s in both.at] == [(3, 1, 3)] * 2
        assert one["approval"]["ids_hash"] == one["supervision"]["ids_hash"]
        assert len(both.at[side].get(f"/api/v1/statements?day={both.day}").json()["statements"]) == 2
    assert both.say("approval", "sign-off", officer="S-0102")["approval"]["verdict"]["officer"] == "S-0102"
    again = both.say("approval", "sign-off", officer="S-0103")
    assert again["code"] == "already_signed"
    assert "S-0102" in again["detail"]
    both.say("supervision", "sign-off", officer="S-0417")
    exchange(linkage)
    for side, role in (("approval", Role.CLERK), ("supervision", Role.OFFICER)):
        assert both.read(side)["closed"]
        body = BODY if side == "approval" else MARKET_BUREAU
        both.at[side].cookies.set(f"seat-{side}", Seat(role, body, "S-1").as_cookie())
        page = both.at[side].get(both.where.removeprefix("/api/v1")).text
        assert "审管联动每日对账单" in page
        assert "双方已确认" in page
        assert "S-0417" in page
        assert "双方" in both.at[side].get("/statements").text
    unknown = both.at["approval"].get(f"/api/v1/statements/{BODY}/{HEALTH_BUREAU}/2020-01-01")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_statement")


def test_a_push_that_approval_never_heard_of_is_named_disputed_and_made_good_by_a_supplement(linkage: Linkage) -> None:
    linkage.duties(duty())
    granted(linkage, "JY1", "JY2", "JY3")
    linkage.hear()
    # The broken variant: a projection that says it has seen what it left out.
    where = "department = %s AND push_number = 2"
    lost = linkage.rows(f"DELETE FROM told WHERE {where} RETURNING *", MARKET_BUREAU, side="approval")
    draw(linkage, "supervision")
    draw(linkage, "approval")
    exchange(linkage)
    both = Parties(linkage)
    for side in both.at:
        one = both.read(side)
        assert (one["supervision"]["pushes"], one["approval"]["pushes"]) == (3, 2)
        assert one["differences"] == ["仅监管侧有: 2 号推送"]
    assert both.say("approval", "sign-off")["code"] == "halves_differ"
    both.say("approval", "dispute", reason="2号推送未收到")
    exchange(linkage)
    assert both.read("supervision")["approval"]["verdict"]["reason"] == "2号推送未收到"
    marks = ", ".join(["%s"] * len(lost[0]))
    linkage.rows(f"INSERT INTO told VALUES ({marks}) RETURNING 1", *lost[0], side="approval")
    key = (BODY, MARKET_BUREAU, both.day)
    linkage.rows("INSERT INTO statement_days VALUES (%s, %s, %s) RETURNING 1", *key, side="approval")
    assert draw(linkage, "approval") == 1
    exchange(linkage)
    one = both.read("supervision")
    assert one["agreement"] == "agreed"
    assert [part["pushes"] for part in one["approval"]["parts"]] == [2, 3], "the first is not changed"
    assert one["approval"]["verdict"] is None, "what was disputed was the first part"


def test_a_day_of_which_approval_heard_nothing_at_all_is_stated_as_nothing_received(linkage: Linkage) -> None:
    linkage.duties(duty())
    granted(linkage, "JY1")
    linkage.hear()
    for table in ("told", "statement_days"):
        linkage.rows(f"DELETE FROM {table} RETURNING 1", side="approval")
    draw(linkage, "supervision")
    exchange(linkage)
    draw(linkage, "approval")
    one = Parties(linkage).read("approval")
    assert (one["approval"]["pushes"], one["approval"]["first"]) == (0, None)
    assert one["differences"] == ["仅监管侧有: 1 号推送"]
