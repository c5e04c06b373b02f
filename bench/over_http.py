"""A question asked through HTTP: one of the two services in a process of its own, and one caller who keeps its line."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from bench.processes import Part, at_work
from events.database import open_engine
from projections.lag import Lag
from services.approval.handling import Desk
from services.broker import free_port
from services.web_server import serving, take_port

HOST = "127.0.0.1"
START_SECONDS = 30.0
ANY_KEY = bytes(32)
"""No party's sealed part is read."""


def approving(stop: threading.Event, url: str, port: int) -> None:
    """The approval side's web service over the database at ``url``."""
    from services.approval.http import Office, application

    engine = open_engine(url, application="bench-web")
    office = Office(engine, Desk(engine, ANY_KEY), "none", stopping=stop)
    serving("bench-web", application(office), take_port(HOST, port, "--port")).run(stop)
    engine.dispose()


def supervising(stop: threading.Event, url: str, port: int) -> None:
    """The supervision side's."""
    from services.supervision.http import application
    from services.supervision.live import live_feed
    from services.supervision.office import Office
    from services.supervision.party_register import HttpPartyRegister
    from services.supervision.penalty_desk import PenaltyDesk

    engine = open_engine(url, application="bench-web")
    register = HttpPartyRegister(f"http://{HOST}:{port}")
    penalties = PenaltyDesk(engine, register, lambda: datetime.now(UTC))
    office = Office(engine, live_feed(engine, stop), penalties, _not_measured, stop)
    serving("bench-web", application(office), take_port(HOST, port, "--port")).run(stop)
    register.close()
    engine.dispose()


def _not_measured() -> Lag:
    raise NotImplementedError("no page is asked for, and only pages say how far the lists are behind")


class Line:
    """A caller's connection to a service."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection(HOST, port, timeout=30)

    def took(self, paths: Sequence[str]) -> list[float]:
        """Ask one after the other and return how long each answer took, in milliseconds; anything but 200 raises."""
        spent = []
        for path in paths:
            began = time.perf_counter()
            self.connection.request("GET", path)
            answer = self.connection.getresponse()
            said = answer.read()
            spent.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {said[:200]!r}")
        return spent


@contextmanager
def asking(service: Part, url: str) -> Iterator[Line]:
    """Run ``service`` over the database at ``url`` and give a line to it."""
    port = free_port()
    with at_work(service, url, port) as running:
        until = time.monotonic() + START_SECONDS
        while True:
            line = Line(port)
            try:
                line.connection.connect()
                break
            except OSError:
                if running.ended:
                    running.wait(0)
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        with closing(line.connection):
            yield line
