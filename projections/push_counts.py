"""How many pushes were claimed, returned, are open, are overdue? Counted apart, at any past moment.

Every step of a case keeps its time, so what held at a moment is what the newest step up to it left behind: the figures
of last month can be made again next year, and are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text


class By(StrEnum):
    """What figures are told apart by."""

    DEPARTMENT = "department"
    MATTER = "matter"
    REGION = "region"
    MONTH = "month"


class Dates(StrEnum):
    """Which time a push belongs to: when its decision was taken (legal), or when it was delivered (recorded)."""

    LEGAL = "legal"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Wanted:
    """``first`` and ``last`` are days, both included, in China; ``as_of`` the moment at which the figures hold.
    ``matter`` and ``region`` (six digits): only these."""

    by: Sequence[By]
    dates: Dates
    first: date
    last: date
    as_of: datetime
    departments: Collection[str] = ()
    matter: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """The figures of one group. ``pushed`` is the sum of claimed, returned, moved and open.

    ``claimed``: signed, also when handled or closed since; ``late`` of them after their last day. ``returned``: and not
    signed or moved since. ``moved``: gone to others unsigned. ``open``: neither; ``overdue`` of them past the last day.
    """

    group: tuple[str, ...]
    pushed: int
    claimed: int
    late: int
    returned: int
    moved: int
    open: int
    overdue: int


_DIMENSION = {
    By.DEPARTMENT: "department",
    By.MATTER: "matter_code",
    By.REGION: "left(region_code, 6)",
    By.MONTH: "to_char({day}, 'YYYY-MM')",
}
_DAY = {
    Dates.LEGAL: "decision_date",
    Dates.RECORDED: "(delivered_at AT TIME ZONE 'Asia/Shanghai')::date",
}
# As a span of time and not of days, so that of ten years only the blocks of those days are read.
_WITHIN = {
    Dates.LEGAL: "decision_date BETWEEN :first AND :last",
    Dates.RECORDED: """delivered_at >= (cast(:first AS date)::timestamp AT TIME ZONE 'Asia/Shanghai')
          AND delivered_at < ((cast(:last AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')""",
}
_UNSETTLED = """(state IN ('delivered', 'read') OR state = 'returned'
            OR signed_at > :as_of OR returned_at > :as_of OR moved_at > :as_of)"""
"""What was neither signed nor moved at the moment: what is not so now, and what came to be so since. Each arm has an
index; without it the figures of what is late read every push there ever was."""
UNSETTLED_FIGURES = frozenset({"returned", "open", "overdue"})


FIGURES: Mapping[str, str] = {
    "pushed": "true",
    "claimed": "signed IS NOT NULL",
    "late": "(signed AT TIME ZONE 'Asia/Shanghai')::date > due_on",
    "returned": "signed IS NULL AND moved IS NULL AND returned IS NOT NULL",
    "moved": "signed IS NULL AND moved IS NOT NULL",
    "open": "signed IS NULL AND moved IS NULL AND returned IS NULL",
    "overdue": """signed IS NULL AND moved IS NULL AND returned IS NULL
        AND due_on < (cast(:as_of AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date""",
}
"""Which pushes a figure counts, among those of ``held``."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Of one group, what nobody had signed or moved: returned, open, and of those the overdue."""

    group: tuple[str, ...]
    returned: int
    open: int
    overdue: int


def held(wanted: Wanted, facts: str, *, unsettled: bool = False) -> str:
    """Return the query of the pushes that are wanted, each as it stood at the moment, with ``facts`` of it;
    ``unsettled``: only those that ``UNSETTLED_FIGURES`` count."""
    return f"""SELECT {facts}, due_on,
            CASE WHEN signed_at <= :as_of THEN signed_at END AS signed,
            CASE WHEN returned_at <= :as_of THEN returned_at END AS returned,
            CASE WHEN moved_at <= :as_of THEN moved_at END AS moved
        FROM cases
        WHERE delivered_at <= :as_of AND {_WITHIN[wanted.dates]} {f"AND {_UNSETTLED}" if unsettled else ""}
          AND (:everyone OR department = ANY(:departments))
          AND (:matter = '' OR matter_code = :matter) AND (:region = '' OR left(region_code, 6) = :region)"""


def asked(wanted: Wanted) -> dict[str, Any]:
    """Return the parameters of ``held``."""
    return {
        "as_of": wanted.as_of,
        "first": wanted.first,
        "last": wanted.last,
        "everyone": not wanted.departments,
        "departments": sorted(wanted.departments),
        "matter": wanted.matter,
        "region": wanted.region,
    }


def count_pushes(connection: Connection, wanted: Wanted) -> list[Count]:
    """Return the figures, one group a row, in the order of the groups; no row for a group without pushes."""
    return [Count(group, *counts) for group, counts in _counted(connection, wanted, list(FIGURES), unsettled=False)]


def count_unsettled(connection: Connection, wanted: Wanted) -> list[Unsettled]:
    """Return what nobody had signed or moved, one group a row, in the order of the groups: quick, however many years
    of pushes there are."""
    figures = [figure for figure in FIGURES if figure in UNSETTLED_FIGURES]
    return [Unsettled(group, *counts) for group, counts in _counted(connection, wanted, figures, unsettled=True)]


def _counted(
    connection: Connection, wanted: Wanted, figures: Sequence[str], *, unsettled: bool
) -> Iterator[tuple[tuple[str, ...], Sequence[int]]]:
    dimensions = [_DIMENSION[one].format(day=_DAY[wanted.dates]) for one in wanted.by]
    groups = ["delivered_at", *(f"{dimension} AS g{number}" for number, dimension in enumerate(dimensions))]
    named = ", ".join(f"g{number}" for number in range(len(dimensions)))
    counts = ", ".join(f"count(*) FILTER (WHERE {FIGURES[figure]})" for figure in figures)
    rows = connection.execute(
        text(
            f"""WITH held AS ({held(wanted, ", ".join(groups), unsettled=unsettled)})
                SELECT {named + ", " if named else ""} {counts}
                FROM held {f"GROUP BY {named} ORDER BY {named}" if named else "HAVING count(*) > 0"}"""
        ),
        asked(wanted),
    )
    size = len(dimensions)
    return ((tuple(row[:size]), row[size:]) for row in rows)
