"""Databases at the shape of an earlier release, full of events, come to this release's: nothing lost, lists equal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from alembic import command
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import NullPool, create_engine

from bench import backlog, city
from bench.ground import Pair
from events import ledger
from events.database import connect
from projections.list_comparison import compare_lists
from services.migrating import SchemaBehind, Side, configuration, current, migrate
from tests.chaos.trial import Trial
from tests.invented import decision, duty
from tests.linkage import Linkage

STEPS_BACK = (1, 2, 3, 5, 8)
WITHIN_SECONDS = 60.0
SIDES: tuple[Side, ...] = ("approval", "supervision")
AFTERWARDS = 20


def upgrade_with_events(trial: Trial) -> None:
    """Both databases stand at an earlier step with events in them, and are migrated; then decisions come again."""
    steps = STEPS_BACK[: 2 if trial.profile.races == 1 else None]
    with trial.ground.fresh() as full:
        with trial.opened(full) as linkage:
            _fill(trial, linkage, full)
        stood = {side: _checksums(_url(full, side)) for side in SIDES}
        refused = 0
        for back in steps:
            with _earlier(trial, full, back) as older:
                refused += sum(_refused(older.urls[side], side) for side in SIDES)
                _upgrade(trial, older, stood)
            trial.attacks[f"from {back} steps before"] += 1
        trial.controlled(refused, "databases refused by who would use them without the steps")


@dataclass(frozen=True, slots=True)
class Older:
    urls: dict[Side, str]


def _fill(trial: Trial, linkage: Linkage, full: Pair) -> None:
    backlog.assign_duties(full)
    linkage.duties(duty())
    linkage.submit(decision(permit_number="N1"))
    backlog.fill(full, list(city.decisions(trial.profile.decisions)))
    linkage.catch_up()
    while linkage.number_pushes():
        pass
    trial.events = trial.profile.decisions + 1


def _upgrade(trial: Trial, older: Older, stood: dict[Side, dict[str, tuple[int, str]]]) -> None:
    began = time.monotonic()
    for side, url in older.urls.items():
        migrate(url, side)
    trial.level.append(time.monotonic() - began)
    trial.expect(trial.level[-1] <= WITHIN_SECONDS, "late", f"migrated in {trial.level[-1]:.0f} s")
    for side, url in older.urls.items():
        now = _checksums(url)
        trial.found("lost", max(0, stood[side]["ledger"][0] - now["ledger"][0]), f"{side}: an event is gone")
        for table, said in stood[side].items():
            trial.expect(now.get(table) == said, "list", f"{side}: {table} is not what it was")
    pair = Pair("", "", older.urls["approval"], older.urls["supervision"])
    with trial.opened(pair) as linkage:
        linkage.submit(*(decision(permit_number=f"A{number}") for number in range(AFTERWARDS)))
        linkage.number()
        linkage.catch_up()  # from the beginning: a copy is another log, and all of it was seen
        while linkage.number_pushes():
            pass
    with connect(pair.supervision_url, application="chaos") as office:
        trial.expect(compare_lists(office, "supervision").clean, "list", "lists are not what their pushes say")
    for side, url in older.urls.items():
        with connect(url, application="chaos") as connection:
            trial.found("chain", len(list(ledger.verify(connection, side))), f"{side}: the chain does not hold")
            grown = ledger.head(connection).position - stood[side]["ledger"][0]
            trial.expect(grown >= AFTERWARDS, "lost", f"{side}: {grown} of {AFTERWARDS} decisions came afterwards")


@contextmanager
def _earlier(trial: Trial, full: Pair, back: int) -> Iterator[Older]:
    """Give databases at ``back`` steps before this release's, with everything of ``full`` that fits in there."""
    names = {side: f"older_{back}_{side}" for side in SIDES}
    for name in names.values():
        trial.ground.create(name, "template0")
    older = Older({side: trial.ground.url(name) for side, name in names.items()})
    try:
        for side, url in older.urls.items():
            _stand_at(url, side, back)
            _copy(_url(full, side), url)
        yield older
    finally:
        for name in names.values():
            trial.ground.drop(name)


def _stand_at(url: str, side: Side, back: int) -> None:
    config = configuration(side)
    steps = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()]
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, steps[back])


def _refused(url: str, side: Side) -> bool:
    try:
        current(url, side)
    except SchemaBehind:
        return True
    return False


def _copy(source: str, target: str) -> None:
    with connect(source, application="chaos") as old, connect(target, application="chaos") as new:
        new.execute("SET session_replication_role = replica")
        there, here = _columns(old), _columns(new)
        for table in here.keys() & there.keys():
            if old.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))).fetchone() is None:
                continue
            both = sql.SQL(", ").join(sql.Identifier(name) for name in here[table] if name in there[table])
            name = sql.Identifier(table)
            new.execute(sql.SQL("TRUNCATE {} CASCADE").format(name))
            reading = sql.SQL("COPY {} ({}) TO STDOUT (FORMAT binary)").format(name, both)
            writing = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(name, both)
            with old.cursor().copy(reading) as rows, new.cursor().copy(writing) as into:
                for piece in rows:
                    into.write(piece)
        _go_on_counting(new)


def _columns(connection: psycopg.Connection) -> dict[str, list[str]]:
    """Return the tables that hold something of their own, and their columns that are not computed."""
    rows = connection.execute(
        """SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position)
           FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
           WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
             AND table_name <> 'alembic_version' GROUP BY 1"""
    )
    return dict(rows.fetchall())


def _go_on_counting(connection: psycopg.Connection) -> None:
    """Let every column that counts by itself go on after the last row that was copied."""
    rows = connection.execute(
        """SELECT table_name::text, column_name::text FROM information_schema.columns
           WHERE table_schema = 'public' AND is_identity = 'YES'"""
    ).fetchall()
    for table, column in rows:
        connection.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence({}, {}), (SELECT coalesce(max({}), 0) + 1 FROM {}))").format(
                table, column, sql.Identifier(column), sql.Identifier(table)
            )
        )


def _checksums(url: str) -> dict[str, tuple[int, str]]:
    """Return, for every table, how many rows it has and what they amount to."""
    with connect(url, application="chaos") as connection:
        sums = {}
        for table in _columns(connection):
            question = (
                "SELECT count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM {} t"
            )
            row = connection.execute(sql.SQL(question).format(sql.Identifier(table))).fetchone()
            assert row is not None
            sums[table] = (int(row[0]), str(row[1]))
        return sums


def _url(pair: Pair, side: Side) -> str:
    return pair.approval_url if side == "approval" else pair.supervision_url
