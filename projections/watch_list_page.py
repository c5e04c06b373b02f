"""What does a department's watch list show? One page of it, in order, and how many permits it holds.

Order: newest change first; where the question is about the end of validity, soonest end first. A permit that does not
change while a reader pages comes exactly once. One that does change moves to the top; it is found by asking again
for what changed since the first page's ``as_of``.

How a page stays quick at ten million rows: up to 10 000 rows that match are found by index and sorted. When there are
more, no index may be walked in the hope that matches come soon (a county whose stock was taken over first lies behind
all the others). Instead its permits are read as streams that an index keeps in order, one for each matter and street,
and merged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    Connection,
    FromClause,
    Row,
    Select,
    Subquery,
    Text,
    and_,
    column,
    func,
    literal,
    or_,
    select,
    text,
    true,
    tuple_,
    union_all,
    values,
)
from sqlalchemy.sql.elements import ColumnElement

from projections.watch_list import street_of, watch_list
from projections.watch_list_cursor import Place, place_of, read_cursor, write_cursor
from projections.watch_list_filters import Filters, conditions, within_region

COUNT_CAP = 10_000
WINDOW = 20_000
"""How many of a department's newest rows are looked through before its streams are merged."""

Hold = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Page:
    """``count``: all that match, not only this page's; with ``count_capped`` there are more than that.

    ``as_of`` is the database's clock when the page was read. ``next_cursor`` is None on the last page.
    """

    rows: Sequence[Row[Any]]
    next_cursor: str | None
    count: int
    count_capped: bool
    as_of: datetime


def find(
    connection: Connection,
    department: str,
    filters: Filters,
    *,
    today: date,
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """Return the page after ``cursor`` (the first without), at most ``limit`` rows.

    ``today`` is the day in China. ``CursorSpoiled`` when the cursor was not made for this list and these filters.
    """
    after = read_cursor(cursor, department, filters) if cursor else None
    question = _Question(department, filters, conditions(filters, department, today), after, limit + 1)
    # A plan made for no department in particular would walk three million rows of the largest one.
    connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    found, as_of = connection.execute(_counted(question)).one()
    rows = _rows(connection, question, found)
    more = len(rows) > limit
    return Page(
        rows=rows[:limit],
        next_cursor=write_cursor(place_of(rows[limit - 1], filters), department, filters) if more else None,
        count=min(found, COUNT_CAP),
        count_capped=found > COUNT_CAP,
        as_of=as_of,
    )


def count(connection: Connection, department: str, filters: Filters, *, today: date) -> tuple[int, bool]:
    """Return how many permits match, exact up to ``COUNT_CAP``, and whether there are more."""
    question = _Question(department, filters, conditions(filters, department, today), None, 0)
    connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    found, _ = connection.execute(_counted(question)).one()
    return min(found, COUNT_CAP), found > COUNT_CAP


@dataclass(frozen=True, slots=True)
class _Question:
    """``hold``: what must hold of a row besides its status. ``wanted``: one row more than the page shows."""

    department: str
    filters: Filters
    hold: Hold
    after: Place | None
    wanted: int


def _rows(connection: Connection, question: _Question, count: int) -> Sequence[Row[Any]]:
    filters = question.filters
    if count <= COUNT_CAP or filters.party is not None or filters.unsigned:
        return connection.execute(_whole_rows(question, _gathered(question))).all()
    if filters.by_expiry:
        return connection.execute(_whole_rows(question, _walked(question, question.hold, question.wanted))).all()
    rows = connection.execute(_whole_rows(question, _newest(question))).all()
    if len(rows) == question.wanted or (filters.matter is None and filters.region is None):
        return rows
    return connection.execute(_whole_rows(question, _merged(question))).all()


def _counted(question: _Question) -> Select[Any]:
    matching = _matching(question).limit(COUNT_CAP + 1).subquery()
    return select(func.count(), func.clock_timestamp()).select_from(matching)


def _matching(question: _Question) -> Select[Any]:
    row = watch_list.alias()
    return select(*_keys(row)).where(question.hold(row), row.c.status.in_(question.filters.statuses))


def _keys(row: FromClause) -> list[ColumnElement[Any]]:
    """What conditions, order and the way back to the whole row need; every index but the party's holds it."""
    names = ("department", "permit", "changed_at", "valid_to", "matter_code", "region_code")
    return [row.c[name] for name in names]


def _order(filters: Filters, row: FromClause) -> list[ColumnElement[Any]]:
    if filters.by_expiry:
        return [row.c.valid_to, row.c.matter_code, street_of(row.c.region_code), row.c.permit]
    return [row.c.changed_at.desc(), row.c.permit.desc()]


def _follows(row: FromClause, after: Place | None) -> ColumnElement[bool]:
    """Hold for rows that stand after ``after`` in the list's order."""
    if after is None:
        return true()
    if after.valid_to is None:
        return tuple_(row.c.changed_at, row.c.permit) < tuple_(literal(after.changed_at), literal(after.permit))
    # Not one comparison of four columns: with one, PostgreSQL 18 no longer leaps from day to day within the index.
    rest = tuple_(row.c.matter_code, street_of(row.c.region_code), row.c.permit) > tuple_(
        literal(after.matter_code), literal(after.street), literal(after.permit)
    )
    return and_(row.c.valid_to >= after.valid_to, or_(row.c.valid_to > after.valid_to, rest))


def _whole_rows(question: _Question, keys: FromClause) -> Select[Any]:
    """Take the page from ``keys``, in order, and fetch its rows: no more than those are read from the table."""
    page = select(keys).order_by(*_order(question.filters, keys)).limit(question.wanted)
    key = page.subquery("key")
    same = and_(watch_list.c.department == question.department, watch_list.c.permit == key.c.permit)
    return select(watch_list).select_from(key.join(watch_list, same)).order_by(*_order(question.filters, key))


def _gathered(question: _Question) -> Subquery:
    """Everything that matches, from whichever index leads there soonest; to be sorted."""
    # Materialised: otherwise the wish for few rows in order tempts the planner to walk the whole list.
    hit = _matching(question).cte("hit").prefix_with("MATERIALIZED")
    return select(hit).where(_follows(hit, question.after)).subquery("gathered")


def _newest(question: _Question) -> Subquery:
    """What matches among the department's newest rows: nearly always enough for a page."""
    since = Filters(changed_since=question.filters.changed_since)
    row = _walked(question, conditions(since, question.department, date.min), max(WINDOW, question.wanted))
    return select(row).where(question.hold(row)).subquery("newest")


def _walked(question: _Question, hold: Hold, most: int) -> Subquery:
    """The next ``most`` rows for which ``hold`` holds, in the list's order, by walking an index of each status."""

    def of(status: str) -> Select[Any]:
        row = watch_list.alias()
        walked = select(*_keys(row)).where(hold(row), row.c.status == status, _follows(row, question.after))
        return select(walked.order_by(*_order(question.filters, row)).limit(most).subquery())

    # Cut again as a whole: behind the last row of one status, others of that status may stand before the rest.
    statuses = union_all(*map(of, question.filters.statuses)).subquery()
    return select(statuses).order_by(*_order(question.filters, statuses)).limit(most).subquery("walked")


def _merged(question: _Question) -> Subquery:
    """The next rows of every stream that the index by matter keeps in order."""
    row = watch_list.alias()
    stream = _newest_streams(question, _streams(question))
    follows = _follows(row, question.after)
    first = select(*_keys(row)).where(question.hold(row), _in_stream(row, stream), follows)
    next_of_stream = first.order_by(*_order(question.filters, row)).limit(question.wanted).lateral("next_of_stream")
    return select(next_of_stream).select_from(stream.join(next_of_stream, true())).subquery("merged")


def _newest_streams(question: _Question, streams: CTE) -> Subquery:
    """Keep as many streams as rows are wanted, those whose next row is newest: no other can be on the page."""
    row = watch_list.alias()
    order = _order(question.filters, row)
    newest = select(*_keys(row)).where(question.hold(row), _in_stream(row, streams), _follows(row, question.after))
    head = newest.order_by(*order).limit(1).lateral("head")
    kept = select(streams).select_from(streams.join(head, true())).order_by(*_order(question.filters, head))
    return kept.limit(question.wanted).subquery("newest_streams")


def _streams(question: _Question) -> CTE:
    """Name each (status, matter, street) that the filters leave, by leaping through the index from one to the next."""
    row = watch_list.alias()
    department, filters = question.department, question.filters
    standing = values(column("status", Text), name="standing").data([(status,) for status in filters.statuses])
    if filters.matter is not None:
        matters: FromClause = select(standing, literal(filters.matter).label("matter_code")).subquery("matters")
    else:
        matters = _matters(department, standing)
    street = street_of(row.c.region_code).label("street")
    within = within_region(row, filters.region) if filters.region is not None else []
    first = _least(street, _of_matter(row, department, matters), *within)
    known = select(matters.c.status, matters.c.matter_code, first.c.street).select_from(matters.join(first, true()))
    streams = known.cte("streams", recursive=True)
    following = _least(street, _of_matter(row, department, streams), *within, street > streams.c.street)
    step = select(streams.c.status, streams.c.matter_code, following.c.street)
    return streams.union_all(step.select_from(streams.join(following, true())))


def _matters(department: str, standing: FromClause) -> CTE:
    row = watch_list.alias()
    first = _least(row.c.matter_code, row.c.department == department, row.c.status == standing.c.status)
    known = select(standing, first.c.matter_code).select_from(standing.join(first, true()))
    matters = known.cte("matters", recursive=True)
    later = and_(row.c.status == matters.c.status, row.c.matter_code > matters.c.matter_code)
    following = _least(row.c.matter_code, row.c.department == department, later)
    step = select(matters.c.status, following.c.matter_code)
    return matters.union_all(step.select_from(matters.join(following, true())))


def _least(value: ColumnElement[Any], *where: ColumnElement[bool]) -> FromClause:
    return select(value).where(*where).order_by(value).limit(1).lateral()


def _of_matter(row: FromClause, department: str, matters: FromClause) -> ColumnElement[bool]:
    of_status = and_(row.c.department == department, row.c.status == matters.c.status)
    return and_(of_status, row.c.matter_code == matters.c.matter_code)


def _in_stream(row: FromClause, stream: FromClause) -> ColumnElement[bool]:
    street = street_of(row.c.region_code)
    return and_(row.c.status == stream.c.status, row.c.matter_code == stream.c.matter_code, street == stream.c.street)
