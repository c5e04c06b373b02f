"""A broker in memory: it keeps the promises of ``Log`` and ``Publisher``, and breaks what a real one may break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from events.envelope import Record
from events.log import Announcement, Batch, CursorsOutOfRange, LogIdentity, LogUnavailable
from events.numbers import Run
from tests.simulation.plan import OF_PUBLISHING, Fault
from tests.simulation.standing_in import PARTITIONS

if TYPE_CHECKING:
    from tests.simulation.world import World

SESSION_SECONDS = 10.0
"""Who says nothing for so long is no member of a group any more."""


@dataclass
class Topic:
    """``number`` is its identity: made anew, it is another one."""

    number: int = 1
    partitions: list[list[Record]] = field(default_factory=lambda: [[] for _ in range(PARTITIONS)])
    announcement: Announcement | None = None
    committed: dict[int, int] = field(default_factory=dict)
    """What a consumer group's offsets would be. The product does not look at them."""


class Broker:
    def __init__(self, world: World) -> None:
        self.world = world
        self.topics = {"approval": Topic(), "supervision": Topic()}
        self.away_until = 0.0
        self.publishings: dict[str, int] = {}

    def strike(self, fault: Fault) -> None:
        topic = self.topics["approval"]
        if fault.kind == "away":
            self.away_until = self.world.scheduler.now + fault.seconds
        elif fault.kind == "made anew":
            self.topics["approval"] = Topic(topic.number + 1)
        elif fault.kind == "tail lost":
            for records in topic.partitions:
                del records[len(records) - min(len(records), int(fault.seconds) % 4 + 1) :]

    def asked(self, source: str, what: str) -> Topic:
        """Be asked by the process that runs. ``LogUnavailable`` while the broker is away."""
        self.world.faults.visit(what)
        if self.world.scheduler.now < self.away_until:
            raise LogUnavailable("the broker is away")
        return self.topics[source]


class BrokerLog:
    """``events.log.Log`` on the broker."""

    partitions = PARTITIONS

    def __init__(self, broker: Broker, source: str) -> None:
        self.broker = broker
        self.source = source
        self.name = f"broker:{source}"
        self._known = 0

    def identity(self) -> LogIdentity:
        self._known = self.broker.asked(self.source, "identity").number
        return LogIdentity(self.name, "simulated", str(self._known))

    def read(self, cursors: Mapping[int, int], limit: int, timeout: float = 0.0) -> Batch:
        found = self._read(cursors, limit)
        if not found.records and timeout:
            self.broker.world.scheduler.sleep(max(timeout, self.broker.world.plan.idle))
            found = self._read(cursors, limit)
        return found

    def _read(self, cursors: Mapping[int, int], limit: int) -> Batch:
        """Partitions come in any order, and not all of them at once."""
        topic = self.broker.asked(self.source, "read")
        if topic.number != self._known:
            raise CursorsOutOfRange(self.source)
        chance = self.broker.world.scheduler.chance
        records: list[Record] = []
        after = dict(cursors)
        for partition in chance.sample(sorted(cursors), len(cursors)):
            held = topic.partitions[partition]
            if not 0 <= cursors[partition] <= len(held):
                raise CursorsOutOfRange(self.source)
            room = min(limit - len(records), chance.choice((0, 1, limit, limit)))
            page = held[cursors[partition] : cursors[partition] + room]
            records += page
            after[partition] += len(page)
        topic.committed.update(after)
        return Batch(records, after)

    def head(self) -> Mapping[int, int]:
        topic = self.broker.asked(self.source, "head")
        return {number: len(records) for number, records in enumerate(topic.partitions)}

    def beginning(self) -> Mapping[int, int]:
        self.broker.asked(self.source, "beginning")
        return dict.fromkeys(range(PARTITIONS), 0)

    def unread(self, cursors: Mapping[int, int]) -> Mapping[int, int]:
        head = self.head()
        return {p: head[p] - cursor for p, cursor in cursors.items() if head[p] > cursor}

    def oldest_unread_at(self, cursors: Mapping[int, int]) -> datetime | None:
        raise NotImplementedError("nobody simulated asks for it")

    def numbered(self, runs: Sequence[Run]) -> None:
        return None

    def announce(self, announcement: Announcement) -> None:
        self.broker.asked(self.source, "announce").announcement = announcement

    def announcement(self) -> Announcement | None:
        return self.broker.asked(self.source, "announcement").announcement

    def close(self) -> None: ...


class BrokerPublisher:
    """``events.log.Publisher`` on the broker."""

    def __init__(self, broker: Broker, source: str) -> None:
        self.broker = broker
        self.source = source

    def identity(self) -> LogIdentity:
        return BrokerLog(self.broker, self.source).identity()

    def head(self) -> Mapping[int, int]:
        return BrokerLog(self.broker, self.source).head()

    def publish(self, records: Sequence[Record]) -> Mapping[int, int]:
        broker, who = self.broker, self.broker.world.scheduler.current.process.name
        topic = broker.asked(self.source, "publish")
        broker.publishings[who] = broker.publishings.get(who, 0) + 1
        fault = broker.world.faults.of(OF_PUBLISHING, who, broker.publishings[who])
        kind = fault.kind if fault else ""
        written = records[: len(records) // 2] if kind == "half written" else records
        cursors = self._write(topic, written)
        if kind == "doubled":
            cursors |= self._write(topic, written)
        if kind == "old one again":
            cursors |= self._write(topic, [held[0] for held in topic.partitions if held])
        broker.world.scheduler.note("published", len(written), kind)
        if kind in ("unacknowledged", "half written"):
            raise LogUnavailable("no acknowledgement came")
        broker.world.faults.visit("published", after=True)
        return cursors

    def _write(self, topic: Topic, records: Sequence[Record]) -> dict[int, int]:
        cursors: dict[int, int] = {}
        for record in records:
            held = topic.partitions[record.partition]
            held.append(replace(record, cursor=len(held) + 1))
            cursors[record.partition] = len(held)
        return cursors

    def close(self) -> None: ...


class Group:
    """Who reads which partitions. A member is told when it asks; one that does not ask is left out after a while."""

    def __init__(self, world: World, members: Sequence[str]) -> None:
        self.world = world
        self.members = members
        self.turned = 0
        self._heard: dict[str, float] = {}

    def poll(self, member: str) -> tuple[int, ...]:
        """Return the partitions of ``member`` now."""
        now = self.world.scheduler.now
        self._heard[member] = now
        living = [one for one in self.members if now - self._heard.get(one, -SESSION_SECONDS) < SESSION_SECONDS]
        place = living.index(member)
        return tuple(p for p in range(PARTITIONS) if (p + self.turned) % len(living) == place)

    def leave(self, member: str) -> None:
        self._heard.pop(member, None)
