"""Which code does an old one stand for on a day? Pure.

The mapping nearest to the permit's region wins; a code may change several times, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from uuid import UUID, uuid5

from events.code_mappings import CodeKind, CodeMapped
from events.envelope import NAMESPACE
from events.regions import enclosing


def mapping_id(entry: CodeMapped) -> UUID:
    """Return the identity of an entry: kind, old code, region and the day from which it holds."""
    return uuid5(NAMESPACE, f"code/{entry.kind}/{entry.old}/{entry.only_region}/{entry.valid_from}")


@dataclass(frozen=True, slots=True)
class CodeMappings:
    """All mappings as they stand at one version of the duty register."""

    by_old: Mapping[tuple[CodeKind, str], tuple[CodeMapped, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[CodeMapped]) -> CodeMappings:
        by_old: dict[tuple[CodeKind, str], tuple[CodeMapped, ...]] = {}
        for entry in entries:
            key = (entry.kind, entry.old)
            by_old[key] = (*by_old.get(key, ()), entry)
        return cls(by_old)

    def matter(self, code: str, region: str, day: date) -> str:
        return self.current(CodeKind.MATTER, code, region, day)

    def department(self, code: str, region: str, day: date) -> str:
        return self.current(CodeKind.DEPARTMENT, code, region, day)

    def region(self, code: str, day: date) -> str:
        """Return the region that ``code``, or the nearest around it that was mapped, stands for."""
        for place in enclosing(code):
            now = self.current(CodeKind.REGION, place, place, day)
            if now != place:
                return now
        return code

    def current(self, kind: CodeKind, code: str, region: str, day: date) -> str:
        """Return what ``code`` stands for on ``day``, for a permit of ``region``; itself when nothing maps it."""
        seen = {code}
        while (entry := self._one(kind, code, region, day)) is not None and entry.new not in seen:
            code = entry.new
            seen.add(code)
        return code

    def _one(self, kind: CodeKind, code: str, region: str, day: date) -> CodeMapped | None:
        holding = [entry for entry in self.by_old.get((kind, code), ()) if entry.holds_on(day)]
        for place in (*enclosing(region), ""):
            for entry in holding:
                if entry.only_region == place:
                    return entry
        return None


@dataclass(frozen=True, slots=True)
class Clash:
    """Two entries that cannot both hold: one code with two meanings on one day, or a circle."""

    first: CodeMapped
    second: CodeMapped
    circle: bool = False


def clashes(entries: Sequence[CodeMapped]) -> list[Clash]:
    """Return every pair that maps one code, for one region and day, to two; and circles."""
    same: dict[tuple[CodeKind, str, str], list[CodeMapped]] = {}
    for entry in entries:
        same.setdefault((entry.kind, entry.old, entry.only_region), []).append(entry)
    found = [
        Clash(first, second)
        for group in same.values()
        for first, second in combinations(group, 2)
        if first.valid_from <= (second.valid_to or date.max) and second.valid_from <= (first.valid_to or date.max)
    ]
    mappings = CodeMappings.of(entries)
    for entry in entries:
        back = _leads_back(mappings, entry)
        if back is not None:
            found.append(Clash(entry, back, circle=True))
    return found


def _leads_back(mappings: CodeMappings, entry: CodeMapped) -> CodeMapped | None:
    """Return the entry that leads from ``entry``'s new code back to its old one, on its first day."""
    code, seen = entry.new, {entry.new}
    region = entry.only_region or "000000"
    while (following := mappings._one(entry.kind, code, region, entry.valid_from)) is not None:
        if following.new == entry.old:
            return following
        if following.new in seen:
            return None
        code = following.new
        seen.add(code)
    return None
