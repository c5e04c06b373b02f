"""How long a 双公示 file of 100,000 rows takes, from the first byte to the outbox, and how much memory."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

from bench.figure import Figure
from bench.ground import Ground
from events.database import open_engine
from services.approval.handling import Desk
from services.approval.importing import Manner, import_permits
from services.approval.place_register import read_bodies, read_matters, take_entries
from services.sample_city.files import write_city

ROWS = 100_000
TODAY = date(2026, 11, 24)


def measure(ground: Ground) -> Iterator[Figure]:
    """Import a file of the invented city into an empty database, then the same file again."""
    rows = ROWS // 20 if ground.quick else ROWS
    files = write_city(ground.folder / "city", TODAY, permits=rows)
    with ground.fresh() as pair:
        engine = open_engine(pair.approval_url, application="bench")
        entries = read_bodies(files.bodies).entries + read_matters(files.matters).entries
        take_entries(engine, entries, datetime.now(UTC))
        desk = Desk(engine, bytes(32), lambda: TODAY)
        for name in ("a file", "the same file again"):
            started = time.monotonic()
            summary = import_permits(desk, files.permits, Manner(), refused_to=ground.folder / "refused.xlsx")
            seconds = time.monotonic() - started
            note = f"{summary.events} recorded, {summary.known} known, {summary.refused} refused"
            floor, aim = (60.0, 15.0) if rows == ROWS else (None, None)
            yield Figure(f"import of {name}, {rows} rows", seconds, "s", floor, aim, note=note)
        engine.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Figure("peak memory of the importing process", peak, "MB", 250.0)
