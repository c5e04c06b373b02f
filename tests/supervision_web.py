"""The supervision side's web service for tests: in this process, or really listening, over a test's linkage."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from math import inf

from fastapi import FastAPI
from sqlalchemy import Engine

from projections.lag import Lag, Stage, Status
from services.access.entrance import OPEN, Entrance
from services.supervision.http import application
from services.supervision.live import live_feed
from services.supervision.office import Office
from services.supervision.open_items import open_items
from services.web_server import serving, take_port
from tests.linkage import Linkage
from tests.penalties import desk

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
BEHIND = replace(LEVEL, status=Status.BEHIND, seconds=200.0, events=1234, trend="↑", stage=Stage.LOG)


def web(
    linkage: Linkage,
    lag: Lag = LEVEL,
    stopping: threading.Event | None = None,
    entrance: Entrance = OPEN,
    opened: Engine | None = None,
) -> FastAPI:
    """Make the web service over the databases of ``linkage``; it says of its lists what ``lag`` says. ``opened``: its
    database otherwise than by the web processes' own role."""
    stop = stopping or threading.Event()
    engine, kinds = opened or linkage.supervision_web, open_items("审改办")
    # Nothing is kept, however slow the machine: a test sees at once what it has done.
    office = Office(
        engine,
        live_feed(engine, stop),
        desk(linkage, engine),
        lambda: lag,
        stop,
        linkage.now,
        kinds,
        quick=inf,
        owning=linkage.supervision,
    )
    return application(office, entrance)


@contextmanager
def listening(linkage: Linkage, lag: Lag = LEVEL, port_number: int = 0, app: FastAPI | None = None) -> Iterator[str]:
    """Serve it on a port of its own, and see on leaving that it stops within two seconds, streams and all."""
    stop = app.state.office.stopping if app else threading.Event()
    port = take_port("127.0.0.1", port_number, "--port")
    worker = serving("supervision-web", app or web(linkage, lag, stop), port)
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port.getsockname()[1]}"
    finally:
        began = time.monotonic()
        stop.set()
        thread.join(10)
        port.close()
        assert time.monotonic() - began < 2, "the web service did not drain"
