"""Claimed, returned, open and overdue are counted apart, and the figures of any past moment can be made again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook

from events import store
from events.database import raw
from events.oversight import ReturnReason
from projections.oversight import oversight_of
from projections.push_counts import By, Dates, Wanted, count_pushes
from services.supervision.oversight_commands import Reassign, Return, Sign
from services.working_days import china_day
from tests.invented import DEPARTMENTS, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web

FIRE = "11990100MB0000103C"
ALWAYS: dict[str, Any] = {"first": date(2020, 1, 1), "last": date(2099, 1, 1)}


@pytest.fixture
def moments(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Four permits; one is signed, one returned, one handed on; and the moment after each of these."""
    linkage.today = china_day(datetime.now(UTC))  # limits are counted from the day on which the database records
    monkeypatch.setitem(DEPARTMENTS, FIRE, "=海州市虚构消防支队")
    linkage.duties(duty(co_departments=()), duty(matter_code="000131000056", lead=FIRE, co_departments=()))
    found = []

    def now() -> None:
        ((at,),) = linkage.rows("SELECT clock_timestamp()")
        found.append(at)

    now()
    signed, returned, moved, _ = linkage.publish(*(decision(permit_number=f"计-{number}") for number in range(4)))
    now()
    linkage.oversee(signed.permit, Sign(officer="1"), MARKET_BUREAU)
    now()
    linkage.oversee(returned.permit, Return(officer="1", reason=ReturnReason.PLACE), MARKET_BUREAU)
    now()
    linkage.oversee(moved.permit, Reassign(lead=FIRE, by="1", text="转办"))
    now()
    linkage.oversee(returned.permit, Sign(officer="1"), MARKET_BUREAU)
    now()
    return found


def counted(linkage: Linkage, as_of: datetime, *by: By, **more: Any) -> list[tuple[Any, ...]]:
    said: dict[str, Any] = {"dates": Dates.RECORDED, **ALWAYS, "as_of": as_of} | more
    wanted = Wanted(by, **said)
    with linkage.supervision.connect() as connection:
        found = count_pushes(connection, wanted)
    return [(*one.group, one.pushed, one.claimed, one.returned, one.moved, one.open) for one in found]


def test_each_step_moves_a_push_from_one_figure_to_another_and_returning_is_not_claiming(
    linkage: Linkage, moments: list[datetime]
) -> None:
    figures = [counted(linkage, moment) for moment in moments]
    assert figures == [
        [],
        [(4, 0, 0, 0, 4)],
        [(4, 1, 0, 0, 3)],
        [(4, 1, 1, 0, 2)],
        [(5, 1, 1, 1, 2)],
        [(5, 2, 0, 1, 2)],
    ]


def test_the_figures_of_a_past_moment_are_those_of_the_events_recorded_by_then(
    linkage: Linkage, moments: list[datetime]
) -> None:
    permits = [row[0] for row in linkage.rows("SELECT DISTINCT permit FROM cases")]
    with linkage.supervision.connect() as connection:
        streams = store.load_streams(raw(connection), "supervision", permits)
    for moment in moments:
        states: Counter[str] = Counter()
        for permit, records in streams.items():
            known = [record for record in records if record.recorded_at <= moment]
            states.update(case.state for case in oversight_of(permit, known).cases.values())
        claimed, waiting = states["signed"], states["delivered"] + states["read"]
        total = [(states.total(), claimed, states["returned"], states["moved"], waiting)] if states else []
        assert counted(linkage, moment) == total


def test_figures_are_told_apart_by_department_matter_region_and_month(
    linkage: Linkage, moments: list[datetime]
) -> None:
    newest = moments[-1]
    assert counted(linkage, newest, By.DEPARTMENT) == [(MARKET_BUREAU, 4, 2, 0, 1, 1), (FIRE, 1, 0, 0, 0, 1)]
    assert [row[:2] for row in counted(linkage, newest, By.REGION, By.MATTER)] == [("990102", "000131003000")]
    assert counted(linkage, newest, By.MONTH, dates=Dates.LEGAL) == [("2026-11", 5, 2, 0, 1, 2)]
    outside = {"first": date(2020, 1, 1), "last": date(2020, 1, 2)}
    assert counted(linkage, newest, **outside) == []


def test_what_is_past_its_last_day_is_overdue_or_late_by_the_moment_that_is_asked_about(
    linkage: Linkage, moments: list[datetime]
) -> None:
    wanted = Wanted([], dates=Dates.RECORDED, as_of=moments[-1] + timedelta(days=30), **ALWAYS)
    with linkage.supervision.connect() as connection:
        (later,) = count_pushes(connection, wanted)
    assert (later.open, later.overdue, later.late) == (2, 2, 0)


def test_figures_come_with_their_definitions_and_as_a_workbook_whose_texts_are_no_formulas(
    linkage: Linkage, moments: list[datetime]
) -> None:
    officer = TestClient(web(linkage))
    asked = {"from": "2020-01-01", "to": "2099-01-01", "by": "department", "as_of": datetime.now(UTC).isoformat()}
    said = officer.get("/api/v1/statistics/pushes", params=asked).json()
    assert said["definitions"]["returned"]["means"].endswith("退回不是办结")
    assert {row["name"] for row in said["rows"]} == {DEPARTMENTS[MARKET_BUREAU], DEPARTMENTS[FIRE]}
    book = officer.get("/api/v1/statistics/pushes", params=asked | {"form": "xlsx"})
    rows = CalamineWorkbook.from_filelike(BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert rows[0][0] == "推送统计：2020-01-01 至 2099-01-01，按送达日期归属"
    assert [FIRE, "'=海州市虚构消防支队", 1, 0, 0, 0, 0, 1, 0] in rows
    backwards = officer.get("/api/v1/statistics/pushes", params=asked | {"from": "2099-02-01"})
    assert backwards.json()["code"] == "dates_backwards"
    assert HEALTH_BUREAU not in book.text
