"""The advisory locks of a side's database, all in one place: two that share a number would wait for one another."""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class Lock(IntEnum):
    """By what is done under each. A number never changes: in a rolling restart the release before and this one stand
    side by side, and under two numbers both would lead. Locks of one thing among many (a permit, an account) are named
    by a hash of its name instead."""

    NUMBERING = 0x5E9
    RELAYING = 0x5EA
    REPLYING = 0x5EB
    ALERTING = 0x5EC
    SCHEDULING = 0x5ED
    WATCHING_NUMBERS = 0x5EE
    NOTIFYING = 0x5EF
    PROVING_NIGHTLY = 0x5F1
    SIGNING_CHECKPOINTS = 0x5F4
    SENDING_WEBHOOKS = 0x5F5
    LINKING_AUDIT = 0x5FA
    COPYING_AUDIT = 0x5FB
    STAMPING_CHECKPOINTS = 0x5FC
    MIGRATING = 7_310_001
    GIVING_RIGHTS = 7_310_002
