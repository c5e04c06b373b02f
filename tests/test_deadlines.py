"""What is said of an open item's limit, by whom it is urged, and what a notice that comes late changes."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from events.catalogue import decode
from events.database import open_engine
from events.deadlines import OfClock
from events.envelope import Record
from events.limits import CalendarDay, CalendarDaysSet, LimitKind, LimitSet
from events.store import load_streams
from services.deadline_store import read_deadlines, stream_of
from services.deadlines import Deadline, Item, clocks_of, evolve, owed, urge
from services.limits import Limit, Limits
from services.open_deadlines import done_standings, open_standings
from services.refusing import Refused
from services.time_rules import TimeRules, take_entries
from services.urging import Demand, urge_item
from services.working_days import Calendar, Due, Light, published_notices
from tests.conftest import Databases
from tests.errands import KINDS, SIDE, done, errand, noon, office, round_on, said
from tests.invented import MARKET_BUREAU, decision
from tests.linkage import Linkage
from tests.supervision_web import web
from tests.test_looking import linkage as asked
from tests.test_looking import site_of

TUESDAY = date(2026, 11, 24)
RULES = TimeRules(0, Limits(), Calendar.of(published_notices()))
CLAIM = [
    ("reminder_given", date(2026, 11, 26)),  # the second of three working days: yellow
    ("limit_reached", date(2026, 11, 28)),  # the day after Friday
    ("escalated", date(2026, 12, 1)),  # two working days after it
]


def item(opened: date = TUESDAY, days: int = 3) -> Item:
    due = RULES.calendar.due(opened, days)
    version = RULES.calendar.version
    return Item(uuid4(), LimitKind.CLAIM, MARKET_BUREAU, "审改办", opened, Limit(days), due, version)


def test_each_day_says_only_what_it_owes_and_says_it_once(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        errand(connection, TUESDAY)
        told: dict[date, int] = {}
        for number in range(12):
            day = TUESDAY + timedelta(days=number)
            for _ in range(3):  # as often as the scheduler likes to look
                told[day] = told.get(day, 0) + round_on(connection, day)
        assert said(connection) == CLAIM
        assert {day for day, many in told.items() if many} == {day for _, day in CLAIM}


def test_what_was_done_is_reminded_of_no_more(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        key = errand(connection, TUESDAY)
        round_on(connection, date(2026, 11, 26))
        done(connection, key, date(2026, 11, 27))
        round_on(connection, date(2026, 12, 10))
        assert said(connection) == CLAIM[:1]


def test_an_event_says_who_must_do_what_until_when_and_to_whom_it_is_reported(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        key = errand(connection, TUESDAY)
        round_on(connection, date(2026, 12, 1))
        record = load_streams(connection, SIDE, [stream_of(key)])[stream_of(key)][-1]
    told = json.loads(record.data)
    assert (told["item"], told["owner"], told["superior"]) == (str(key), MARKET_BUREAU, "审改办")
    assert (told["due_on"], told["estimated"], told["calendar_version"]) == (
        "2026-11-27", False, RULES.calendar.version,
    )  # fmt: skip


def test_patience_with_who_is_overdue_is_a_limit_like_others(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        patient = LimitSet(kind=LimitKind.ESCALATION, days=5, valid_from=date(2026, 1, 1))
        take_entries(connection, SIDE, [patient], noon(TUESDAY))
        errand(connection, TUESDAY)
        round_on(connection, date(2026, 12, 31))
        assert said(connection)[-1] == ("escalated", date(2026, 12, 4))


def test_a_replay_of_the_log_gives_the_same_rows_and_says_nothing(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        key = errand(connection, TUESDAY)
        round_on(connection, date(2026, 12, 1))
        urged_on(databases, key, date(2026, 12, 1))
        round_on(connection, date(2026, 12, 9))
        kept = read_deadlines(connection, [key])[key]
        records = load_streams(connection, SIDE, [stream_of(key)])[stream_of(key)]
        assert folded(records) == kept
        assert round_on(connection, date(2026, 12, 9)) == 0


def folded(records: list[Record]) -> Deadline:
    state = Deadline()
    for record in records:
        one = decode(record.type, record.schema, record.data)
        assert isinstance(one, OfClock)
        state = evolve(state, one)
    return state


def urged_on(databases: Databases, key: UUID, day: date) -> dict[str, Any]:
    engine = open_engine(databases.supervision_url, application="test")
    try:
        demand = Demand(limit=2, officer="S-0102", reason="节前须完成")
        return urge_item(engine, SIDE, KINDS, key, demand, noon(day))
    finally:
        engine.dispose()


def test_urging_sets_a_limit_whose_clock_runs_beside_the_items_own(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        key = errand(connection, TUESDAY, days=10)
        urged = urged_on(databases, key, TUESDAY)
        assert (urged["clock"], urged["due_on"], urged["owner"]) == (1, "2026-11-26", MARKET_BUREAU)
        round_on(connection, date(2026, 11, 30))
        assert said(connection) == [
            ("reminder_given", date(2026, 11, 26)),
            ("limit_reached", date(2026, 11, 27)),
            ("escalated", date(2026, 11, 30)),
        ]
        (standing,) = open_standings(connection, KINDS, date(2026, 11, 30))
        assert (standing.due_on, standing.worst) == (date(2026, 11, 26), Light.RED)
        assert [standing.light(clock) for clock in standing.clocks.values()] == [Light.GREEN, Light.RED]
        shown = standing.as_json()["clocks"][1]
        assert (shown["urged_by"], shown["urged_why"]) == ("S-0102", "节前须完成")
        assert urged_on(databases, key, date(2026, 11, 30))["clock"] == 2


@pytest.mark.parametrize(
    ("days", "officer", "reason", "code"),
    [(0, "S-0102", "理由", "bad_limit"), (2, " ", "理由", "officer_needed"), (2, "S-0102", "", "reason_needed")],
)
def test_urging_without_a_limit_a_name_or_a_reason_is_refused(days: int, officer: str, reason: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        urge(item(), Deadline(), days, officer, reason, TUESDAY, RULES.calendar)
    assert refused.value.rule.code == code


def test_nobody_is_urged_about_what_is_done_or_never_was(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        key = errand(connection, TUESDAY)
        done(connection, key, TUESDAY)
        for wanted in (key, uuid4()):
            with pytest.raises(Refused, match="unknown_item"):
                urged_on(databases, wanted, TUESDAY)


def test_what_is_done_early_is_credited_and_what_is_late_is_counted(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        for day in (date(2026, 11, 25), date(2026, 11, 27), date(2026, 12, 1)):
            done(connection, errand(connection, TUESDAY), day)
        found = [one.as_json() for one in done_standings(connection, KINDS, TUESDAY)]
    assert [(one["done_on"], one["days_early"], one["light"]) for one in found] == [
        ("2026-12-01", -2, "red"),
        ("2026-11-27", 0, "yellow"),
        ("2026-11-25", 2, "green"),
    ]


NOTICE = CalendarDaysSet(
    notice="虚构的2027年放假通知",
    notice_year=2027,
    days=tuple(CalendarDay(day=date(2027, 1, day), works=False) for day in range(1, 7)),
)


def recomputations(records: list[Record]) -> list[tuple[str, str, bool, list[str]]]:
    found = [json.loads(record.data) for record in records if record.type == "deadline_recomputed"]
    return [(one["due_before"], one["due_on"], one["estimated"], one["again"]) for one in found]


def test_a_notice_that_is_loaded_moves_what_was_estimated_and_what_was_said_too_early_is_said_in_its_time(
    databases: Databases,
) -> None:
    with office(databases.supervision_url) as connection:
        key = errand(connection, date(2026, 12, 30))  # 31 December, and by the weekdays 1 and 4 January
        other = errand(connection, TUESDAY, days=30)
        assert [one.clocks[0].due for one in open_standings(connection, KINDS, TUESDAY)] == [
            Due(date(2027, 1, 4), estimated=True),
            Due(date(2027, 1, 5), estimated=True),
        ]
        round_on(connection, date(2027, 1, 5))
        before = [kind for kind, _ in said(connection)]
        take_entries(connection, SIDE, [NOTICE], noon(date(2027, 1, 5)))
        round_on(connection, date(2027, 1, 5))
        records = load_streams(connection, SIDE, [stream_of(key), stream_of(other)])
        # 1 to 6 January are holidays now: 31 December, 7 and 8 January.
        assert recomputations(records[stream_of(key)]) == [
            ("2027-01-04", "2027-01-08", False, ["reminder_given", "limit_reached"])
        ]
        assert recomputations(records[stream_of(other)]) == [("2027-01-05", "2027-01-11", False, [])]
        kept = connection.execute("SELECT due_on, estimated FROM errands WHERE id = %s", (key,)).fetchone()
        assert kept == (date(2027, 1, 8), False)
        for number in range(5, 14):
            round_on(connection, date(2027, 1, number))
        assert sorted(said(connection)[len(before) :], key=lambda one: (one[1], one[0])) == [
            ("reminder_given", date(2027, 1, 7)),
            ("limit_reached", date(2027, 1, 9)),
            ("escalated", date(2027, 1, 12)),
            ("limit_reached", date(2027, 1, 12)),
            ("escalated", date(2027, 1, 13)),
        ]


@given(
    opened=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    days=st.integers(1, 20),
    looks=st.lists(st.integers(0, 60), min_size=1, max_size=12),
    urges=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 10)), max_size=2),
)
def test_whenever_the_scheduler_looks_each_step_of_each_clock_is_said_once_never_early_and_in_order(
    opened: date, days: int, looks: list[int], urges: list[tuple[int, int]]
) -> None:
    one, state = item(opened, days), Deadline()
    told: list[tuple[int, str]] = []
    moments = sorted([(look, 0) for look in looks] + urges)
    for later, urged in moments:
        today = opened + timedelta(days=later)
        if urged:
            state = evolve(state, urge(one, state, urged, "S-0102", "理由", today, RULES.calendar))
        for owing in owed(one, state, today, RULES):
            assert owing.owed_on <= today
            state = evolve(state, owing)
            told.append((owing.clock, type(owing).__name__))
        assert not list(owed(one, state, today, RULES)), "nothing is owed after it was said"
    for number in clocks_of(one, state):
        of_clock = [step for clock, step in told if clock == number]
        assert of_clock == ["ReminderGiven", "LimitReached", "Escalated"][: len(of_clock)]


def test_decisions_without_a_duty_are_shown_with_their_light_and_urged(linkage: Linkage) -> None:
    linkage.publish(decision())
    officer = TestClient(web(linkage))
    answer = officer.get("/api/v1/deadlines").json()
    assert (answer["count"], answer["lights"]) == (1, {"green": 1, "yellow": 0, "red": 0})
    (shown,) = answer["items"]
    assert (shown["kind"], shown["owner"], shown["light_in_words"]) == ("exception", "审改办", "正常")
    address = f"/api/v1/deadlines/{shown['item']}/urging"
    form, key = {"limit": 1, "officer": "S-0102", "reason": "请定职责"}, {"Idempotency-Key": "k1"}
    urged, again = (officer.post(address, json=form, headers=key) for _ in range(2))
    assert (urged.status_code, again.json()) == (201, urged.json() | {"repeated": True})
    assert officer.post(address, json=form | {"limit": 2}, headers=key).json()["code"] == "same_key_other_content"
    assert officer.post(f"/api/v1/deadlines/{uuid4()}/urging", json=form).status_code == 404
    assert officer.post(address, json=form | {"reason": ""}).status_code == 422
    clocks = officer.get("/api/v1/deadlines", params={"owner": "审改办"}).json()["items"][0]["clocks"]
    assert [clock["due_on"] for clock in clocks][1:] == [urged.json()["due_on"]]
    assert officer.get("/api/v1/deadlines", params={"light": "red"}).json()["items"] == []
    assert officer.get("/api/v1/deadlines", params={"light": "blue"}).status_code == 422
    assert officer.get("/api/v1/deadlines", params={"done_since": "2026-01-01"}).json()["count"] == 0


def test_a_leader_lists_what_is_overdue_and_urges_it_from_the_command_line(linkage: Linkage, tmp_path: Path) -> None:
    linkage.publish(decision())
    linkage.rows("UPDATE exceptions SET since = since - interval '30 days' RETURNING permit")
    site = site_of(
        tmp_path, APPROVAL_DATABASE_URL=linkage.approval_url, SUPERVISION_DATABASE_URL=linkage.supervision_url
    )
    listed = asked(site, "deadlines", "list", "--overdue", "--json")
    (shown,) = json.loads(listed.stdout)
    assert (listed.returncode, shown["light_in_words"]) == (1, "超期")
    done = asked(site, "urge", shown["item"], "--limit", "2", "--by", "S-0102", "--reason", "请定职责")
    assert (done.returncode, done.stdout[:4]) == (0, "已督办,")
    unknown = asked(site, "urge", str(uuid4()), "--limit", "2", "--by", "S-0102", "--reason", "请定职责")
    assert unknown.returncode == 1
    assert "没有这件事项" in unknown.stderr
