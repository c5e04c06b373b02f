"""Replies to the bureaus on Kafka: one topic for each, keyed by the command's id, CloudEvents 1.0 in binary mode."""

from __future__ import annotations

from collections.abc import Sequence

from events.log import LogUnavailable
from events.log.access import Brokers
from events.log.commands import Reply
from events.log.kafka.publisher import Message, Sender
from events.log.kafka.record import CONTENT_TYPE, Headers
from events.log.kafka.topics import ensure, replies_topic


class KafkaReplies:
    """Publishes through one idempotent producer. A bureau's topic is made before its first reply."""

    def __init__(self, bootstrap: Brokers) -> None:
        self.bootstrap = bootstrap
        self._sender = Sender(bootstrap)
        self._there: set[str] = set()

    def publish(self, bureau: str, replies: Sequence[Reply]) -> None:
        topic = replies_topic(bureau)
        if bureau not in self._there:
            # As found: a bureau whose broker made the topic when it began to listen may have more partitions.
            ensure(self.bootstrap, topic, as_found=True)
            self._there.add(bureau)
        try:
            self._sender.send(message_of(reply) for reply in replies)
        except LogUnavailable:
            self._there.discard(bureau)  # perhaps somebody deleted it
            raise

    def close(self) -> None:
        self._sender.close()


def message_of(reply: Reply) -> Message:
    """Return ``reply`` as its bureau reads it. The partition is left to the key."""
    command = reply.command.encode()
    headers: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(reply.id).encode()),
        ("ce_source", b"/linkage/approval"),
        ("ce_type", b"command_answered"),
        ("ce_time", reply.answered_at.isoformat().encode()),
        ("ce_correlationid", command),
        ("ce_causationid", command),
        ("content-type", CONTENT_TYPE),
    ]
    return Message(replies_topic(reply.bureau).name, command, reply.answer, headers)
