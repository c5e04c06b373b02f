"""Up to which number has a reader read each partition, for certain?

What lies above that may be on its way. A partition in which nothing was said lately has no record to go by: with the
embedded log its cursor is a number itself, and through Kafka its cursor has come to where the relay wrote last.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from events.envelope import PARTITIONS
from events.relay import READER as RELAY


class Relayed:
    """Up to which number the relay has written a ledger to its topic, and where each partition stood then."""

    def __init__(self, position: int, cursors: Mapping[int, int], topic: tuple[str, str] | None) -> None:
        self.position, self.cursors, self.topic = position, cursors, topic

    def read_by(self, partition: int, cursor: int, topic: tuple[str, str]) -> bool:
        """Tell whether a reader at ``cursor`` has read all of ``partition`` that was written."""
        return topic == self.topic and cursor >= self.cursors.get(partition, 0)


def surely_read(connection: psycopg.Connection, reader: str, source: str, relayed: Relayed) -> dict[int, int]:
    """Return, for every partition, up to which number of the ledger of ``source`` ``reader`` has read it.

    ``relayed``: what ``relayed_by`` returned, asked before or after. A site that changed its log has bookmarks in both:
    each is right by itself, and the farther one counts.
    """
    found = dict.fromkeys(range(PARTITIONS), 0)
    rows = connection.execute(
        """SELECT log, partition, cursor, ledger_position, cluster, topic FROM checkpoints
           WHERE reader = %s AND log = ANY(%s)""",
        (reader, [f"embedded:{source}", f"kafka:{source}"]),
    )
    for log, partition, cursor, position, cluster, topic in rows:
        if log.startswith("embedded:"):
            position = max(position, cursor - 1)
        elif relayed.read_by(partition, cursor, (cluster, topic)):
            position = max(position, relayed.position)
        found[partition] = max(found[partition], position)
    return found


def relayed_by(connection: psycopg.Connection, source: str) -> Relayed:
    """Ask the database of ``source`` how far its relay came; nowhere, where there is none."""
    rows = connection.execute(
        "SELECT partition, cursor, ledger_position, cluster, topic FROM checkpoints WHERE reader = %s AND log = %s",
        (RELAY, f"kafka:{source}"),
    ).fetchall()
    topics = {(cluster, topic) for *_, cluster, topic in rows}
    if len(topics) != 1:  # none yet, or the topic was made anew and not every partition is written again
        return Relayed(0, {}, None)
    return Relayed(max(row[2] for row in rows), {row[0]: row[1] for row in rows}, topics.pop())
