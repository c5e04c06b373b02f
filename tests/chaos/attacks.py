"""What is done to a site. Each scenario attacks under load, and sees to it that the attack had an effect."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from events.log.kafka.topics import events_topic
from tests.chaos.outage import Outage
from tests.chaos.profile import Profile
from tests.chaos.siege import LEVEL_SECONDS, Siege
from tests.chaos.site import until

EMBEDDED_KINDS = ("projector", "sequencer", "approval", "supervision", "scheduler")
KAFKA_KINDS = ("relay", "projector", "relay", "projector", "sequencer", "approval", "supervision", "scheduler")
"""Relay and projector above all. The scheduler's sends canaries and notices too, and hands items to officers."""
LEASE_SECONDS = 10.0
GROUPS = ("linkage.intake", "linkage.told")


def kills_embedded(siege: Siege, profile: Profile) -> None:
    """Each kind of process is killed at random moments."""
    kill_parts(siege, EMBEDDED_KINDS, profile.kills)


def kills_kafka(siege: Siege, profile: Profile) -> None:
    """Relay, projector and the others are killed at random moments, while the events go through Kafka."""
    kill_parts(siege, KAFKA_KINDS, profile.kills)


def workers_change_kafka(siege: Siege, profile: Profile) -> None:
    """Of two workers one is killed for good under load, and another one comes, in turn, through Kafka."""
    change_workers(siege, profile.rounds)


def workers_change_embedded(siege: Siege, profile: Profile) -> None:
    """Of two workers one is killed for good under load, and another one comes, in turn."""
    change_workers(siege, profile.rounds)


def change_workers(siege: Siege, rounds: int) -> None:
    """Each worker goes and comes once a round: what it held is the other's meanwhile, and shared again afterwards."""
    for _ in range(rounds):
        for name in ("projector-2", "projector"):
            time.sleep(siege.draw.uniform(0.5, 2.0))
            siege.site.parts.retire(name)
            siege.attacks["worker killed for good"] += 1
            siege.until_level(time.monotonic())
            siege.site.parts.again(name)
            siege.attacks["worker came"] += 1
            siege.until_level(time.monotonic())


def kill_parts(siege: Siege, kinds: Sequence[str], kills: int) -> None:
    """Every kind in turn, in an order drawn anew each time; one in three is killed again before it is level."""
    order: list[str] = []
    for _ in range(kills):
        order = order or siege.draw.sample(kinds, len(kinds))
        name = order.pop()
        time.sleep(siege.draw.uniform(0.0, 0.4))
        started_at = siege.site.parts.kill(name)
        siege.attacks[f"{name} killed"] += 1
        if siege.draw.random() < 1 / 3:
            time.sleep(siege.draw.uniform(0.0, 2.5))
        else:
            siege.until_level(started_at)


def postgres_killed(siege: Siege, profile: Profile) -> None:
    """PostgreSQL is killed and started again; a part that is killed meanwhile waits for it. Nobody is told 200."""
    for _ in range(profile.rounds):
        time.sleep(siege.draw.uniform(0.5, 2.0))
        outage = Outage(siege.site)
        siege.site.postgres.kill()
        siege.attacks["postgres killed"] += 1
        siege.site.parts.kill(siege.draw.choice(("projector", "sequencer")))
        for said in outage.wrong_answers():
            siege.history.odd(said)
        siege.attacks["requests refused with 503"] += outage.asked
        time.sleep(profile.down_seconds)
        siege.site.postgres.start()
        siege.until_level(time.monotonic())
    if not siege.history.counts["database_away"]:
        siege.voids.append("no bureau was told that the database is away")


def broker_killed(siege: Siege, profile: Profile) -> None:
    """The broker is killed and comes back; decisions are acknowledged meanwhile, and drain afterwards."""
    for _ in range(profile.rounds):
        time.sleep(siege.draw.uniform(0.5, 2.0))
        _down(siege, profile.down_seconds, erased=False)
        siege.until_level(time.monotonic())


def broker_disk_lost(siege: Siege, profile: Profile) -> None:
    """The broker's disk is lost with unread events in it; then the groups' offsets are deleted."""
    for _ in range(profile.rounds):
        with siege.site.parts.held("projector"):
            until_acknowledged(siege, 100)
            _down(siege, profile.down_seconds, erased=True)
        siege.until_level(time.monotonic())
    with siege.site.parts.held("projector"):
        until_acknowledged(siege, 100)
        until(lambda: _groups_deleted(siege), 60, "the groups' offsets cannot be deleted")
        siege.attacks["group offsets deleted"] += 1
    siege.until_level(time.monotonic())


def broker_frozen(siege: Siege, profile: Profile) -> None:
    """The broker stands still, and goes on. Its connections never broke."""
    for seconds in profile.frozen * profile.rounds:
        time.sleep(siege.draw.uniform(0.5, 2.0))
        before = len(siege.history.acknowledged)
        siege.site.kafka.freeze()
        try:
            time.sleep(seconds)
        finally:
            siege.site.kafka.thaw()
        siege.attacks[f"broker frozen {seconds:.0f} s"] += 1
        if len(siege.history.acknowledged) == before:
            siege.voids.append("nothing was acknowledged while the broker was frozen")
        siege.until_level(time.monotonic())


def postgres_frozen(siege: Siege, profile: Profile) -> None:
    """PostgreSQL stands still, and goes on. Its connections never broke, and nobody was told anything meanwhile."""
    for seconds in profile.frozen * profile.rounds:
        time.sleep(siege.draw.uniform(0.5, 2.0))
        with siege.site.postgres.frozen():
            time.sleep(0.5)  # what was answered just before may still be on its way
            before = len(siege.history.acknowledged)
            time.sleep(seconds)
            meanwhile = len(siege.history.acknowledged) - before
        siege.attacks[f"postgres frozen {seconds:.0f} s"] += 1
        if meanwhile:
            siege.history.odd(f"{meanwhile} decisions were acknowledged while the database stood still")
        siege.until_level(time.monotonic())


def topic_made_anew(siege: Siege, profile: Profile) -> None:
    """The topic of decisions is deleted, with unread events in it and under everybody's feet, and made anew."""
    for _ in range(profile.rounds):
        with siege.site.parts.held("projector"):
            until_acknowledged(siege, 100)
            admin = KafkaAdminClient(bootstrap_servers=siege.site.kafka.bootstrap)
            admin.delete_topics([events_topic("approval").name])
            admin.close()
            siege.attacks["topic deleted"] += 1
        siege.until_level(time.monotonic())


def projector_frozen(siege: Siege, profile: Profile) -> None:
    """A projector stands still until another one has its leases, and wakes: it must change nothing."""
    for seconds in profile.frozen * profile.rounds:
        time.sleep(siege.draw.uniform(0.5, 2.0))
        _freeze_holder(siege, max(seconds, LEASE_SECONDS + 2))


def _freeze_holder(siege: Siege, seconds: float) -> None:
    name, held = _a_holder(siege)
    siege.site.parts.freeze(name)
    try:
        frozen_at = time.monotonic()
        until(lambda: _taken(siege, held), LEASE_SECONDS + 25, "nobody took over from the frozen projector")
        siege.until_level(time.monotonic())
        time.sleep(max(0.0, seconds - (time.monotonic() - frozen_at)))
    finally:
        siege.site.parts.thaw(name)
    siege.attacks[f"projector frozen {seconds:.0f} s"] += 1
    siege.until_level(time.monotonic())


def _down(siege: Siege, seconds: float, *, erased: bool) -> None:
    siege.site.kafka.kill()
    before = len(siege.history.acknowledged)
    time.sleep(seconds)
    siege.site.start_broker(erased=erased)
    siege.attacks["broker's disk lost" if erased else "broker killed"] += 1
    if len(siege.history.acknowledged) == before:
        siege.voids.append("nothing was acknowledged while the broker was away")


def until_acknowledged(siege: Siege, more: int) -> None:
    """Wait until so many more decisions are acknowledged."""
    wanted = len(siege.history.acknowledged) + more
    until(
        lambda: len(siege.history.acknowledged) >= wanted, LEVEL_SECONDS, f"{more} more decisions are not acknowledged"
    )


def _groups_deleted(siege: Siege) -> bool:
    """Refused by Kafka while a killed member is still believed to live."""
    admin = KafkaAdminClient(bootstrap_servers=siege.site.kafka.bootstrap)
    try:
        with suppress(KafkaError):
            admin.delete_groups(list(GROUPS))
        left = {group["group_id"] for group in admin.list_groups()}
        return not left.intersection(GROUPS)
    finally:
        admin.close()


def _a_holder(siege: Siege) -> tuple[str, dict[int, int]]:
    """Return a projector that holds partitions of the intake, and the epoch of each, once every one is held."""
    found: dict[str, dict[int, int]] = {}

    def all_held() -> bool:
        found.clear()
        for partition, epoch, owner in _leases(siege):
            # A worker's name bears its process number.
            if not owner or not (name := siege.site.parts.by_pid(int(owner.split("-")[-2]))):
                return False
            found.setdefault(name, {})[partition] = epoch
        return bool(found)

    until(all_held, LEVEL_SECONDS, "no projector holds the intake")
    name = siege.draw.choice(sorted(found))
    return name, found[name]


def _taken(siege: Siege, held: Mapping[int, int]) -> bool:
    """Tell whether everything that was held has another owner."""
    now = {partition: epoch for partition, epoch, _ in _leases(siege)}
    return all(now[partition] > epoch for partition, epoch in held.items())


def _leases(siege: Siege) -> Sequence[tuple[int, int, str]]:
    with siege.site.connect("supervision") as connection:
        return connection.execute("SELECT partition, epoch, owner FROM checkpoints WHERE reader = 'intake'").fetchall()
