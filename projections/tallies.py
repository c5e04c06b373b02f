"""Two accounts of the same things, compared by counts and hashes of each department's day, and by name where they
differ.

Neither is held in memory: each is gone through once for the tallies, and once more, for the days that differ only, for
the names. What was on its way the first time and has come the second is no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

NAMED_AT_MOST = 100
"""Ids that a difference names of each sort."""
DAYS_NAMED_AT_MOST = 50
"""Days of departments whose ids are looked for. Of more, the counts are told."""


class Entry(NamedTuple):
    """One thing of an account. ``mark``: what else of it must agree. ``due``: the other account must have it by now."""

    department: str
    day: date
    id: UUID
    mark: bytes = b""
    due: bool = True

    @property
    def key(self) -> Key:
        return self.department, self.day

    @property
    def what(self) -> tuple[UUID, bytes]:
        return self.id, self.mark


Key = tuple[str, date]
Found = dict[Key, set[tuple[UUID, bytes]]]
Account = Callable[[], Iterable[Entry]]


@dataclass(slots=True)
class Tally:
    """A count, and a sum of hashes that does not depend on the order."""

    count: int = 0
    hash: int = 0

    def add(self, entry: Entry) -> None:
        self.count += 1
        digest = sha256(entry.id.bytes + entry.mark).digest()
        self.hash = (self.hash + int.from_bytes(digest[:8], "big")) % 2**64


@dataclass(slots=True)
class Difference:
    """A department's day on which two accounts differ. ``missing``: ids that only the first has, or has otherwise;
    ``surplus``: that only the second has. ``wrong``: how many ids are concerned, as far as they were looked for."""

    day: str
    department: str
    recorded: int
    received: int
    missing: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    wrong: int = 0


@dataclass(slots=True)
class Compared:
    """What comparing two accounts of one source found. ``note``: what a reader must know beside."""

    between: str
    source: str
    recorded: int = 0
    received: int = 0
    differences: list[Difference] = field(default_factory=list)
    note: str = ""

    @property
    def clean(self) -> bool:
        return not self.differences

    @property
    def wrong(self) -> int:
        """How many things differ."""
        return sum(one.wrong for one in self.differences)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"clean": self.clean}


def compare(
    between: str,
    source: str,
    recorded: Account,
    received: Account,
    *,
    day: date | None = None,
    waiting: Callable[[], Collection[UUID]] = tuple,
) -> Compared:
    """Compare what ``source`` recorded with what was received of it. ``received`` is gone through first, each time.

    ``waiting``: ids that came and wait for a reason of their own: they are not missing.
    """
    found = Compared(between, source)
    ours = _tallies(_of(received, day))
    theirs = _tallies(entry for entry in _of(recorded, day) if entry.due)
    found.recorded, found.received = (sum(one.count for one in tallies.values()) for tallies in (theirs, ours))
    differing = sorted(
        (key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key)), key=lambda key: (key[1], key)
    )
    if not differing:
        return found
    named = set(differing[:DAYS_NAMED_AT_MOST])
    there = _sets(_of(received, day), named)
    due, held = _due_and_all(_of(recorded, day), named)
    wait = set(waiting())
    for key in differing:
        counts = theirs.get(key, Tally()).count, ours.get(key, Tally()).count
        one = Difference(key[1].isoformat(), key[0], *counts, wrong=max(1, abs(counts[0] - counts[1])))
        if key in named:
            missing = {id for id, _ in due.get(key, set()) - there.get(key, set())} - wait
            surplus = {id for id, _ in there.get(key, set()) - held.get(key, set())}
            one.missing, one.surplus = _some(missing), _some(surplus - missing)
            one.wrong = len(missing | surplus)
        if one.wrong:
            found.differences.append(one)
    return found


def _of(account: Account, day: date | None) -> Iterator[Entry]:
    return (entry for entry in account() if day is None or entry.day == day)


def _tallies(entries: Iterable[Entry]) -> dict[Key, Tally]:
    tallies: dict[Key, Tally] = {}
    for entry in entries:
        tallies.setdefault(entry.key, Tally()).add(entry)
    return tallies


def _sets(entries: Iterable[Entry], keys: Collection[Key]) -> Found:
    found: Found = {}
    for entry in entries:
        if entry.key in keys:
            found.setdefault(entry.key, set()).add(entry.what)
    return found


def _due_and_all(entries: Iterable[Entry], keys: Collection[Key]) -> tuple[Found, Found]:
    due: Found = {}
    found: Found = {}
    for entry in entries:
        if entry.key in keys:
            found.setdefault(entry.key, set()).add(entry.what)
            if entry.due:
                due.setdefault(entry.key, set()).add(entry.what)
    return due, found


def _some(ids: Iterable[UUID]) -> list[str]:
    return sorted(map(str, ids))[:NAMED_AT_MOST]
