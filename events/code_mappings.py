"""What the supervision side says of codes that changed: lists are renumbered, merged, split; permits keep old codes."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from events.approval import Said


class CodeKind(StrEnum):
    """Whose code it is: 事项, 区划 or 部门."""

    MATTER = "matter"
    REGION = "region"
    DEPARTMENT = "department"


class CodeMapped(Said):
    """From ``valid_from`` on, ``old`` means ``new``. Codes that merge are several olds with one new.

    ``only_region``: only for permits of this region and what lies in it, so that one old can be split among several
    new ones; empty for all.
    """

    kind: CodeKind
    old: str
    new: str
    new_name: str = ""
    only_region: str = ""
    valid_from: date
    valid_to: date | None = None
    reason: str = ""

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
