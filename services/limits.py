"""How long may it take? The limits that a site has set, the days on which they hold, and what holds without. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from events.limits import LimitKind, LimitSet, Unit
from services.working_days import Calendar, Due

EVERY_MATTER = "*"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many days. ``preset``: nobody set it, it comes with the product."""

    days: int
    unit: Unit = Unit.WORKING_DAYS
    preset: bool = False

    def due(self, start: date, calendar: Calendar) -> Due:
        """Return its last day when it begins on ``start`` (day 0)."""
        if self.unit is Unit.NATURAL_DAYS:
            return calendar.due_after(start, self.days)
        return calendar.due(start, self.days)

    @property
    def words(self) -> str:
        return f"{self.days} 个{UNIT_WORDS[self.unit]}"


UNIT_WORDS: Mapping[Unit, str] = {Unit.WORKING_DAYS: "工作日", Unit.NATURAL_DAYS: "自然日"}

KIND_WORDS: Mapping[LimitKind, str] = {
    LimitKind.CLAIM: "签收认领",
    LimitKind.OPINION: "会商意见",
    LimitKind.RULING: "裁定",
    LimitKind.TASK: "审批侧任务",
    LimitKind.RULE_ACKNOWLEDGEMENT: "规则变更回应",
    LimitKind.FEEDBACK: "反馈",
    LimitKind.EXCEPTION: "待定件处置",
    LimitKind.CORRECTION: "更正答复",
    LimitKind.COMMITMENT_CHECK: "承诺核查",
    LimitKind.RECTIFICATION_CHECK: "整改复查",
    LimitKind.SURRENDER_AFTER_EXPIRY: "届满后注销",
    LimitKind.PUBLICATION: "双公示",
    LimitKind.ESCALATION: "超期后升级",
}

PRESET: Mapping[LimitKind, Limit] = {
    LimitKind.CLAIM: Limit(3, preset=True),
    LimitKind.OPINION: Limit(3, preset=True),
    LimitKind.RULING: Limit(5, preset=True),
    LimitKind.TASK: Limit(5, preset=True),
    LimitKind.RULE_ACKNOWLEDGEMENT: Limit(3, preset=True),
    LimitKind.FEEDBACK: Limit(1, preset=True),
    LimitKind.EXCEPTION: Limit(2, preset=True),
    LimitKind.CORRECTION: Limit(3, preset=True),
    LimitKind.COMMITMENT_CHECK: Limit(60, Unit.NATURAL_DAYS, preset=True),
    LimitKind.RECTIFICATION_CHECK: Limit(10, preset=True),
    LimitKind.SURRENDER_AFTER_EXPIRY: Limit(10, preset=True),
    LimitKind.PUBLICATION: Limit(7, preset=True),
    LimitKind.ESCALATION: Limit(2, preset=True),
}
"""What holds where a site has set nothing. Where the law or a place's practice names a figure it is that one
(``docs/limits.md``)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one site as they stand at one version of its register."""

    version: int = 0
    by_kind: Mapping[LimitKind, tuple[LimitSet, ...]] = field(default_factory=dict)

    @classmethod
    def set_by(cls, version: int, entries: Iterable[LimitSet]) -> Limits:
        by_kind: dict[LimitKind, tuple[LimitSet, ...]] = {}
        for entry in entries:
            by_kind[entry.kind] = (*by_kind.get(entry.kind, ()), entry)
        return cls(version, by_kind)

    def of(self, kind: LimitKind, *, matter: str = "", day: date) -> Limit:
        """Return the limit of what is opened on ``day``: set for the matter, else for every matter, else the preset.

        Of two that hold, the one that begins last.
        """
        holding = [entry for entry in self.by_kind.get(kind, ()) if _holds(entry, matter, day)]
        if not holding:
            return PRESET[kind]
        chosen = max(holding, key=lambda entry: (entry.matter_code != EVERY_MATTER, entry.valid_from))
        return Limit(chosen.days, chosen.unit)


def _holds(entry: LimitSet, matter: str, day: date) -> bool:
    return (
        entry.matter_code in (EVERY_MATTER, matter)
        and entry.valid_from <= day
        and (entry.valid_to is None or day <= entry.valid_to)
    )


STATE_WORDS = {"preset": "预置", "past": "已失效", "future": "未生效", "in_force": "现行"}


def limit_rows(entries: Iterable[LimitSet], today: date) -> list[dict[str, Any]]:
    """Return the limits that were set, past and future ones too, by kind, matter and first day, then the presets; each
    with its ``state``, a key of ``STATE_WORDS``."""
    rows = [
        entry.model_dump(mode="json") | {"state": _state(entry, today)}
        for entry in sorted(entries, key=lambda one: (one.kind.value, one.matter_code, one.valid_from))
    ]
    return rows + [
        {
            "kind": kind.value, "matter_code": EVERY_MATTER, "days": limit.days, "unit": limit.unit.value,
            "valid_from": None, "valid_to": None, "basis": "", "officer": "", "state": "preset",
        }
        for kind, limit in PRESET.items()
    ]  # fmt: skip


def _state(entry: LimitSet, today: date) -> str:
    if entry.valid_to is not None and entry.valid_to < today:
        return "past"
    return "future" if entry.valid_from > today else "in_force"
