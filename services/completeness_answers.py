"""Did everything arrive? What a side can say of every series of numbers that it receives, as both sides answer it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import psycopg

from events.numbers import count, in_words
from projections import received_numbers, skipping
from projections.completeness import PUSH, SENDER, UNMET_FOR, Missing, kept, series_of
from services.asking_again import open_requests
from services.statement import Side

READERS: dict[Side, str] = {"supervision": "intake", "approval": "told"}
"""By which name each side reads the other's log: the series of its numbers."""


def other_side(side: Side) -> Side:
    return "supervision" if side == "approval" else "approval"


def completeness_of(connection: psycopg.Connection, side: Side, day: date | None = None) -> dict[str, Any]:
    """Return what ``side`` received of the other's ledger, of pushes and of senders, and what is missing of each; with
    ``day`` only of that day. ``complete``: nothing is missing at all."""
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    reader, source, now = READERS[side], other_side(side), row[0]
    # Across partitions a push overtakes another: a hole among their numbers that has just opened closes by itself.
    missing = [one for one in kept(connection) if not one.series.startswith(PUSH) or now - one.noticed_at >= UNMET_FOR]
    shown = [one for one in missing if day is None or one.day == day]
    ledger = [one for one in shown if one.series == reader]
    return {
        "side": side,
        "as_of": now.isoformat(),
        "complete": not missing,
        "ledger": _ledger(connection, source, reader, day) | {"missing": [one.as_json() for one in ledger]},
        "requests": [_request(one) for one in open_requests(connection, source)],
        "pushes": [_push(one) for one in shown if one.series.startswith(PUSH)],
        "senders": _senders(connection, shown, day),
    }


def _ledger(connection: psycopg.Connection, source: str, reader: str, day: date | None) -> dict[str, Any]:
    runs = [run for run in received_numbers.read(connection, reader) if day is None or run.day == day]
    row = connection.execute(
        """SELECT (SELECT max(head) FROM announced_heads WHERE source = %s),
                  (SELECT count(*) FROM parked_records WHERE projection = %s)""",
        (source, reader),
    ).fetchone()
    assert row is not None
    skipped, replaced = skipping.counted(connection, reader)
    return {
        "source": source,
        "announced": row[0],
        "received": count((run.first, run.last) for run in runs),
        "up_to": max((run.last for run in runs), default=0),
        "parked": row[1],
        "skipped": skipped,
        "replaced": replaced,
    }


def _request(one: Any) -> dict[str, Any]:
    return {
        "request": str(one.id), "runs": [list(run) for run in one.runs], "asked": one.asked,
        "asked_at": one.asked_at.isoformat(),
    }  # fmt: skip


def _push(one: Missing) -> dict[str, Any]:
    body, department = one.series.removeprefix(PUSH).split("/", 1)
    return {"body": body, "department": department} | one.as_json()


def _senders(connection: psycopg.Connection, missing: Iterable[Missing], day: date | None) -> list[dict[str, Any]]:
    gaps = list(missing)
    found = []
    for series in series_of(connection, SENDER):
        runs = [run for run in received_numbers.read(connection, series) if day is None or run.day == day]
        found.append(
            {
                "sender": series.removeprefix(SENDER),
                "received": count((run.first, run.last) for run in runs),
                "up_to": max((run.last for run in runs), default=0),
                "missing": [one.as_json() for one in gaps if one.series == series],
            }
        )
    return found


def lines(said: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """Return one line of a table for each day and series of which numbers are missing: source, series, day, the
    numbers, since when."""
    found = [(said["ledger"]["source"], "台账编号", one) for one in said["ledger"]["missing"]]
    found += [(one["body"], f"推送 {one['department']}", one) for one in said["pushes"]]
    found += [(one["sender"], "报送编号", gap) for one in said["senders"] for gap in one["missing"]]
    return [
        (source, series, gap["day"], in_words([(gap["first"], gap["last"])]), gap["noticed_at"])
        for source, series, gap in found
    ]
