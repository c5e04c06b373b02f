"""Where a decision belongs, which a 双公示 file does not say: the body's region and level, and the matter.

Register of bodies (许可机关) and mapping of matters, both with days of validity. The most specific entry wins; two
equally specific ones that differ are no answer but two candidates.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from events.approval import BodyRegistered, MatterMapped

ANY = "*"


@dataclass(frozen=True, slots=True)
class NotFound:
    """No entry fits, or several do. ``reason`` is for the clerk; ``candidates`` are matter codes."""

    reason: str
    candidates: tuple[str, ...] = ()


def holds(entry: BodyRegistered | MatterMapped, day: date) -> bool:
    """Tell whether an entry is valid on ``day``."""
    return entry.valid_from <= day and (entry.valid_to is None or day <= entry.valid_to)


@dataclass(slots=True)
class Places:
    """Register and mapping in memory, indexed by body; it answers some hundred thousand times a second."""

    bodies: dict[str, list[BodyRegistered]] = field(default_factory=dict)
    matters: dict[tuple[str, str], list[MatterMapped]] = field(default_factory=dict)
    _near: dict[tuple[str, str], list[MatterMapped]] = field(default_factory=dict)
    _answers: dict[tuple[str, str, str, str, int], str | NotFound] = field(default_factory=dict)
    _turns: list[date] = field(default_factory=list)

    @classmethod
    def of(cls, bodies: Iterable[BodyRegistered], matters: Iterable[MatterMapped]) -> Places:
        places = cls()
        turns: set[date] = set()
        for body in bodies:
            places.bodies.setdefault(body.body, []).append(body)
        for matter in matters:
            places.matters.setdefault((matter.body, matter.certificate_name), []).append(matter)
            last = [] if matter.valid_to in (None, date.max) else [matter.valid_to + timedelta(days=1)]
            turns.update((matter.valid_from, *last))
        places._turns = sorted(turns)
        return places

    def body(self, code: str, day: date) -> BodyRegistered | NotFound:
        """Return the entry of the body with USCC ``code`` that holds on ``day``."""
        entries = self.bodies.get(code, [])
        holding = [entry for entry in entries if holds(entry, day)]
        if not holding:
            return NotFound("许可机关在决定日期不在登记簿中" if entries else "许可机关没有登记")
        return max(holding, key=lambda entry: entry.valid_from)

    def code_of_body(self, name: str) -> str | None:
        """Return the code of the one body of that name, or None when there is none or there are several."""
        codes = {code for code, entries in self.bodies.items() if any(entry.name == name for entry in entries)}
        return codes.pop() if len(codes) == 1 else None

    def matter(self, body: str, certificate: str, document: str, content: str, day: date) -> str | NotFound:
        """Return the matter code for what a row says on ``day``. An entry's ``content`` is a part of the row's."""
        near = self._near.get((body, certificate))
        if near is None:
            keys = ((b, c) for b in (body, ANY) for c in (certificate, ANY))
            near = self._near[body, certificate] = [entry for key in keys for entry in self.matters.get(key, [])]
        # Contents differ from row to row: where no entry asks for one, one answer serves them all.
        looked_at = content if any(entry.content != ANY for entry in near) else ""
        # Between two turns of the mapping every day has the same answer.
        asked = (body, certificate, document, looked_at, bisect_right(self._turns, day))
        if asked not in self._answers:
            if len(self._answers) > 50_000:
                self._answers.clear()
            self._answers[asked] = _find(near, document, looked_at, day)
        return self._answers[asked]


def _find(near: list[MatterMapped], document: str, content: str, day: date) -> str | NotFound:
    fitting = [
        entry
        for entry in near
        if holds(entry, day)
        and entry.document_name in (ANY, document)
        and (entry.content == ANY or entry.content in content)
    ]
    if not fitting:
        return NotFound("没有找到对应的事项", tuple(sorted({entry.matter_code for entry in near})[:10]))
    most = max(sum(_said(entry)) for entry in fitting)
    longest: dict[tuple[bool, ...], int] = {}
    for entry in fitting:
        longest[_said(entry)] = max(longest.get(_said(entry), 0), len(entry.content))
    best = [e for e in fitting if sum(_said(e)) == most and len(e.content) == longest[_said(e)]]
    codes = sorted({entry.matter_code for entry in best})
    return codes[0] if len(codes) == 1 else NotFound("对应多个事项, 无法确定", tuple(codes))


def _said(entry: MatterMapped) -> tuple[bool, ...]:
    """Tell which fields an entry asks for. Only among entries that ask for the same ones is a longer content more."""
    said = (entry.body, entry.certificate_name, entry.document_name, entry.content)
    return tuple(part != ANY for part in said)
