"""Officers of a side: every open item is with one of them, and goes to another one by an event."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from fastapi.testclient import TestClient

from events.code_mappings import CodeKind, CodeMapped
from events.database import connect, open_engine
from events.people import OfficerAppointed, OfficerDeparted
from events.store import VersionConflict
from services import people as rules
from services.approval.http import Office, application
from services.assigning import Assigning, Assignment, assign_item
from services.deadlines import Item
from services.holders import history_of, read_holders
from services.holding import Place
from services.officer_file import read_appointments, read_officers
from services.people_register import NoPlaces, appoint_one, enrol, read_enrolments, say
from services.scheduler import Doubt, Scheduler
from services.supervision.code_register import take_mappings
from services.supervision.item_places import ItemPlaces
from services.supervision.open_items import open_items
from tests.conftest import Databases
from tests.errands import KINDS, SIDE, done, errand, noon, office
from tests.invented import FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.people import CHIEF, GAO, HE, LIN, WEN, appointed, enrolled
from tests.supervision_web import web
from tests.test_looking import linkage as asked
from tests.test_looking import site_of

MONDAY = date(2026, 11, 30)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


def test_open_items_follow_their_officers_by_events_and_nothing_is_decided_twice(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        first, second = errand(connection, MONDAY), errand(connection, MONDAY)
        looking = Assigning(SIDE, KINDS, NoPlaces(), running=iter(range(0, 10**6, 100)).__next__)
        assert looking.end(connection, noon(MONDAY)) == 0, "a side that has registered nobody has nothing recorded"

        everybody = [enrolled(number) for number in (LIN, HE, GAO, CHIEF)]
        assert enrol(connection, SIDE, everybody, "S-0102", noon(MONDAY)).recorded == 4
        assert enrol(connection, SIDE, everybody, "S-0102", noon(MONDAY)).recorded == 0
        # An errand has no matter: the officer of the department, and who stands in.
        assert appoint_one(connection, SIDE, appointed(LIN, HE), noon(MONDAY))
        assert not appoint_one(connection, SIDE, appointed(LIN, HE), noon(MONDAY))
        assert [looking.end(connection, noon(MONDAY)) for _ in range(3)] == [2, 0, 0]

        say(
            connection, SIDE, LIN, lambda p: rules.take_leave(p.officers[LIN], LIN, TUESDAY, TUESDAY, "b"), noon(MONDAY)
        )
        done(connection, second, MONDAY)
        days = (MONDAY, TUESDAY, WEDNESDAY)
        assert [looking.end(connection, noon(day)) for day in days] == [0, 1, 1], "what is done moves no more"
        gone = OfficerDeparted(officer=LIN, departed_from=WEDNESDAY, successor=GAO, by="b", reason="调任")
        say(connection, SIDE, LIN, lambda p: rules.depart(gone, p), noon(WEDNESDAY))
        fresh = Assigning(SIDE, KINDS, NoPlaces())  # another process, which has seen nothing
        assert [fresh.end(connection, noon(WEDNESDAY)) for _ in range(2)] == [1, 0]

        history = [(one["officer"], one["held_by"]) for one in history_of(connection, SIDE, first)]
        assert history == [(LIN, "default"), (HE, "deputy"), (LIN, "returned"), (GAO, "successor")]
        assert [one["officer"] for one in history_of(connection, SIDE, second)] == [LIN]

        recorded = connection.execute("SELECT data FROM outbox").fetchall()
        assert not any("虚构人" in data for (data,) in recorded), "names are in no event"


def test_how_somebody_is_reached_is_forgotten_when_he_has_left(databases: Databases) -> None:
    with connect(databases.supervision_url, application="test") as connection:
        mail = {"mail": "lin@invented.example"}
        enrol(connection, SIDE, [enrolled(LIN, **mail), enrolled(HE, **mail)], "b", noon(MONDAY))
        gone = OfficerDeparted(officer=LIN, departed_from=TUESDAY, by="b", reason="调任")
        say(connection, SIDE, LIN, lambda p: rules.depart(gone, p), noon(MONDAY))
        for day, reached in ((MONDAY, [True, True]), (TUESDAY, [False, True])):
            Assigning(SIDE, (), NoPlaces()).end(connection, noon(day))
            assert [bool(one.mail) for one in read_enrolments(connection).values()] == reached


def test_of_two_that_give_an_item_away_at_once_one_wins(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        item = errand(connection, MONDAY)
        enrol(connection, SIDE, [enrolled(number) for number in (LIN, HE, GAO)], "b", noon(MONDAY))
        appoint_one(connection, SIDE, appointed(LIN, HE), noon(MONDAY))
        engine = open_engine(databases.supervision_url, application="test")

        class Hasty(NoPlaces):
            """While the scheduler looks, a person gives the item to somebody."""

            def places(self, connection: psycopg.Connection, items: Iterable[Item]) -> Mapping[UUID, Place]:
                form = Assignment(officer=GAO, by="S-0102", reason="熟悉该企业")
                assign_item(engine, SIDE, KINDS, NoPlaces(), item, form, noon(MONDAY))
                return {}

        with pytest.raises(VersionConflict):
            Assigning(SIDE, KINDS, Hasty()).end(connection, noon(MONDAY))
        assert Assigning(SIDE, KINDS, NoPlaces()).end(connection, noon(MONDAY)) == 0
        assert read_holders(connection, [item])[item].said.officer == GAO
        engine.dispose()


def test_files_of_officers_and_appointments_are_taken_row_by_row_and_show_nobodys_address(tmp_path: Path) -> None:
    officers = tmp_path / "officers.csv"
    officers.write_text(
        "工号,姓名,部门代码,职务,邮箱,手机,回调地址\n"
        f"{LIN},虚构人甲,{MARKET_BUREAU},科员,lin@invented.example,+8613000000000,https://invented.example/hook\n"
        f"{LIN},虚构人甲,{MARKET_BUREAU},,,,\n"
        f"S-1,虚构人乙,{MARKET_BUREAU},,not a mail,,\n"
        f"110101190001010010,虚构人丙,{MARKET_BUREAU},,,,\n"
        f"S-2,虚构人丁,{MARKET_BUREAU},,,,ftp://invented.example\n"
        "S-3,,,,,,\n"
    )
    read = read_officers(officers)
    assert [entry.number for entry in read.entries.values()] == [LIN]
    assert [(row, fault.code) for row, _, _, fault in read.refused] == [
        (3, "twice"), (4, "bad_mail"), (5, "id_number"), (6, "bad_webhook"), (7, "empty"),
    ]  # fmt: skip
    assert {value for _, _, value, _ in read.refused} == {""}
    duties = tmp_path / "duties.csv"
    duties.write_text(
        "部门代码,事项编码,区划代码,层级,负责人工号,代理人工号,生效日期,失效日期\n"
        f"{MARKET_BUREAU},{FOOD},990100,,{LIN},{HE},2026-01-01,\n"
        f"{MARKET_BUREAU},,9901,,{LIN},,2026-01-01,\n"
        f"{MARKET_BUREAU},,,乡级,{LIN},,2026-01-01,\n"
        f"{MARKET_BUREAU},,,,{LIN},,2026-02-01,2026-01-01\n"
    )
    found = read_appointments(duties, "S-0102")
    assert list(found.entries.values()) == [
        OfficerAppointed(
            department=MARKET_BUREAU, matter_code=FOOD, region_code="990100", level="*", officer=LIN, deputy=HE,
            valid_from=date(2026, 1, 1), by="S-0102",
        )
    ]  # fmt: skip
    assert [fault.code for _, _, _, fault in found.refused] == ["bad_region", "bad_level", "end_before_start"]


def test_over_http_a_push_is_with_its_officer_is_given_to_another_and_follows_a_merger(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    kinds = open_items("审改办")
    officer = TestClient(web(linkage))
    for number in (LIN, HE, WEN, CHIEF):
        entry = enrolled(number)
        form = {"officer": number, "department": entry.department, "name": entry.name, "by": "S-0102"}
        assert officer.post("/api/v1/officers", json=form).status_code == 201
    for one in (appointed(LIN, HE, FOOD, "990100"), appointed(WEN)):
        form = one.model_dump(mode="json")
        assert officer.post("/api/v1/appointments", json=form).json() == {"recorded": 1}
    assert officer.post("/api/v1/appointments", json=form | {"officer": LIN}).json()["code"] == "other_department"
    waits = officer.get("/api/v1/officers/unassigned").json()
    assert waits["count"] == len(waits["items"]) > 0

    with connect(linkage.supervision_url, application="test") as connection:
        looking = Scheduler(
            "", "supervision", kinds, (Assigning("supervision", kinds, ItemPlaces()),), doubt=Doubt(0.0)
        )
        looking.end_what_is_over(connection, linkage.now(), threading.Event())
        mine = officer.get("/api/v1/deadlines", params={"officer": LIN}).json()["items"]
        assert [(one["owner"], one["held_by"]) for one in mine] == [(MARKET_BUREAU, "duty")]
        assert officer.get("/api/v1/officers/unassigned").json()["items"] == []
        address = f"/api/v1/deadlines/{mine[0]['item']}"
        form = {"officer": WEN, "by": "S-0102", "reason": "熟悉该企业"}
        assert officer.post(f"{address}/assignment", json=form).json()["code"] == "other_department"
        key = {"Idempotency-Key": "k"}
        given, again = (officer.post(f"{address}/assignment", json=form | {"officer": HE}, headers=key) for _ in "12")
        assert (given.status_code, again.json()) == (201, given.json() | {"repeated": True})
        assert [one["officer"] for one in officer.get(f"{address}/holders").json()["holders"]] == [LIN, HE]

        merged = CodeMapped(
            kind=CodeKind.DEPARTMENT, old=MARKET_BUREAU, new=HEALTH_BUREAU, valid_from=linkage.today, reason="机构改革"
        )  # fmt: skip
        take_mappings(connection, [merged], linkage.now())
        Assigning("supervision", kinds, ItemPlaces()).end(connection, linkage.now())
        last = officer.get(f"{address}/holders").json()["holders"][-1]
        assert (last["officer"], last["held_by"], last["department"]) == (WEN, "merged", HEALTH_BUREAU)

    away = {"first": linkage.today.isoformat(), "last": linkage.today.isoformat(), "by": "S-0102"}
    assert officer.post(f"/api/v1/officers/{LIN}/leaves", json=away).status_code == 201
    assert officer.post("/api/v1/officers/S-9999/leaves", json=away).status_code == 404
    gone = {"departed_from": linkage.today.isoformat(), "by": "S-0102", "reason": "调任"}
    assert officer.post(f"/api/v1/officers/{HE}/departure", json=gone).status_code == 201
    shown = {one["officer"]: one for one in officer.get("/api/v1/officers").json()["officers"]}
    assert [shown[number]["state"] for number in (LIN, HE, WEN)] == ["away", "departed", "at_work"]
    assert shown[WEN]["open"] >= 1

    bureau = TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))
    form = {"officer": "A-01", "department": "11990100MB0000100X", "name": "虚构人戊", "by": "A-00"}
    assert bureau.post("/api/v1/officers", json=form).status_code == 201
    assert [one["officer"] for one in bureau.get("/api/v1/officers").json()["officers"]] == ["A-01"]


def test_on_the_command_line_officers_are_imported_appointed_and_gone(databases: Databases, tmp_path: Path) -> None:
    site = site_of(
        tmp_path, APPROVAL_DATABASE_URL=databases.approval_url, SUPERVISION_DATABASE_URL=databases.supervision_url
    )
    officers, duties = tmp_path / "officers.csv", tmp_path / "duties.csv"
    rows = "".join(f"{n},虚构人,{MARKET_BUREAU},\n" for n in (LIN, HE)) + f"{CHIEF},虚构人,审改办,\n"
    officers.write_text("工号,姓名,部门代码,邮箱\n" + rows)
    duties.write_text(
        f"部门代码,负责人工号,代理人工号,生效日期\n{MARKET_BUREAU},{LIN},{HE},2026-01-01\n审改办,S-9999,,2026-01-01\n"
    )
    by = ("--by", "S-0102")
    imported = asked(site, "officers", "import", str(officers), *by, "--json")
    assert imported.returncode == 0, imported.stderr
    assert json.loads(imported.stdout)["recorded"] == 3
    taken = asked(site, "officers", "appoint", str(duties), *by, "--json")
    answer = json.loads(taken.stdout)
    assert (taken.returncode, answer["recorded"], answer["unchanged"]) == (1, 1, 0)
    assert [row["row"] for row in answer["refused"]] == [3]
    gone = asked(site, "officers", "depart", HE, "--from", "2026-12-01", "--reason", "调任", *by)
    assert gone.returncode == 0, gone.stderr
    shown = json.loads(asked(site, "officers", "show", HE, "--json").stdout)
    assert [one["departed_from"] for one in shown] == ["2026-12-01"]
