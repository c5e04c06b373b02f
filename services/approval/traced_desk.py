"""The desk of a site that collects traces: each decision that it records begins one."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psycopg
from sqlalchemy import Engine

from events.store import Lane
from services.approval.batch_signature import Demand
from services.approval.handling import Desk
from services.approval.outcome import SOURCE, Outcome, Submission
from services.tracing import Traces


class TracedDesk(Desk):
    def __init__(self, engine: Engine, master: bytes, traces: Traces, demand: Demand = Demand.REGISTERED) -> None:
        super().__init__(engine, master, demand=demand)
        self.traces = traces

    def handle(
        self,
        submissions: Sequence[Submission],
        *,
        lane: Lane = Lane.LIVE,
        connection: psycopg.Connection | None = None,
    ) -> list[Outcome]:
        began = time.time()
        outcomes = super().handle(submissions, lane=lane, connection=connection)
        for one in outcomes:
            if one.event is not None and not one.repeated:
                self.traces.appended(one.event, one.type, SOURCE, began)
        return outcomes


def desk_of(engine: Engine, master: bytes, traces: Traces | None, demand: Demand = Demand.REGISTERED) -> Desk:
    return Desk(engine, master, demand=demand) if traces is None else TracedDesk(engine, master, traces, demand)
