"""What is sent to PostgreSQL as a column arrives as it was, and what it refuses is one event's fault."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from events import columns
from events.columns import Column
from events.database import connect, is_outage, refuses_data
from tests.conftest import Databases

CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("kind", "column", "values"),
    [
        ("uuid", columns.uuids, [uuid4(), None, UUID(int=0)]),
        ("text", columns.texts, ["食品经营许可证", None, "", '{"a", \\ NULL}', "NULL"]),
        ("bytea", columns.blobs, [b"\0\xff", None, b""]),
        ("smallint", columns.smallints, [-32768, None, 32767]),
        ("integer", columns.integers, [-(2**31), None, 2**31 - 1]),
        ("bigint", columns.bigints, [-(2**63), None, 2**63 - 1]),
        ("date", columns.dates, [date(1, 1, 1), None, date(2099, 12, 31), date(9999, 12, 31)]),
        ("boolean", columns.booleans, [True, None, False]),
        (
            "timestamptz",
            columns.moments,
            [datetime(1970, 1, 1, tzinfo=UTC), None, datetime(2026, 11, 24, 8, 0, 0, 1, tzinfo=CHINA)],
        ),
    ],
)
def test_every_value_of_a_column_arrives_as_it_was(
    databases: Databases, kind: str, column: Callable[[Iterable[Any]], Column], values: list[object]
) -> None:
    with connect(databases.approval_url, application="test") as connection:
        for sent in (values, values[:1], []):
            row = connection.execute(f"SELECT %s::{kind}[]".encode(), (column(sent),)).fetchone()
            assert row == (sent,)


def test_json_is_not_encoded_twice(databases: Databases) -> None:
    with connect(databases.approval_url, application="test") as connection:
        row = connection.execute("SELECT %s::text[]", (columns.utf8(['{"a":"许可"}'.encode()]),)).fetchone()
    assert row == (['{"a":"许可"}'],)


def test_rows_become_one_column_for_each_of_their_values(databases: Databases) -> None:
    rows = [(1, "甲"), (2, None)]
    with connect(databases.approval_url, application="test") as connection:
        got = connection.execute(
            "SELECT * FROM unnest(%s::integer[], %s::text[])", columns.of_rows(("integer", "TEXT"), rows)
        )
        assert got.fetchall() == rows


@pytest.mark.parametrize("text", ["许\0可", "\ud800"])
def test_a_text_that_postgresql_cannot_hold_is_refused_data_and_no_outage(databases: Databases, text: str) -> None:
    with connect(databases.approval_url, application="test") as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute("SELECT %s::text[]", (columns.texts([text]),))
    assert refuses_data(refused.value)
    assert not is_outage(refused.value)


def test_a_number_too_large_for_its_column_is_refused_data(databases: Databases) -> None:
    with pytest.raises(psycopg.Error) as refused:
        columns.smallints([40_000])
    assert refuses_data(refused.value)


def test_rows_are_copied_as_they_were_some_at_a_time(databases: Databases) -> None:
    types = {"id": "uuid", "name": "TEXT", "till": "date", "seen": "timestamp with time zone", "n": "bigint"}
    rows: list[tuple[object, ...]] = [
        (uuid4(), f"许可{n}", date(2026, 1, n + 1), datetime(2026, 1, 1, tzinfo=CHINA), n) for n in range(3)
    ]
    rows += [(uuid4(), None, None, None, None)]
    with connect(databases.approval_url, application="test") as connection:
        connection.execute("CREATE TEMP TABLE copied (id uuid, name text, till date, seen timestamptz, n bigint)")
        with columns.copying(connection, "copied", types) as copy:
            copy(rows[:3])
            copy([])
            copy(rows[3:])
        assert connection.execute("SELECT * FROM copied").fetchall() == rows


def test_nothing_is_copied_of_rows_of_which_one_does_not_fit(databases: Databases) -> None:
    with connect(databases.approval_url, application="test") as connection:
        connection.execute("CREATE TEMP TABLE copied (n integer)")

        def copied() -> None:
            with columns.copying(connection, "copied", {"n": "integer"}) as copy:
                copy([(1,)])
                copy([(2**31,)])

        with pytest.raises(psycopg.errors.DataException):
            copied()
        assert connection.execute("SELECT * FROM copied").fetchall() == []


@pytest.mark.parametrize("different", [1, 20, 1000])
def test_texts_arrive_whether_they_repeat_or_not(databases: Databases, different: int) -> None:
    values = [f"许可{n % different}" if n % 7 else None for n in range(1000)]
    with connect(databases.approval_url, application="test") as connection:
        assert connection.execute("SELECT %s::text[]", (columns.texts(values),)).fetchone() == (values,)
