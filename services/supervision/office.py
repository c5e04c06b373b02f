"""What every answer of the supervision side's web service needs at hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine, text

from events.database import raw
from events.reserve import Room, not_watched
from events.rule_changes import Effect
from projections.lag import Lag
from services.kept_answers import QUICK, KeptAnswers
from services.live_feed import LiveFeed
from services.open_deadlines import Standing, open_standings
from services.people_register import Whereabouts
from services.problems import Problem
from services.scheduling import OpenItems
from services.supervision.finding_desk import FindingDesk
from services.supervision.item_places import ItemPlaces
from services.supervision.overseeing import OversightDesk
from services.supervision.penalty_desk import PenaltyDesk
from services.supervision.rule_desk import RuleDesk
from services.working_days import china_day

_STANDINGS = "standings"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Office:
    """``lag`` measures how far the lists are behind. ``stopping`` ends the live streams at once when it is set.
    ``open_items``: each kind of work that has a limit; ``rule_effect``: of a rule change that names none. ``quick``:
    seconds that an answer may take before it is kept for those who ask next. ``room``: what the disk of the database
    has left, where that is watched. ``owning``: the database by its owner, for the one page on which an operator has a
    list made anew and exchanged; nothing else in a web process makes or drops a table. ``reveals_a_day``: personal
    facts that one caller may have shown in full."""

    engine: Engine
    live: LiveFeed
    penalties: PenaltyDesk
    lag: Callable[[], Lag]
    stopping: threading.Event = field(default_factory=threading.Event)
    now: Callable[[], datetime] = _now
    open_items: Sequence[OpenItems] = ()
    whereabouts: Whereabouts = field(default_factory=ItemPlaces)
    rule_effect: Effect = Effect.FLAG
    quick: float = QUICK
    room: Callable[[], Room | None] = not_watched
    owning: Engine | None = None
    reveals_a_day: int = 30
    oversight: OversightDesk = field(init=False)
    kept: KeptAnswers[Any] = field(init=False)

    def __post_init__(self) -> None:
        # One for all requests: it keeps the duty list and the limits that it has read.
        object.__setattr__(self, "oversight", OversightDesk(self.engine, self.now))
        object.__setattr__(self, "kept", KeptAnswers(self.now, quick=self.quick))

    @property
    def list_maker(self) -> Engine:
        return self.owning or self.engine

    @property
    def rules(self) -> RuleDesk:
        return RuleDesk(self.engine, self.rule_effect, self.now)

    @property
    def findings(self) -> FindingDesk:
        return FindingDesk(self.engine, self.penalties.register, self.penalties.clock)

    @property
    def today(self) -> date:
        return china_day(self.now())

    def standings(self) -> tuple[Sequence[Standing], datetime]:
        """Return everything that is open, what is due first before the rest, and as of when; kept where there is so
        much that it takes long. ``standings_changed`` is to be called by whoever changes something that is open."""
        return self.kept.get(_STANDINGS, self._standings)

    def standings_changed(self) -> None:
        self.kept.forget(_STANDINGS)

    def _standings(self) -> Sequence[Standing]:
        with self.engine.connect() as connection:
            return open_standings(raw(connection), self.open_items, self.today)


def office_of(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


Here = Annotated[Office, Depends(office_of)]


def unknown_department() -> Problem:
    return Problem(
        404,
        "unknown_department",
        "没有这个监管部门",
        "监管责任清单中没有该部门代码。",
        "请核对 18 位部门代码；全部部门见 GET /api/v1/departments 或首页。",
    )


def name_of(connection: Connection, department: str) -> str:
    """Return the department's name, or raise the problem that there is none."""
    name = connection.scalar(text("SELECT name FROM departments WHERE department = :code"), {"code": department})
    if name is None:
        raise unknown_department()
    return str(name)
