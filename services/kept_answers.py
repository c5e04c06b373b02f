"""Answers that take long are kept for a while: whoever asks gets what is there at once, and it is made anew behind.

Counting a year of pushes reads a million rows, and a leader's screen stands open all day.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

import structlog

from services.access.callers import Scope, scope_now

QUICK = 0.1
"""Seconds. What takes no longer is made for each that asks, and never kept."""
TIMES = 30
"""An answer is fresh for so many times as long as it took: at most a thirtieth of a processor goes into it."""
LONGEST = 600.0
"""Seconds. What is older is given to nobody, whoever asks waits."""
MOST = 50

log = structlog.get_logger()
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Made(Generic[Answer]):
    """``at``: as of when it holds; ``begun`` and ``took``: seconds of a clock that never leaps."""

    answer: Answer
    at: datetime
    begun: float
    took: float


@dataclass(slots=True)
class _Place(Generic[Answer]):
    """``making``: held by whoever makes the answer, so that ten who ask at once have it made once."""

    making: threading.Lock = field(default_factory=threading.Lock)
    made: _Made[Answer] | None = None


class KeptAnswers(Generic[Answer]):
    """An answer is kept for those who see the same rows, and shown to nobody else.

    ``now`` tells as of when an answer holds, ``clock`` counts the seconds of its age; ``quick``: see ``QUICK``."""

    def __init__(
        self, now: Callable[[], datetime], clock: Callable[[], float] = time.monotonic, quick: float = QUICK
    ) -> None:
        self._now, self._clock, self._quick = now, clock, quick
        self._places: dict[tuple[Scope, Hashable], _Place[Answer]] = {}
        self._adding = threading.Lock()

    def get(self, asked: Hashable, make: Callable[[], Answer]) -> tuple[Answer, datetime]:
        """Return the answer and the moment as of which it holds. Raises what ``make`` raises, when nothing is kept."""
        place = self._place((scope_now.get(), asked))
        made = place.made
        if made is None or made.took <= self._quick or self._age(made) > LONGEST:
            made = self._make(place, make, made)
        elif self._age(made) > made.took * TIMES and not place.making.locked():
            whose = copy_context()  # made behind for the same bodies, or for nobody it would find nothing
            threading.Thread(target=whose.run, args=(self._make_behind, place, make, made), daemon=True).start()
        return made.answer, made.at

    def forget(self, asked: Hashable) -> None:
        """Have it made anew for the next who asks: somebody has just changed it, and must see that."""
        with self._adding:
            for place in [one for one in self._places if one[1] == asked]:
                del self._places[place]  # who is still making it keeps it for those who asked before

    def _age(self, made: _Made[Answer]) -> float:
        return self._clock() - made.begun

    def _make(self, place: _Place[Answer], make: Callable[[], Answer], seen: _Made[Answer] | None) -> _Made[Answer]:
        asked = self._clock()
        with place.making:
            other = place.made
            if other is not None and other is not seen and (other.took > self._quick or other.begun >= asked):
                return other  # somebody else made it while this one waited
            at, begun = self._now(), self._clock()
            answer = make()
            place.made = _Made(answer, at, begun, self._clock() - begun)
            return place.made

    def _make_behind(self, place: _Place[Answer], make: Callable[[], Answer], seen: _Made[Answer]) -> None:
        try:
            self._make(place, make, seen)
        except Exception as error:  # the kept one is given until it is too old; then whoever asks is told
            log.warning("answer_not_renewed", error=type(error).__name__)

    def _place(self, asked: tuple[Scope, Hashable]) -> _Place[Answer]:
        with self._adding:
            if asked not in self._places and len(self._places) >= MOST:
                self._places.pop(next(iter(self._places)))
            return self._places.setdefault(asked, _Place())
