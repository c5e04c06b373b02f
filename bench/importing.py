"""How long a 双公示 file of 100,000 rows takes, from the first byte to the outbox, and how much memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from bench.figure import Figure
from bench.following import MEGABYTES, most_memory
from bench.ground import Ground, Pair
from bench.processes import at_work
from events.database import open_engine
from services.approval.handling import Desk
from services.approval.importing import Manner, import_permits
from services.approval.place_register import read_bodies, read_matters, take_entries
from services.sample_city.files import CityFiles, write_city

ROWS = 100_000
TODAY = date(2026, 11, 24)
WITHIN_SECONDS = 300.0


def measure(ground: Ground) -> Iterator[Figure]:
    """Import a file of the invented city into an empty database, then the same file again, each by a new process."""
    rows = ROWS // 20 if ground.quick else ROWS
    files = _city(ground.folder / "city", rows)
    most = 0.0
    with ground.fresh() as pair:
        _register(pair, files)
        for name in ("a file", "the same file again"):
            with at_work(importing, pair, files.permits, ground.folder / "refused.xlsx") as importer:
                most = max(most, most_memory(importer, WITHIN_SECONDS))
                seconds, note = importer.wait(1.0)
            floor, aim = (60.0, 15.0) if rows == ROWS else (None, None)
            yield Figure(f"import of {name}, {rows:,} rows", seconds, "s", floor, aim, note=note)
    yield Figure("memory of the importing process", most, "MB", MEGABYTES)


def importing(_: threading.Event, pair: Pair, permits: Path, refused_to: Path) -> tuple[float, str]:
    engine = open_engine(pair.approval_url, application="bench")
    desk = Desk(engine, bytes(32), lambda: TODAY)
    started = time.monotonic()
    summary = import_permits(desk, permits, Manner(), refused_to=refused_to)
    seconds = time.monotonic() - started
    engine.dispose()
    return seconds, f"{summary.events:,} recorded, {summary.known:,} known, {summary.refused:,} refused"


@cache
def _city(folder: Path, rows: int) -> CityFiles:
    return write_city(folder, TODAY, permits=rows)


def _register(pair: Pair, files: CityFiles) -> None:
    engine = open_engine(pair.approval_url, application="bench")
    take_entries(engine, read_bodies(files.bodies).entries + read_matters(files.matters).entries, datetime.now(UTC))
    engine.dispose()
