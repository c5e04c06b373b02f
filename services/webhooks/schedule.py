"""When a message is tried again, and when a person is asked instead. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
"""How long after each failed attempt the next one is made: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h
(Standard Webhooks 1.0). After the last one it is given up."""
LONGEST = timedelta(days=4)
"""A message that waited so long behind others of its endpoint is given up as well: the whole schedule is 76 hours."""
MOST_ASKED = timedelta(hours=24)
"""An endpoint cannot ask for more patience than this at a time: it would be forgotten."""


def next_attempt(attempts: int, created_at: datetime, now: datetime) -> datetime | None:
    """Return when to try again after so many attempts, None when no more."""
    if attempts > len(WAITS) or now - created_at > LONGEST:
        return None
    return now + WAITS[attempts - 1]


def asked_to_wait(retry_after: str | None, now: datetime) -> datetime | None:
    """Return until when a 429 or 503 asks to be left alone (RFC 9110, 10.2.3: seconds, or a date); None when it does
    not say, or says something else."""
    if retry_after is None:
        return None
    said = retry_after.strip()
    if said.isascii() and said.isdigit():
        return now + min(timedelta(seconds=min(int(said[:9]), 10**8)), MOST_ASKED)
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until, now), now + MOST_ASKED)
