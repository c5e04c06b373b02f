"""Taking the topics of the linkage away, for a site that begins anew."""

from __future__ import annotations

import time
from collections.abc import Sequence

from kafka.errors import UnknownTopicOrPartitionError

from events.log import LogUnavailable
from events.log.access import Brokers
from events.log.kafka.topics import ANNOUNCEMENTS, COMMANDS, REPLIES, administration, events_topic

_PATIENCE_SECONDS = 20.0


def erase_topics(bootstrap: Brokers, sources: Sequence[str]) -> None:
    """Delete the events of ``sources``, all announcements, commands and replies, and return when the cluster no longer
    lists them."""
    names = {ANNOUNCEMENTS.name, COMMANDS.name, *(events_topic(source).name for source in sources)}
    with administration(bootstrap) as admin:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while there := [name for name in admin.list_topics() if name in names or name.startswith(REPLIES)]:
            if time.monotonic() > deadline:
                raise LogUnavailable(f"Kafka at {bootstrap}: topics are not deleted: {', '.join(sorted(there))}")
            try:
                admin.delete_topics(sorted(there))
            except UnknownTopicOrPartitionError:
                continue  # one of them went while the question was on its way
            time.sleep(0.2)
