"""What the bureaus know: which decisions they handed in, and what they were told of each. Written outside the product.

Each decision bears a mark, ``writer.permit.number``: the numbers of one permit's decisions rise in the order in which
they were handed in. A mark without an answer is indefinite: it may have been recorded, or not.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A decision of which the approval side said that it is recorded. ``repeated``: an earlier request had done it."""

    mark: str
    permit: UUID
    version: int
    event: UUID
    repeated: bool
    at: float


class History:
    """Kept in memory for the judge, and in a file, line by line, for whoever looks into a failure."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handed_in: set[str] = set()
        self.acknowledged: dict[str, Acknowledged] = {}
        self.refused: dict[str, str] = {}
        self.odd_answers: list[str] = []
        self.counts: Counter[str] = Counter()
        self._newest: Acknowledged | None = None
        self._lock = threading.Lock()
        self._file = path.open("ab")

    @property
    def indefinite(self) -> set[str]:
        return self.handed_in - self.acknowledged.keys() - self.refused.keys()

    @property
    def repeated(self) -> int:
        """How many decisions had been recorded by a request whose answer never came."""
        return sum(one.repeated for one in self.acknowledged.values())

    def hand_in(self, marks: Iterable[str]) -> None:
        """Note what is about to be handed in: before, because what is not noted must not be found."""
        with self._lock:
            self.handed_in.update(marks)
            self._write(handed_in=list(marks))

    def note(self, mark: str, answer: Mapping[str, Any]) -> None:
        """Note the approval side's answer to one decision."""
        with self._lock:
            if not answer["accepted"]:
                self.refused[mark] = str(answer["rule"])
                self._write(mark=mark, refused=answer["rule"])
                return
            acknowledged = Acknowledged(
                mark,
                UUID(answer["permit"]),
                int(answer["version"]),
                UUID(answer["event"]),
                bool(answer.get("repeated")),
                time.monotonic(),
            )
            self.acknowledged[mark] = self._newest = acknowledged
            self._write(**asdict(acknowledged))

    def not_answered(self, why: str) -> None:
        """Count a request that ended without an answer to its decisions: an outage, a cut connection, a time-out."""
        with self._lock:
            self.counts[why] += 1

    def odd(self, what: str) -> None:
        """Note an answer that must never be given, whatever is broken."""
        with self._lock:
            self.odd_answers.append(what)

    def acknowledged_after(self, moment: float) -> Acknowledged | None:
        """Return the newest acknowledged decision if it was acknowledged after ``moment`` (monotonic)."""
        newest = self._newest
        return newest if newest is not None and newest.at > moment else None

    def close(self) -> None:
        self._file.close()

    def _write(self, **said: Any) -> None:
        self._file.write(orjson.dumps(said) + b"\n")
        self._file.flush()
