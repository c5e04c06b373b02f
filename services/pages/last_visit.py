"""Since when is something new to this browser? A cookie about a list keeps it, and nothing about a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi.responses import Response

from services.pages.visiting import YEAR_SECONDS, Visit

SITTING = timedelta(minutes=30)
"""Whoever comes back within it is still at the same look: what was new to it stays marked."""
FIRST_LOOK = timedelta(days=7)
"""What a browser that never looked is told as new."""
STILL_WRITTEN = timedelta(minutes=1)
"""What was being written while the page was read may bear an earlier time: rather marked twice than never."""


@dataclass(frozen=True, slots=True)
class LastVisit:
    """``since``: what changed later is new; None on the first visit of this browser. ``seen``: when it is shown."""

    cookie: str
    since: datetime | None
    seen: datetime
    by_https: bool

    @classmethod
    def of(cls, visit: Visit, what: str, now: datetime) -> LastVisit:
        cookie = f"seen-{visit.pages.cookies}-{what}"
        since, seen = _read(visit.request.cookies.get(cookie, ""))
        if seen is not None and now - seen > SITTING:
            since = seen - STILL_WRITTEN
        return cls(cookie, since, now, visit.by_https)

    @property
    def news_since(self) -> datetime:
        """Return since when what changed is told as new."""
        return self.since or self.seen - FIRST_LOOK

    def keep(self, answer: Response) -> None:
        said = "~".join(moment.isoformat() if moment else "" for moment in (self.since, self.seen))
        answer.set_cookie(self.cookie, said, max_age=YEAR_SECONDS, secure=self.by_https, httponly=True, samesite="lax")


def _read(cookie: str) -> tuple[datetime | None, datetime | None]:
    """Read both times; a spoiled cookie is one of a first visit."""
    try:
        since, seen = (datetime.fromisoformat(each) if each else None for each in cookie.split("~"))
    except ValueError:
        return None, None
    aware = all(moment is None or moment.tzinfo for moment in (since, seen))
    return (since, seen) if aware else (None, None)
