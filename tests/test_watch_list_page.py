"""A page of the watch list: whatever is asked, in whatever way the database answers it, it is what a clerk would count
out by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, NullPool, create_engine, delete, func, insert, inspect, select, text, update

from projections import watch_list_page
from projections.watch_list import INDEXES, metadata, watch_list
from projections.watch_list_cursor import CursorSpoiled
from projections.watch_list_filters import Filters, Standing
from projections.watch_list_page import find
from services.migrating import migrate
from tests.conftest import Databases, DatabaseServer

TODAY = date(2026, 11, 24)
OPENED = datetime(2026, 11, 1, tzinfo=UTC)
BUREAU, OTHER = "11990100MB0000101A", "11990100MB0000102B"
MATTERS = ["000131003000", "000131004000", "000132001000", "000133009000"]
REGIONS = ["990100", "990102", "990102001000", "990102001002", "990102014000", "990103", "990103002000", "980201"]
PARTIES = [UUID(int=number) for number in range(1, 9)]
STATUSES = ["valid"] * 12 + ["surrendered", "revoked", "annulled", "withdrawn", "refused", "retracted"]

Listed = dict[str, Any]
PUSHES = text(
    """INSERT INTO cases (permit, push_version, department, role, state, body, push_number, matter_code, region_code,
           level, decision_version, decision_date, opening_stock, delivered_at, due_estimated, calendar,
           first_delivered_at)
       VALUES (:permit, 1, :department, 'lead', :state, :deciding_body, 1, :matter_code, :region_code, :level, 1,
           :decision_date, false, :changed_at, false, '', :changed_at)"""
)


def permit(chance: random.Random, **facts: Any) -> Listed:
    """Return an invented row. Many rows share a time, as those of one batch do."""
    changed_at = OPENED + timedelta(hours=chance.randrange(24 * 20) // 8 * 8)
    return {
        "department": BUREAU if chance.random() < 0.8 else OTHER,
        "permit": UUID(int=chance.getrandbits(128)),
        "role": "lead",
        "status": chance.choice(STATUSES),
        "matter_code": chance.choice(MATTERS),
        "region_code": chance.choice(REGIONS),
        "level": "市级",
        "party": chance.choice(PARTIES),
        "party_kind": "法人及非法人组织",
        "party_label": "海州市虚构餐饮有限公司",
        "permit_number": "JY1",
        "certificate_name": "食品经营许可证",
        "document_number": "海审批〔2026〕1号",
        "valid_from": None,
        "valid_to": chance.choice([None, TODAY + timedelta(days=chance.randrange(-60, 90))]),
        "decision": "permit_granted",
        "decision_date": TODAY,
        "deciding_body": "11990100MB0000001X",
        "deciding_body_name": "海州市行政审批局",
        "commitment": False,
        "opening_stock": False,
        "push_number": 1,
        "push_version": 1,
        "permit_version": 1,
        "first_listed_at": changed_at,
        "recorded_at": changed_at,
        "changed_at": changed_at,
    } | facts


ROWS = [permit(random.Random(seed)) for seed in range(250)]
PUSHED = {row["permit"]: ("delivered", "read", "signed", "returned")[number % 4] for number, row in enumerate(ROWS)}
"""How far the newest push of each row is."""


@pytest.fixture(scope="module")
def listing(database_server: DatabaseServer) -> Iterator[Connection]:
    """A connection to a database with ``ROWS``; what a test changes is rolled back."""
    url = database_server.create("linkage_test_watch_list_page")
    migrate(url, "supervision")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(insert(watch_list), ROWS)
        connection.execute(PUSHES, [row | {"state": PUSHED[row["permit"]]} for row in ROWS])
    with engine.connect() as connection:
        yield connection
    database_server.drop("linkage_test_watch_list_page")


def matches(row: Listed, department: str, filters: Filters) -> bool:
    """The meaning of every filter, spelled out."""
    ends = row["valid_to"]
    if row["department"] != department:
        return False
    if filters.status is Standing.EXPIRED:
        if row["status"] != "valid" or ends is None or ends >= TODAY:
            return False
    elif filters.status not in (Standing.ALL, row["status"]):
        return False
    if filters.expiring_within is not None and (
        ends is None or not TODAY <= ends <= TODAY + timedelta(days=filters.expiring_within)
    ):
        return False
    region = {"990100": "9901", "990102001000": "990102001"}.get(filters.region or "", filters.region)
    return (
        filters.matter in (None, row["matter_code"])
        and (region is None or row["region_code"].startswith(region))
        and filters.party in (None, row["party"])
        and (filters.changed_since is None or row["changed_at"] >= filters.changed_since)
        and (not filters.unsigned or PUSHED[row["permit"]] in ("delivered", "read"))
    )


def in_order(rows: list[Listed], filters: Filters) -> list[UUID]:
    if filters.by_expiry:
        rows = sorted(rows, key=lambda r: (r["valid_to"], r["matter_code"], r["region_code"][:9], r["permit"]))
    else:
        rows = sorted(rows, key=lambda r: (r["changed_at"], r["permit"]), reverse=True)
    return [row["permit"] for row in rows]


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


anything_asked = st.builds(
    Filters,
    status=st.sampled_from(list(Standing)),
    matter=maybe(st.sampled_from([*MATTERS, "000100000000"])),
    region=maybe(
        st.sampled_from(["99", "9901", "990100", "990102", "990102001", "990102001000", "990102001002", "98", "97"])
    ),
    party=maybe(st.sampled_from(PARTIES)),
    expiring_within=maybe(st.sampled_from([0, 30, 366])),
    changed_since=maybe(st.integers(0, 20).map(lambda day: OPENED + timedelta(days=day))),
    unsigned=st.booleans(),
)
ways = st.sampled_from([(10_000, 20_000), (3, 20_000), (3, 5)])
"""Cap of the count and size of the window: all is sorted; the newest are looked through; streams are merged."""


@given(filters=anything_asked, limit=st.sampled_from([7, 50]), way=ways)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_show_each_matching_permit_once_in_order(
    listing: Connection, filters: Filters, limit: int, way: tuple[int, int]
) -> None:
    expected = in_order([row for row in ROWS if matches(row, BUREAU, filters)], filters)
    cap, window = way
    shown: list[UUID] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch_list_page, "COUNT_CAP", cap)
        patch.setattr(watch_list_page, "WINDOW", window)
        cursor = None
        for _ in range(len(ROWS) + 1):
            page = find(listing, BUREAU, filters, today=TODAY, cursor=cursor, limit=limit)
            assert (page.count, page.count_capped) == (min(cap, len(expected)), len(expected) > cap)
            shown += [row.permit for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
    listing.rollback()
    assert shown == expected


@given(
    filters=anything_asked,
    way=ways,
    happenings=st.lists(st.tuples(st.sampled_from(["change", "list", "leave"]), st.integers(0, 249)), max_size=12),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_reader_misses_and_doubles_nothing_while_the_list_changes(
    listing: Connection, filters: Filters, way: tuple[int, int], happenings: list[tuple[str, int]]
) -> None:
    left = {row["permit"]: row for row in ROWS if matches(row, BUREAU, filters)}
    touched: set[UUID] = set()
    shown: list[UUID] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch_list_page, "COUNT_CAP", way[0])
        patch.setattr(watch_list_page, "WINDOW", way[1])
        page = find(listing, BUREAU, filters, today=TODAY, limit=7)
        as_of = page.as_of
        for step in range(len(ROWS)):
            shown += [row.permit for row in page.rows]
            if page.next_cursor is None:
                break
            if step < len(happenings):
                touched.add(happen(listing, *happenings[step]))
            page = find(listing, BUREAU, filters, today=TODAY, cursor=page.next_cursor, limit=7)
        since = Filters(status=Standing.ALL, changed_since=as_of)
        changed = {row.permit for row in find(listing, BUREAU, since, today=TODAY, limit=200).rows}
        there = set(listing.scalars(select(watch_list.c.permit).where(watch_list.c.department == BUREAU)))
    listing.rollback()
    untouched = left.keys() - touched
    assert sorted(key for key in shown if key in untouched) == sorted(untouched)
    if not filters.by_expiry:
        assert len(shown) == len(set(shown))
    assert touched & left.keys() & there <= changed | set(shown)


def happen(connection: Connection, what: str, number: int) -> UUID:
    key: UUID = ROWS[number]["permit"]
    one = watch_list.c.permit == key
    if what == "leave":
        connection.execute(delete(watch_list).where(one))
    elif what == "change":
        connection.execute(update(watch_list).where(one).values(changed_at=func.clock_timestamp()))
    else:
        key = UUID(int=number)
        new = permit(random.Random(number), permit=key, department=BUREAU) | {"changed_at": datetime.now(UTC)}
        connection.execute(delete(watch_list).where(watch_list.c.permit == key))
        connection.execute(insert(watch_list), [new])
    return key


def test_a_cursor_that_was_spoiled_or_made_for_another_question_is_refused(listing: Connection) -> None:
    cursor = find(listing, BUREAU, Filters(), today=TODAY, limit=5).next_cursor
    assert cursor is not None
    for wrong in (
        cursor[:-2],
        ("B" if cursor[0] == "A" else "A") + cursor[1:],
        cursor.swapcase(),
        "次页",
        "%%%",
        cursor + "AAAA",
    ):
        with pytest.raises(CursorSpoiled):
            find(listing, BUREAU, Filters(), today=TODAY, cursor=wrong)
    with pytest.raises(CursorSpoiled):
        find(listing, OTHER, Filters(), today=TODAY, cursor=cursor)
    with pytest.raises(CursorSpoiled):
        find(listing, BUREAU, Filters(matter=MATTERS[0]), today=TODAY, cursor=cursor)


def test_tables_and_indexes_made_by_the_migrations_are_those_that_the_code_names(databases: Databases) -> None:
    engine = create_engine(databases.supervision_url, poolclass=NullPool)
    with engine.begin() as connection:
        described = describe(connection)
        connection.exec_driver_sql("DROP TABLE watch_list")
        metadata.create_all(connection)
        assert describe(connection) == described
    assert {index.name for index in INDEXES} <= described["indexes"].keys()


def describe(connection: Connection) -> dict[str, Any]:
    columns = inspect(connection).get_columns("watch_list")
    indexes = connection.exec_driver_sql("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'watch_list'")
    return {
        "columns": [(column["name"], str(column["type"]), column["nullable"]) for column in columns],
        "indexes": dict(list(indexes)),
    }
