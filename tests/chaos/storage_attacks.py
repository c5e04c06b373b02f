"""A disk that is full, and one that fails: refused aloud, nothing acknowledged in vain, and level again by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

from services import broker
from tests.chaos.disks import flushes_that_fail
from tests.chaos.profile import Profile
from tests.chaos.siege import LEVEL_SECONDS, Siege
from tests.chaos.site import until

FULL_SECONDS = 12.0
FAILING_SECONDS = 60.0
PANIC = "PANIC:"


def disk_full(siege: Siege, profile: Profile) -> None:
    """The database's disk is full until somebody makes room. Whoever hands in meanwhile is refused, with 507 or 503."""
    assert siege.site.disk is not None
    for _ in range(profile.rounds):
        time.sleep(siege.draw.uniform(0.5, 2.0))
        refused = _grows(lambda: siege.history.counts["disk_full"] + siege.history.counts["database_away"])
        with siege.site.disk.full():
            until(refused, LEVEL_SECONDS, "nobody was refused though the disk is full")
            time.sleep(FULL_SECONDS)
        siege.attacks["database's disk full"] += 1
        room = time.monotonic()
        _as_a_service_manager_does(siege)
        siege.until_level(room)


def broker_disk_full(siege: Siege, profile: Profile) -> None:
    """The broker's disk is full until somebody makes room; decisions are acknowledged meanwhile, and drain then."""
    assert siege.site.disk is not None
    for _ in range(profile.rounds):
        time.sleep(siege.draw.uniform(0.5, 2.0))
        with siege.site.disk.full():
            began, before = time.monotonic(), len(siege.history.acknowledged)
            time.sleep(FULL_SECONDS)
            newest = siege.history.acknowledged_after(began)
            if newest is None or len(siege.history.acknowledged) - before < 10:
                siege.voids.append("nothing was acknowledged while the broker's disk was full")
            elif siege.listed(newest):
                siege.notes.append("the broker went on for a while in the room that its files had")
        siege.attacks["broker's disk full"] += 1
        room = back = time.monotonic()
        if broker.running(siege.site.kafka.folder) is None:
            siege.attacks["broker ended by itself"] += 1
            siege.site.start_broker()
            # As after every other end of the broker: how long Kafka itself reads its disk is not the linkage's doing.
            back = time.monotonic()
            siege.notes.append(f"Kafka answered again {back - room:.1f} s after there was room")
        siege.until_level(back)


def flushes_fail(siege: Siege, profile: Profile) -> None:
    """The disk answers a flush with an error. PostgreSQL must not believe what it wrote: it ends, and recovers."""
    for _ in range(profile.rounds):
        time.sleep(siege.draw.uniform(0.5, 2.0))
        panics = _grows(lambda: siege.site.postgres.said().count(PANIC))
        with flushes_that_fail(siege.site.postgres.processes(), after=siege.draw.randint(5, 40)):
            until(panics, FAILING_SECONDS, "PostgreSQL did not end though a flush failed")
        siege.attacks["flush failed, postgres ended"] += 1
        back = time.monotonic()
        _as_a_service_manager_does(siege)
        siege.until_level(back)


def _grows(count: Callable[[], int]) -> Callable[[], bool]:
    before = count()
    return lambda: count() > before


def _as_a_service_manager_does(siege: Siege) -> None:
    """Start PostgreSQL again when it has ended for good; most times it recovers under its first process."""
    time.sleep(1.0)
    if siege.site.postgres.ended:
        siege.attacks["postgres ended by itself"] += 1
        siege.site.postgres.start()
