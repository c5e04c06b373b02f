"""What each side says of time: how long each kind of work may take, and on which days people work."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from events.approval import Said


class LimitKind(StrEnum):
    """What has to be done within a limit."""

    CLAIM = "claim"
    OPINION = "opinion"
    RULING = "ruling"
    TASK = "task"
    RULE_ACKNOWLEDGEMENT = "rule_acknowledgement"
    FEEDBACK = "feedback"
    EXCEPTION = "exception"
    CORRECTION = "correction"
    COMMITMENT_CHECK = "commitment_check"
    RECTIFICATION_CHECK = "rectification_check"
    SURRENDER_AFTER_EXPIRY = "surrender_after_expiry"
    PUBLICATION = "publication"
    ESCALATION = "escalation"


class Unit(StrEnum):
    """What a limit counts: 工作日 or 自然日."""

    WORKING_DAYS = "working_days"
    NATURAL_DAYS = "natural_days"


class LimitSet(Said):
    """A limit (期限): from ``valid_from`` on, what is opened of this kind is due so many days after its opening.

    ``matter_code``: only for this matter; ``*`` for every one. Of several that hold on a day, the one for the matter
    wins, then the one that begins last.
    """

    kind: LimitKind
    matter_code: str = "*"
    days: int
    unit: Unit = Unit.WORKING_DAYS
    valid_from: date
    valid_to: date | None = None
    basis: str = ""
    officer: str = ""


class CalendarDay(Said):
    """A day that is not what its weekday says: a working Sunday (调休上班), a Monday of rest."""

    day: date
    works: bool


class CalendarDaysSet(Said):
    """A notice about days of work and rest was taken.

    ``notice_year``: it is the State Council's notice for that year, whole, and replaces what was known of it; without
    one it is the site's own notice about single days, which wins over the yearly ones.
    """

    notice: str
    notice_year: int | None = None
    days: tuple[CalendarDay, ...]
    officer: str = ""
