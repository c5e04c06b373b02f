"""What happens in one simulation, decided before it begins: who appends what, and which faults strike whom, and when.

A plan follows from its seed alone. Everything else that is drawn while it runs (who is next, how much a read returns)
follows from the seed too, so a plan with fewer decisions is still the same world: that is how a failing seed is shrunk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

BUREAUS = ("bureau 1", "bureau 2")
SEQUENCERS = ("sequencer 1", "sequencer 2")
RELAYS = ("relay 1", "relay 2")
READERS = ("reader 1", "reader 2")
ANNOUNCER = "announcer"
DATABASE, BROKER, GROUP = "database", "broker", "group"
EMBEDDED = "embedded"

OF_A_PROCESS = ("killed before", "killed after", "cut before", "cut after", "frozen", "stopped")
"""Before or after its n-th moment: a statement that writes, a commit, or a page handed to the broker. ``killed after``
a commit is the lost acknowledgement whose client died; ``cut after`` the one whose client lives and must find out."""
OF_PUBLISHING = ("unacknowledged", "half written", "doubled", "old one again")
"""Of a relay's n-th publishing."""
OF_THE_BROKER = ("away", "tail lost", "made anew")
"""At a second of simulated time."""

MOMENTS: Mapping[str, int] = {"bureau": 8, "sequencer": 12, "relay": 10, "reader": 40, "announcer": 6}
"""How many moments of a process a fault is drawn from."""
GRID = 0.5
"""Simulated time goes in such steps: who wakes within one wakes together."""


@dataclass(frozen=True, slots=True)
class Append:
    """A bureau appends one event to each of ``streams``, all or none; ``hesitates``: seconds until it commits."""

    second: float
    bureau: str
    streams: tuple[int, ...]
    bulk: bool = False
    hesitates: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """``at``: the number of the moment or publishing, or the second. ``seconds``: how long it lasts."""

    kind: str
    who: str
    at: float
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """``page``: records in a page of anything. ``idle``: seconds between two looks of who has nothing to do.
    ``believing``: both sequencers number, as if the lock were not there. ``streams``: how many there are.
    ``until``: the second before which bureaus begin their appends."""

    seed: int
    log: str
    page: int
    idle: float
    believing: bool
    streams: int
    until: float
    appends: tuple[Append, ...]
    faults: tuple[Fault, ...]

    @property
    def processes(self) -> tuple[str, ...]:
        carried = () if self.log == EMBEDDED else (*RELAYS, ANNOUNCER)
        return (*BUREAUS, *SEQUENCERS, *carried, *READERS)

    @property
    def size(self) -> int:
        return len(self.appends) + len(self.faults)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def plan_of(said: Mapping[str, Any]) -> Plan:
    """Return the plan that ``as_json`` wrote."""
    appends = tuple(Append(**{**one, "streams": tuple(one["streams"])}) for one in said["appends"])
    return Plan(**{**said, "appends": appends, "faults": tuple(Fault(**one) for one in said["faults"])})


def draw(seed: int) -> Plan:
    chance = Random(f"plan {seed}")
    plan = Plan(
        seed=seed,
        log=chance.choice((EMBEDDED, BROKER, BROKER)),
        page=chance.choice((1, 2, 3, 5, 50)),
        idle=chance.choice((1.0, 2.0, 3.0)),
        believing=chance.random() < 0.25,
        streams=chance.randint(2, 5),
        until=chance.choice((4.0, 4.0, 5.0, 14.0)),
        appends=(),
        faults=(),
    )
    appends = sorted((_append(chance, plan) for _ in range(chance.randint(4, 10))), key=lambda one: one.second)
    faults = tuple(_fault(chance, plan) for _ in range(chance.choice((0, 1, 2, 3, 3, 4, 5, 6))))
    return replace(plan, appends=tuple(appends), faults=faults)


def _append(chance: Random, plan: Plan) -> Append:
    several = chance.random() < 0.3
    streams = chance.sample(range(plan.streams), 2 if several else 1)
    hesitates = chance.choice((0.0, 0.0, 0.5, 2.0))
    second = round(chance.random() * plan.until, 1)
    return Append(second, chance.choice(BUREAUS), tuple(sorted(streams)), chance.random() < 0.2, hesitates)


def _fault(chance: Random, plan: Plan) -> Fault:
    seconds = chance.choice((1.0, 3.0, 6.0, 12.0, 20.0))
    second = round(chance.random() * (plan.until + 3), 1)
    drawn = chance.random()
    if drawn < 0.06:
        return Fault("restarted", DATABASE, second, chance.choice((0.0, 1.0, 3.0)))
    if plan.log != EMBEDDED:
        if drawn < 0.18:
            return Fault("rebalanced", GROUP, second)
        if drawn < 0.32:
            return Fault(chance.choice(OF_THE_BROKER), BROKER, second, seconds)
        if drawn < 0.46:
            return Fault(chance.choice(OF_PUBLISHING), chance.choice(RELAYS), chance.randint(1, 6))
    who = chance.choice(plan.processes)
    return Fault(chance.choice(OF_A_PROCESS), who, chance.randint(1, MOMENTS[who.split()[0]]), seconds)
