"""How many tasks wait for a body, by their lights: the figures of the desk, which lead to the same rows of the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import psycopg

from services.approval import task_list
from services.working_days import Calendar, Light, light


@dataclass(frozen=True, slots=True)
class TaskFigures:
    """``spans``: the first and the last days of the limits of open tasks, by light."""

    open: int
    counts: dict[Light, int]
    spans: dict[Light, Sequence[tuple[date, date]]]


def task_figures(connection: psycopg.Connection, body: str, today: date, calendar: Calendar) -> TaskFigures:
    """Count the open tasks of ``body`` as they stand on ``today``."""
    counts = dict.fromkeys(Light, 0)
    spans: dict[Light, list[tuple[date, date]]] = {one: [] for one in Light}
    for (asked_on, due), number in task_list.open_spans(connection, body).items():
        shows = light(asked_on, due, today, calendar)
        counts[shows] += number
        spans[shows].append((asked_on, due))
    return TaskFigures(sum(counts.values()), counts, dict(spans))
