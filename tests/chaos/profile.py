"""How much is done: quick once each, within ten minutes on a quiet machine; full as the promises are tested at size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """``kills`` of parts; ``rounds`` for what takes long, outages of database, broker and disk; ``frozen``: seconds,
    one after another. ``deliveries``, ``decisions``, ``backlog`` and ``writes``: how many events those scenarios take
    that need no site. ``clocks``: in how many ways the clocks of both sides are set. ``watched_seconds``: how long a
    slow reader is watched, ``minutes`` how long a soak lasts."""

    kills: int
    rounds: int
    frozen: tuple[float, ...]
    down_seconds: float = 3.0
    deliveries: int = 6_000
    decisions: int = 4_000
    poisons: int = 100
    backlog: int = 1_000
    watched_seconds: float = 40.0
    writes: int = 4_000
    races: int = 1
    clocks: int = 3
    minutes: float = 5.0


PROFILES: Mapping[str, Profile] = {
    "quick": Profile(kills=15, rounds=1, frozen=(20.0,)),
    "full": Profile(
        kills=500,
        rounds=10,
        frozen=(5.0, 15.0, 70.0),
        down_seconds=20.0,
        deliveries=50_000,
        decisions=100_000,
        poisons=1_000,
        backlog=5_000,
        watched_seconds=300.0,
        writes=12_000,
        races=5,
        clocks=12,
        minutes=120.0,
    ),
}
