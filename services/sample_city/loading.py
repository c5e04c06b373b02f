"""The invented city comes in as a real one would: its lists and its file of permits, until every list has them."""

import json
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from events import ledger
from events.announcing import survey
from events.bookmark import passed
from events.database import raw
from events.log import Log
from projections.lag import measure
from services.approval.handling import Desk, legal_today
from services.approval.importing import Manner, import_permits
from services.approval.place_register import read_bodies, read_matters, take_entries
from services.publication_file.reading import batch_of
from services.publication_file.summary import Summary
from services.sample_city.files import CityFiles, write_city
from services.supervision.code_file import read_code_file
from services.supervision.code_register import take_mappings
from services.supervision.duty_file import read_duty_file
from services.supervision.duty_register import take_duties

PERMITS = 2000
INTAKE = "intake"


class Stopped(Exception):
    """Somebody asked to stop while the city was loading. What is recorded stays; the next time goes on after it."""


@dataclass
class Site:
    """Where the city is loaded: the desk of the approval side, the supervision database, and the log between them."""

    folder: Path
    desk: Desk
    supervision: Engine
    approval_log: Callable[[], Log]
    stop: threading.Event
    progress: Callable[[str, int, int], None] = field(default=lambda step, done, of: None)
    """Told the step (`lists`, `permits`, `watch lists`), how much of it is done, and of how much."""

    @property
    def refused(self) -> Path:
        return self.folder / "refused-permits.xlsx"


def load(site: Site) -> bool:
    """Load the city unless it is there; whether anything had to be done. Half a load is completed, never doubled.

    The files are written once and kept: written on another day they would be other files, and a load of both.
    """
    files = _files(site.folder)
    if _is_loaded(site, files):
        return False
    _take_lists(site, files)
    _take_permits(site, files)
    _wait_for_watch_lists(site)
    (site.folder / "loaded.json").write_text(json.dumps({"batch": str(batch_of(files.permits))}))
    return True


def _files(folder: Path) -> CityFiles:
    written = folder / "files"
    if not written.exists():
        draft = folder / f"files.{datetime.now(UTC):%H%M%S%f}"
        write_city(draft, legal_today(), permits=PERMITS)
        draft.rename(written)
    return CityFiles.within(written)


def _is_loaded(site: Site, files: CityFiles) -> bool:
    """By the note of a complete load, and by the database: the note may be of another one."""
    try:
        note = json.loads((site.folder / "loaded.json").read_text())
    except FileNotFoundError:
        return False
    if note["batch"] != str(batch_of(files.permits)):
        return False
    with site.desk.engine.connect() as connection:
        held = raw(connection).execute("SELECT 1 FROM batch_entries WHERE batch = %s LIMIT 1", (note["batch"],))
        return held.fetchone() is not None


def _take_lists(site: Site, files: CityFiles) -> None:
    now = datetime.now(UTC)
    site.progress("lists", 0, 4)
    take_entries(site.desk.engine, read_bodies(files.bodies).entries, now)
    site.progress("lists", 1, 4)
    take_entries(site.desk.engine, read_matters(files.matters).entries, now)
    site.progress("lists", 2, 4)
    duties = read_duty_file(files.duties)
    take_duties(site.supervision, duties.entries, duties.departments, now)
    site.progress("lists", 3, 4)
    with site.supervision.begin() as transaction:
        take_mappings(raw(transaction), read_code_file(files.mappings).entries, now)
    site.progress("lists", 4, 4)


def _take_permits(site: Site, files: CityFiles) -> None:
    def note(so_far: Summary) -> None:
        site.progress("permits", so_far.rows, PERMITS)
        if site.stop.is_set():
            raise Stopped

    site.progress("permits", 0, PERMITS)
    import_permits(site.desk, files.permits, Manner(), refused_to=site.refused, progress=note)


def _wait_for_watch_lists(site: Site) -> None:
    with closing(site.approval_log()) as log:
        while True:
            with site.desk.engine.connect() as approval, site.supervision.connect() as supervision:
                done, of = _reached(raw(approval), raw(supervision), log)
            site.progress("watch lists", done, of)
            if done >= of:
                return
            if site.stop.wait(0.1):
                raise Stopped


def _reached(approval: psycopg.Connection, supervision: psycopg.Connection, log: Log) -> tuple[int, int]:
    """How many of approval's events the lists have, and how many there are. Both are asked in this order: what is in
    the outbox, the ledger, the log."""
    head = ledger.head(approval).position
    total = head + survey(approval, "approval", {}).outbox_pending
    lag = measure(supervision, log, INTAKE)
    _, highest = passed(supervision, log.name)
    waiting = lag.events - lag.outbox_pending - lag.parked_events
    return min(highest, max(0, total - waiting)), total
