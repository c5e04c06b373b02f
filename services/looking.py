"""Opening a site for one command that only looks, or changes rows of its own: nothing is made or migrated for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from events.database import connect
from services.databases import BOTH, Databases, look_into_databases
from services.journal import open_journal
from services.migrating import Side
from services.settings import Settings, read_settings


@contextmanager
def as_it_stands(process: str, sides: frozenset[Side] = BOTH) -> Iterator[tuple[Settings, Databases]]:
    """Open the databases of ``sides``; those that are not of this release are refused with what to do."""
    settings = read_settings()
    open_journal("warning", process=process)
    with look_into_databases(settings, sides) as databases:
        yield settings, databases


@contextmanager
def approval_as_it_stands(process: str) -> Iterator[psycopg.Connection]:
    with (
        as_it_stands(process, frozenset({"approval"})) as (_, databases),
        connect(databases.owner["approval"], application=process) as connection,
    ):
        yield connection
