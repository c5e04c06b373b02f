"""Statements as they stand in a side's database, its own half and the other's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import psycopg

from projections import statements
from projections.statements import Wanted
from services.statement import Half, Side, Statement, Verdict

Key = tuple[str, str, date]


def read_statements(connection: psycopg.Connection, keys: Sequence[Key]) -> list[Statement]:
    """Return the statements of these bodies, departments and days, in the order asked; none for one that is not."""
    halves: dict[Key, dict[Side, list[Half]]] = {}
    for body, department, day, side, part, pushes, ids_hash, runs, at in statements.parts(connection, keys):
        half = Half(part, pushes, ids_hash, tuple((run[0], run[1]) for run in runs), at)
        halves.setdefault((body, department, day), {}).setdefault(side, []).append(half)
    verdicts: dict[Key, list[Verdict]] = {}
    for body, department, day, *said in statements.verdicts(connection, keys):
        verdicts.setdefault((body, department, day), []).append(Verdict(*said))
    return [
        Statement(*key, {side: tuple(parts) for side, parts in halves[key].items()}, tuple(verdicts.get(key, ())))
        for key in dict.fromkeys(keys)
        if key in halves
    ]


def find_statements(connection: psycopg.Connection, wanted: Wanted) -> list[Statement]:
    """Return the statements that are wanted, the newest day first."""
    return read_statements(connection, statements.days(connection, wanted))
