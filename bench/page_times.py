"""How long does a browser wait for a page, with many permits in the lists? Over HTTP, from question to last byte.

Every screen of the supervision side that is about whole lists is asked, in the seat for which it is made, of the
department that holds 30 %. The lists are those of ``watch_list_page``; each of their permits was pushed once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from string import Formatter
from uuid import UUID

import httpx
from sqlalchemy import Engine, text

from bench import listed_permits as listed
from bench.figure import Figure, percentile
from bench.ground import Ground
from docs.every_page import SCREENS, Screen
from events.database import open_engine, raw
from events.supervision import DutyAssigned
from projections.lag import Lag, Stage, Status
from services.pages.seats import Seat
from services.party_resolution import AskedParty, ResolvedParty
from services.supervision.duty_register import take_duties
from services.supervision.http import application
from services.supervision.live import live_feed
from services.supervision.office import Office
from services.supervision.open_items import open_items
from services.supervision.penalty_desk import PenaltyDesk
from services.time_rules import read_time_rules
from services.web_server import serving, take_port

LEAST_MS = 100.0
TIMES = 60
LEVEL = Lag(
    projection="intake",
    source="approval",
    status=Status.LEVEL,
    seconds=0.0,
    events=0,
    trend="→",
    stage=Stage.NOWHERE,
    worst_partition=None,
    parked_streams=0,
    parked_events=0,
    outbox_pending=0,
    heartbeat_age=0.1,
    source_clock_skew=0.0,
    as_of=datetime(2026, 11, 24, tzinfo=UTC),
)

CASES = """INSERT INTO cases (permit, push_version, department, role, mode, state, body, push_number, matter_code,
    region_code, level, decision_version, decision_date, opening_stock, delivered_at, due_on, due_estimated,
    calendar, first_delivered_at, first_due_on, signed_at, returned_at)
SELECT permit, 1, department, role, 'on_push', state, deciding_body, push_number, matter_code, region_code,
    level, 1, decision_date, opening_stock, first_listed_at, day + 3, false, :calendar, first_listed_at, day + 3,
    CASE WHEN state = 'signed' THEN first_listed_at + interval '1 day' END,
    CASE WHEN state = 'returned' THEN first_listed_at + interval '1 day' END
FROM (SELECT w.*, first_listed_at::date AS day,
          CASE WHEN chance(push_number, 20) < .0002 THEN 'returned' WHEN chance(push_number, 21) < .0005
               THEN 'delivered' ELSE 'signed' END AS state FROM watch_list w) AS listed
ORDER BY first_listed_at"""
"""One permit of two thousand waits for a signature: as many as a department of three million can sign."""


class NobodyAway:
    """The register of parties, which no page of a list asks."""

    def resolve(self, asked: Sequence[AskedParty]) -> list[ResolvedParty | None]:
        return [None for _ in asked]

    def key_of(self, party: UUID) -> bytes | None:
        return None


def measure(ground: Ground) -> Iterator[Figure]:
    for permits in ground.permits:
        engine = open_engine(listed.filled(ground, permits), application="bench")
        try:
            _push(engine)
            with _served(engine) as address:
                for screen in SCREENS:
                    if _is_about_lists(screen):
                        yield _asked(address, screen, permits, 10 if ground.quick else TIMES)
        finally:
            engine.dispose()


def _is_about_lists(screen: Screen) -> bool:
    asked = {name for _, name, _, _ in Formatter().parse(screen.path) if name}
    return screen.side == "supervision" and asked <= {"department"}


def _push(engine: Engine) -> None:
    """Let each listed permit have been pushed once, and the duty list know the departments and their matters."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.scalar(text("SELECT 1 FROM cases LIMIT 1")):
            return
        calendar = read_time_rules(raw(connection)).calendar.version
        connection.execute(text(CASES), {"calendar": calendar})
        connection.execute(text("VACUUM (ANALYZE) cases"))
        held = connection.execute(text("SELECT DISTINCT department, matter_code FROM watch_list ORDER BY 1, 2")).all()
    codes = list(dict.fromkeys(department for department, _ in held))
    names = {code: f"虚构市第{number}监管局" for number, code in enumerate(codes, 1)}
    entries = [
        DutyAssigned(
            matter_code=matter,
            matter_name=f"虚构事项{matter}",
            region_code="370900",
            level="县级",
            lead=department,
            valid_from=date(2020, 1, 1),
        )
        for department, matter in held
    ]
    take_duties(engine, entries, names, datetime.now(UTC))


@contextmanager
def _served(engine: Engine) -> Iterator[str]:
    stop = threading.Event()
    desk = PenaltyDesk(engine, NobodyAway(), lambda: datetime.now(UTC))
    kinds = open_items("审改办")
    office = Office(engine, live_feed(engine, stop), desk, lambda: LEVEL, stop, open_items=kinds)
    port = take_port("127.0.0.1", 0, "--port")
    thread = threading.Thread(target=serving("bench-web", application(office), port).run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port.getsockname()[1]}"
    finally:
        stop.set()
        thread.join(10)
        port.close()


def _asked(address: str, screen: Screen, permits: int, times: int) -> Figure:
    seat = Seat(screen.seat.role, listed.DEPARTMENT if screen.seat.body else "", "1001")
    took, size = [], 0
    with httpx.Client(trust_env=False, timeout=60, cookies={"seat-supervision": seat.as_cookie()}) as browser:
        for _ in range(times + 2):
            began = time.perf_counter()
            answer = browser.get(address + screen.path.format(department=listed.DEPARTMENT))
            took.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
            size = len(answer.content)
    took = took[2:]  # the first open connections and read templates
    return Figure(
        f"page {screen.name}, {permits:,} permits, p95",
        percentile(took, 0.95),
        "ms",
        floor=LEAST_MS,
        note=f"p50 {percentile(took, 0.5):.1f} ms, {size / 1000:.0f} kB",
    )
