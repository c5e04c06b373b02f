"""The duty list (监管责任清单): which departments supervise a permit of this matter, region and level, on this day?

Pure. The most specific region wins (county before city before province), then the exact level before ``*``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import combinations
from uuid import UUID, uuid5

from events.envelope import NAMESPACE
from events.regions import enclosing
from events.supervision import DutyAssigned
from services.supervision.code_mapping import CodeMappings

ANY_LEVEL = "*"


class Uncovered(StrEnum):
    """Why no duty covers a decision."""

    MATTER = "matter_not_listed"
    REGION = "region_not_covered"
    LEVEL = "level_not_covered"
    DAY = "no_duty_on_this_day"


UNCOVERED_WORDS = {
    Uncovered.MATTER: "监管责任清单中没有该事项",
    Uncovered.REGION: "该事项在此区划没有监管部门",
    Uncovered.LEVEL: "该事项在此层级没有监管部门",
    Uncovered.DAY: "该事项的监管责任在当日未生效或已失效",
}


@dataclass(frozen=True, slots=True)
class Duty:
    """An entry with its identity and the version of its stream."""

    id: UUID
    version: int
    content: DutyAssigned

    def __hash__(self) -> int:
        """Of its name only: every push looks up what its duty says, and the content is long."""
        return hash((self.id.int, self.version))

    def holds_on(self, day: date) -> bool:
        content = self.content
        return content.valid_from <= day and (content.valid_to is None or day <= content.valid_to)


def duty_id(content: DutyAssigned) -> UUID:
    """Return the identity of an entry: matter, region, level and the day from which it holds."""
    name = f"duty/{content.matter_code}/{content.region_code}/{content.level}/{content.valid_from}"
    return uuid5(NAMESPACE, name)


@dataclass(frozen=True, slots=True)
class Register:
    """The duty list as it stands at one version. ``route`` remembers its answers: keep one per version."""

    version: int
    by_matter: dict[str, list[Duty]] = field(default_factory=dict)
    mappings: CodeMappings = field(default_factory=CodeMappings)
    _answers: dict[tuple[str, str, str, date], Duty | Uncovered] = field(default_factory=dict)

    @classmethod
    def of(cls, version: int, duties: Iterable[Duty], mappings: CodeMappings | None = None) -> Register:
        register = cls(version, mappings=mappings or CodeMappings())
        for duty in duties:
            register.by_matter.setdefault(duty.content.matter_code, []).append(duty)
        return register

    def route(self, matter: str, region: str, level: str, day: date) -> Duty | Uncovered:
        """Return the duty that covers a permit on ``day``, or why none does."""
        asked = (matter, region, level, day)
        if asked not in self._answers:
            self._answers[asked] = self._find(matter, region, level, day)
        return self._answers[asked]

    def _find(self, matter: str, region: str, level: str, day: date) -> Duty | Uncovered:
        """Ask the list for the codes as they are stated first; then for those that they stand for on ``day``."""
        answer = self._listed(matter, region, level, day)
        if isinstance(answer, Uncovered):
            today = self.mappings.matter(matter, region, day), self.mappings.region(region, day)
            if today != (matter, region):
                mapped = self._listed(*today, level, day)
                answer = mapped if isinstance(mapped, Duty) else answer
        return self._current(answer, region, day) if isinstance(answer, Duty) else answer

    def _current(self, duty: Duty, region: str, day: date) -> Duty:
        """Return the duty with the departments that its own have become by ``day``."""
        content = duty.content
        lead, *others = (self.mappings.department(c, region, day) for c in (content.lead, *content.co_departments))
        if (lead, tuple(others)) == (content.lead, content.co_departments):
            return duty
        kept = tuple(dict.fromkeys(code for code in others if code != lead))
        return replace(duty, content=content.model_copy(update={"lead": lead, "co_departments": kept}))

    def _listed(self, matter: str, region: str, level: str, day: date) -> Duty | Uncovered:
        listed = self.by_matter.get(matter)
        if not listed:
            return Uncovered.MATTER
        around = {code: distance for distance, code in enumerate(enclosing(region))}
        near = [duty for duty in listed if duty.content.region_code in around]
        if not near:
            return Uncovered.REGION
        fitting = [duty for duty in near if duty.content.level in (level, ANY_LEVEL)]
        if not fitting:
            return Uncovered.LEVEL
        holding = [duty for duty in fitting if duty.holds_on(day)]
        if not holding:
            return Uncovered.DAY
        return min(holding, key=lambda duty: (around[duty.content.region_code], duty.content.level == ANY_LEVEL))


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two entries that name different leads for one day: neither is taken until a person decides."""

    first: DutyAssigned
    second: DutyAssigned


def conflicts(entries: Sequence[DutyAssigned]) -> list[Conflict]:
    """Return every pair of entries that name two leads, or stand twice, for one matter, region, level and day."""
    same: dict[tuple[str, str, str], list[DutyAssigned]] = {}
    for entry in entries:
        same.setdefault((entry.matter_code, entry.region_code, entry.level), []).append(entry)
    return [
        Conflict(first, second)
        for group in same.values()
        for first, second in combinations(group, 2)
        if first.valid_from <= (second.valid_to or date.max) and second.valid_from <= (first.valid_to or date.max)
    ]
