"""What a follower feeds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from events.log import Batch, Log


class Reader(Protocol):
    """One projection under its leases. Called by one thread, one call at a time."""

    def take(self, source: Log, partitions: Collection[int], *, assigned: bool) -> Mapping[int, int]:
        """Take the leases of ``partitions`` and return where each that is now held resumes.

        With the identity and the beginning that ``source`` has now. ``assigned``: a consumer group gave them to us, so
        they are taken from a living owner too; otherwise only those that are free. Replaces what was held before.
        """
        ...

    def give_back(self) -> None:
        """Give back every lease. One that is no longer ours stays as it is."""
        ...

    def receive(self, batch: Batch) -> None:
        """Apply ``batch``, which starts at exactly where it resumes, or raise with nothing changed (``Fenced``, …)."""
        ...

    def tend(self) -> None:
        """Renew the leases and do what is due. Called every half second."""
        ...
