"""How a side's checkpoint, and that of the other side, stand: when each was last good, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import psycopg

TOO_OLD = timedelta(minutes=10)
"""A checkpoint is due every minute; so long without a good one is said aloud."""


class CheckpointFault(StrEnum):
    """``REWRITTEN``: it does not follow from the one held before. ``SPLIT``: another root for the same size.
    ``SIGNATURE``: not signed by the key that is trusted, or no checkpoint at all. ``UNKNOWN_KEY``: signed by a key that
    nobody here has accepted. ``BROKEN``: of a ledger with a hole no root can be computed. ``OVERDUE``: no good one for
    ten minutes."""

    REWRITTEN = "rewritten"
    SPLIT = "split"
    SIGNATURE = "signature"
    UNKNOWN_KEY = "unknown_key"
    BROKEN = "broken"
    OVERDUE = "overdue"


FAULT_WORDS: Mapping[CheckpointFault, str] = {
    CheckpointFault.REWRITTEN: "与本侧留存的上一个检查点接不上：此前的记录被改动过",
    CheckpointFault.SPLIT: "同样条数有两个不同的检查点：对不同的人出示了不同的账簿",
    CheckpointFault.SIGNATURE: "检查点的签名不对",
    CheckpointFault.UNKNOWN_KEY: "检查点用的是本侧没有认可的密钥",
    CheckpointFault.BROKEN: "账簿缺号，算不出检查点",
    CheckpointFault.OVERDUE: "超过 10 分钟没有新的、能与上一个接上的检查点",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """``good_at``: when a checkpoint of ``source`` was last signed here, or heard and found to follow."""

    source: str
    good_at: datetime
    looked_at: datetime
    fault: CheckpointFault | None
    fault_since: datetime | None

    def fault_at(self, now: datetime, *, own: bool) -> CheckpointFault | None:
        """Return what is wrong ``now``. Of the other side's nothing is overdue while it is silent: that is told as
        such."""
        if self.fault:
            return self.fault
        return CheckpointFault.OVERDUE if (now if own else self.looked_at) - self.good_at > TOO_OLD else None


def standings(connection: psycopg.Connection) -> Mapping[str, Standing]:
    """Return how either side's checkpoint stands; nothing of a side before its first."""
    rows = connection.execute("SELECT source, good_at, looked_at, fault, fault_since FROM checkpoint_standing")
    return {
        source: Standing(source, good_at, looked_at, CheckpointFault(fault) if fault else None, since)
        for source, good_at, looked_at, fault, since in rows.fetchall()
    }


def checkpoint_faults(connection: psycopg.Connection, side: str, now: datetime) -> Mapping[str, CheckpointFault]:
    """Return what is wrong with either side's checkpoint as ``side`` sees it; nothing of one that is well."""
    found = {name: one.fault_at(now, own=name == side) for name, one in standings(connection).items()}
    return {name: fault for name, fault in found.items() if fault}


def note_good(connection: psycopg.Connection, source: str, at: datetime) -> None:
    connection.execute(
        """INSERT INTO checkpoint_standing (source, good_at, looked_at) VALUES (%s, %s, %s)
           ON CONFLICT (source) DO UPDATE SET good_at = excluded.good_at, looked_at = excluded.looked_at,
               fault = NULL, fault_since = NULL""",
        (source, at, at),
    )


def note_fault(connection: psycopg.Connection, source: str, at: datetime, fault: CheckpointFault | None) -> None:
    """Note that the side was looked at and had no good one; ``None``: not yet one that can be judged."""
    connection.execute(
        """INSERT INTO checkpoint_standing AS c (source, good_at, looked_at, fault, fault_since)
           VALUES (%(source)s, %(at)s, %(at)s, %(fault)s, CASE WHEN %(fault)s::text IS NULL THEN NULL ELSE %(at)s END)
           ON CONFLICT (source) DO UPDATE SET looked_at = excluded.looked_at,
               fault = coalesce(excluded.fault, c.fault),
               fault_since = CASE WHEN c.fault IS NOT DISTINCT FROM coalesce(excluded.fault, c.fault)
                                  THEN c.fault_since ELSE excluded.fault_since END""",
        {"source": source, "at": at, "fault": fault},
    )
