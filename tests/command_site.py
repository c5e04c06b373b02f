"""An approval side with a topic of commands of its own on the real broker, and a bureau that sends and listens."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from events.approval import BodyRegistered, Level
from events.bookmark import Lease
from events.database import connect
from events.log.commands import Commands
from events.log.kafka.commands import KafkaCommands
from events.log.kafka.replies import KafkaReplies
from events.log.kafka.topics import A_MONTH, Topic, replies_topic
from services.approval.command_desk import CommandDesk
from services.approval.command_intake import CommandIntake
from services.approval.decision import Decision
from services.approval.handling import Desk
from services.approval.place_register import take_entries
from services.approval.replying import Replier
from tests.invented import decision
from tests.linkage import Linkage

_numbers = itertools.count(1)


def register(linkage: Linkage, *bureaus: str) -> None:
    entries = [
        BodyRegistered(
            body=code, name="海州市行政审批局", region_code="990100", level=Level.CITY, valid_from=date(2020, 1, 1)
        )
        for code in bureaus
    ]
    take_entries(linkage.approval, entries, datetime(2026, 11, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Heard:
    """A reply as the bureau reads it."""

    command: str
    answer: dict[str, Any]
    headers: dict[str, str]


@dataclass
class CommandSite:
    """Nothing runs in the background: a test says when commands are taken and when replies are published."""

    linkage: Linkage
    bootstrap: str
    topic: Topic
    bureau: str
    producer: KafkaProducer
    kind: type[CommandDesk] = CommandDesk
    open: list[Any] = field(default_factory=list)

    def send(self, name: str | None, value: Decision | bytes, key: str = "k", /, **headers: str | None) -> None:
        """Send as the bureau does; ``headers`` replace what it would say, or leave it out (None)."""
        said = {"ce_id": name, "ce_source": self.bureau, "ce_type": "decision_command"} | headers
        body = value if isinstance(value, bytes) else value.model_dump_json().encode()
        self.producer.send(
            self.topic.name,
            key=key.encode(),
            value=body,
            headers=[(name, text.encode()) for name, text in said.items() if text is not None],
        ).get(10)

    def decision(self, **changes: Any) -> Decision:
        return decision(**{"deciding_body": self.bureau, **changes})

    def intake(self, desk: Desk | None = None) -> CommandIntake:
        return CommandIntake(
            self.linkage.approval_url,
            desk or self.linkage.desk,
            lambda: KafkaCommands(self.bootstrap, self.topic),
            "审改办",
        )

    @contextmanager
    def at_desk(self, desk: Desk | None = None) -> Iterator[tuple[Commands, CommandDesk]]:
        """An intake that has taken the partitions: the topic as it reads it, and its desk."""
        intake = self.intake(desk)
        with closing(intake.source()) as source, connect(self.linkage.approval_url, application="test") as keeper:
            made = intake.open(source, keeper)
            yield source, self.kind(made.desk, made.lease, made.identity, made.owner)

    def take(self, desk: Desk | None = None) -> Lease:
        """Take all that has come, as a process that starts now and ends then."""
        with self.at_desk(desk) as (source, commands):
            while source.unread(commands.lease.cursors):
                self.intake().step(source, commands)
            return commands.lease

    def publish(self) -> int:
        """Publish the replies that wait."""
        replier = Replier(self.linkage.approval_url, lambda: KafkaReplies(self.bootstrap))
        with (
            closing(replier.replies()) as replies,
            connect(self.linkage.approval_url, application="test") as connection,
        ):
            return replier.step(connection, replies)

    def heard(self) -> list[Heard]:
        """All that the bureau was ever told, in order."""
        return heard(self.bootstrap, self.bureau)

    def answers(self) -> dict[str, dict[str, Any]]:
        """Take what has come, publish the replies, and return what the bureau was told last of each command."""
        self.take()
        self.publish()
        return {one.command: one.answer for one in self.heard()}

    def recorded(self) -> int:
        """How many decisions are recorded. Nothing numbers here, so all stand in the outbox."""
        ((count,),) = self.linkage.rows("SELECT count(*) FROM outbox WHERE type LIKE 'permit_%%'", side="approval")
        return int(count)


def heard(bootstrap: str, bureau: str) -> list[Heard]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    with closing(consumer):
        topic = TopicPartition(replies_topic(bureau).name, 0)
        if topic.topic not in consumer.topics():
            return []
        consumer.assign([topic])
        consumer.seek_to_beginning(topic)
        end = consumer.end_offsets([topic])[topic]
        found: list[Heard] = []
        while consumer.position(topic) < end:
            for message in consumer.poll(timeout_ms=500).get(topic, []):
                headers = {name: value.decode() for name, value in message.headers}
                found.append(Heard(message.key.decode(), json.loads(message.value), headers))
    return found


@contextmanager
def command_site(linkage: Linkage, bootstrap: str) -> Iterator[CommandSite]:
    number = next(_numbers)
    topic = Topic(f"linkage.test.commands{number}", 3, A_MONTH, "kafka:commands")
    bureau = f"11990100MB{number:07d}X"
    register(linkage, bureau)
    with closing(KafkaCommands(bootstrap, topic)) as commands:
        commands.identity()  # makes the topic
    producer = KafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    try:
        yield CommandSite(linkage, bootstrap, topic, bureau, producer)
    finally:
        producer.close(timeout=2)
