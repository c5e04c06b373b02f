"""How long does a page of the watch list take, whatever is asked, and what do its indexes cost the intake?

Each question is asked many times, about another street, matter or party each time, of the department that holds 30 %.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from bench import listed_permits as listed
from bench.figure import PER_SECOND, Figure, percentile
from bench.ground import Ground
from events.database import open_engine, raw
from projections.watch_list_filters import Filters, Standing
from projections.watch_list_fold import COLUMNS, Changes
from projections.watch_list_page import find

LEAST_MS, AIM_MS = 50.0, 10.0
TIMES = 40
UPSERTS_AT_ONCE = 1_000
UPSERTED = 40_000

Question = Callable[[random.Random], Filters]


def measure(ground: Ground) -> Iterator[Figure]:
    """Ask lists of each size in ``ground.permits``; each is filled once for all runs."""
    for permits in ground.permits:
        yield from run(listed.filled(ground, permits), permits, 10 if ground.quick else TIMES)


def run(url: str, permits: int, times: int = TIMES) -> list[Figure]:
    """Ask each question ``times`` times at ``url``, a database that ``listed_permits.fill`` filled; then upsert."""
    engine = open_engine(url, application="bench")
    with engine.connect() as connection:
        figures = [_asked(connection, permits, name, ask, times) for name, ask in questions(connection).items()]
    engine.dispose()
    return [*figures, _upserted(url, permits)]


def questions(connection: Connection) -> Mapping[str, Question]:
    big = connection.scalar(text(f"SELECT {listed.BIG_PARTY}"))
    parties = connection.scalars(
        text("SELECT party FROM watch_list WHERE department = :d LIMIT 500"), {"d": listed.DEPARTMENT}
    ).all()
    now = datetime.now(UTC)

    def ago(days: int) -> datetime:
        return now - timedelta(days=days)

    def county(chance: random.Random) -> str:
        return chance.choice(listed.COUNTIES)

    def street(chance: random.Random) -> str:
        return f"{county(chance)}{chance.randrange(1, 14):03d}"

    def matter(chance: random.Random) -> str:
        return chance.choice(listed.MATTERS)

    whole = Standing
    return {
        "as it opens": lambda _: Filters(),
        "all statuses": lambda _: Filters(whole.ALL),
        "revoked": lambda _: Filters(whole.REVOKED),
        "expired": lambda _: Filters(whole.EXPIRED),
        "a matter": lambda c: Filters(matter=matter(c)),
        "a matter abolished long ago": lambda _: Filters(matter=listed.ABOLISHED_MATTER),
        "the whole city": lambda _: Filters(region=listed.CITY),
        "a county": lambda c: Filters(region=county(c)),
        "a county whose stock lies behind all": lambda _: Filters(region=listed.OLD_COUNTY),
        "a street": lambda c: Filters(region=street(c)),
        "a matter in a county": lambda c: Filters(matter=matter(c), region=county(c)),
        "a matter in a street": lambda c: Filters(matter=matter(c), region=street(c)),
        "all statuses in a county": lambda c: Filters(whole.ALL, region=county(c)),
        "a party": lambda c: Filters(whole.ALL, party=c.choice(parties)),
        "a party with 40,000 permits": lambda _: Filters(party=big),
        "expiring in 30 days": lambda _: Filters(expiring_within=30),
        "expiring in a year": lambda _: Filters(expiring_within=365),
        "expiring in a year, a county": lambda c: Filters(expiring_within=365, region=county(c)),
        "expiring in 90 days, a street": lambda c: Filters(expiring_within=90, region=street(c)),
        "expiring in a year, a matter": lambda c: Filters(expiring_within=365, matter=matter(c)),
        "expiring in a year, a matter that never does": lambda _: Filters(
            expiring_within=365, matter=listed.LONG_TERM_MATTER
        ),
        "expired, a matter in a county": lambda c: Filters(whole.EXPIRED, matter=matter(c), region=county(c)),
        "changed since yesterday": lambda _: Filters(changed_since=ago(1)),
        "changed in 30 days, all statuses": lambda _: Filters(whole.ALL, changed_since=ago(30)),
        "changed in 30 days, a county": lambda c: Filters(changed_since=ago(30), region=county(c)),
        "changed in 30 days, a matter in a street": lambda c: Filters(
            changed_since=ago(30), matter=matter(c), region=street(c)
        ),
        "changed in two years, nothing in that county": lambda _: Filters(
            changed_since=ago(730), region=listed.OLD_COUNTY
        ),
        "changed in a year and expiring in a year": lambda _: Filters(changed_since=ago(365), expiring_within=365),
    }


def _asked(connection: Connection, permits: int, name: str, ask: Question, times: int) -> Figure:
    """Ask ``times`` times, every second time for the page after; the first ones, which fill caches, do not count."""
    chance = random.Random(7)
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    took: list[float] = []
    cursor: str | None = None
    filters = ask(chance)
    for number in range(times + 4):
        if cursor is None:
            filters = ask(chance)
        began = time.perf_counter()
        page = find(connection, listed.DEPARTMENT, filters, today=today, cursor=cursor)
        spent = (time.perf_counter() - began) * 1000
        connection.rollback()
        cursor = page.next_cursor if cursor is None else None
        if number >= 4:
            took.append(spent)
    return Figure(
        f"list page of {permits:,}: {name}, p99",
        percentile(took, 0.99),
        "ms",
        LEAST_MS,
        AIM_MS,
        note=f"p50 {percentile(took, 0.5):.1f} ms",
    )


def _upserted(url: str, permits: int) -> Figure:
    """Write as the intake does, 1,000 rows a transaction, four of five of them new."""
    engine = open_engine(url, application="bench")
    chance = random.Random(11)
    with engine.connect() as connection:
        model = connection.execute(
            text(f"SELECT {', '.join(COLUMNS)} FROM watch_list TABLESAMPLE SYSTEM (0.1) REPEATABLE (1) LIMIT 5000")
        ).all()
        batches = [_batch(model, chance) for _ in range(UPSERTED // UPSERTS_AT_ONCE)]
        connection.rollback()
        began = time.perf_counter()
        for changes in batches:
            changes.write(raw(connection))
            connection.commit()
        spent = time.perf_counter() - began
    engine.dispose()
    return Figure(f"rows written into a list of {permits:,}", UPSERTED / spent, PER_SECOND)


def _batch(model: Sequence[Row[Any]], chance: random.Random) -> Changes:
    """A new permit holds from today on for one, three or five years, or for ever; a known one is amended."""
    now = datetime.now(UTC)
    changes = Changes()
    for _ in range(UPSERTS_AT_ONCE):
        row = chance.choice(model)._asdict() | {"changed_at": now}
        if chance.random() < 0.8:
            ends = chance.choice([None, *(now.date() + timedelta(days=365 * years) for years in (1, 3, 5))])
            row |= {"permit": UUID(int=chance.getrandbits(128)), "status": "valid", "valid_to": ends}
        changes.rows[row["department"], row["permit"].int] = tuple(row[name] for name in COLUMNS)
    return changes
