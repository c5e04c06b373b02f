"""Numbers of a ledger that the other side misses are published once more, when it has asked for them.

They come behind newer ones. Readers skip by version what they have, and apply what they missed.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import structlog

from events import ledger
from events.log import Publisher

log = structlog.get_logger()

PAGE = 1000


def send(connection: psycopg.Connection, source: str, publisher: Publisher) -> Mapping[int, int]:
    """Publish what was asked for and not sent yet, and return the cursors after it; none when there is nothing."""
    cursors: dict[int, int] = {}
    waiting = connection.execute(
        "SELECT request, asked, runs FROM asked_of_us WHERE sent_at IS NULL ORDER BY asked_at, request, asked"
    ).fetchall()
    for request, asked, runs in waiting:
        sent = 0
        for first, last in runs:
            after = first - 1
            while records := ledger.read(connection, source, after, min(PAGE, last - after)):
                cursors.update(publisher.publish(records))
                after = records[-1].position
                sent += len(records)
                if after >= last:
                    break
        # Only now: a relay that dies before it publishes everything anew, which is harmless.
        connection.execute(
            "UPDATE asked_of_us SET sent_at = clock_timestamp() WHERE request = %s AND asked = %s", (request, asked)
        )
        log.info("numbers_sent_again", source=source, request=str(request), asked=asked, numbers=sent)
    return cursors
