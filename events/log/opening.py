"""Which log a site uses: one address decides it for both sides."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.log import Log, Publisher
from events.log.access import Brokers, Secured
from events.log.embedded import EmbeddedLog

if TYPE_CHECKING:
    from events.log.commands import Commands, Replies
    from events.log.kafka.reader import Reader

EMBEDDED = "embedded:"
LogAddress = str | Secured
"""``embedded:``, ``kafka://host:port[,host:port]``, or brokers that ask who comes."""
_LOADING = threading.Lock()
"""Kafka's client is loaded by those who use it, and its modules import one another in a circle: of two threads that
load them at once, one may be given half a module (``ImportError``)."""


def is_embedded(log: LogAddress) -> bool:
    return log == EMBEDDED


def bootstrap(log: LogAddress) -> Brokers:
    """Return the brokers of an address that is not the embedded log's."""
    return log if isinstance(log, Secured) else log.removeprefix("kafka://").rstrip("/")


def open_log(log: LogAddress, source: str, ledger_url: str, *, making: bool = True) -> Log:
    """Open the log of ``source`` for reading and announcing. Its topics are made if need be, unless the caller only
    looks (not ``making``): then the log is away while they are not there.

    ``ledger_url``: the database that keeps the ledger of ``source``; read by the embedded log only.
    """
    if is_embedded(log):
        return EmbeddedLog(ledger_url, source)
    with _LOADING:
        from events.log.kafka import KafkaLog

    return KafkaLog(bootstrap(log), source, making=making)


def open_publisher(log: LogAddress, source: str) -> Publisher:
    """Open the relay's end of the log of ``source``. The embedded log has none: the ledger itself is read."""
    with _LOADING:
        from events.log.kafka import KafkaPublisher

    return KafkaPublisher(bootstrap(log), source)


def follow_log(log: LogAddress, source: str, group: str, reader: Reader, stop: threading.Event) -> None:
    """Feed ``reader`` the log of ``source`` until ``stop``, as a member of the consumer group ``group``.

    Not for the embedded log, which has no groups: there a worker leases its partitions by itself.
    """
    with _LOADING:
        from events.log.kafka.follower import KafkaFollower

    KafkaFollower(bootstrap(log), source, group, reader).run(stop)


def open_commands(log: LogAddress, *, making: bool = True) -> Commands:
    """Open the topic of the bureaus' commands, as ``open_log`` does. Not for the embedded log, which has no topics."""
    with _LOADING:
        from events.log.kafka.commands import KafkaCommands

    return KafkaCommands(bootstrap(log), making=making)


def open_replies(log: LogAddress) -> Replies:
    """Open the way back to the bureaus. Not for the embedded log."""
    with _LOADING:
        from events.log.kafka.replies import KafkaReplies

    return KafkaReplies(bootstrap(log))


def erase_log(log: LogAddress, sources: Sequence[str]) -> None:
    """Take the logs of ``sources`` away, and commands and replies, for a site that begins anew.

    The embedded ones go with their databases.
    """
    if not is_embedded(log):
        with _LOADING:
            from events.log.kafka.erasing import erase_topics

        erase_topics(bootstrap(log), sources)


def grant_at_brokers(log: LogAddress, role: str, user: str, password: str | None, bureau: str) -> None:
    """Give ``user`` the rights of ``role`` at the brokers, as ``granting.grant`` does. Not for the embedded log."""
    with _LOADING:
        from events.log.kafka.granting import Role, grant

    grant(bootstrap(log), Role(role), user, password, bureau)
