"""A figure: what was measured, what must be reached at least, what is aimed at, and what plain PostgreSQL does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

PER_SECOND = "/s"
"""The one unit of which more is better; of milliseconds, seconds and megabytes less is."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. ``beside``: pgbench's figure with the same statement in the same run.

    ``least_ratio`` is how much of ``beside`` must be reached: where it is set it decides, because the absolute figure
    differs between machines by a factor of two. ``measured`` is None when measuring failed; the ``note`` says why.
    """

    name: str
    measured: float | None
    unit: str
    floor: float | None = None
    aim: float | None = None
    beside: float | None = None
    least_ratio: float | None = None
    note: str = ""
    runs: tuple[float, ...] = ()

    @property
    def ratio(self) -> float | None:
        return self.measured / self.beside if self.measured is not None and self.beside else None

    @property
    def held(self) -> bool | None:
        """Whether the least that is promised was reached; None where nothing is promised."""
        if self.measured is None:
            return False
        if self.ratio is not None and self.least_ratio is not None:
            return self.ratio >= self.least_ratio
        return None if self.floor is None else self._reaches(self.floor)

    @property
    def aimed(self) -> bool:
        return self.aim is not None and self._reaches(self.aim)

    def _reaches(self, bound: float) -> bool:
        if self.measured is None:
            return False
        return self.measured >= bound if self.unit == PER_SECOND else self.measured <= bound

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio, "held": self.held, "aimed": self.aimed}


def failure(name: str, error: Exception) -> Figure:
    """Return the line that stands where figures are missing."""
    return Figure(name, None, "", note=f"{type(error).__name__}: {error}")


def medians(repeats: Sequence[Sequence[Figure]]) -> list[Figure]:
    """Return one figure for each name: the median of its repeats, all of which are kept in ``runs``."""
    by_name: dict[str, list[Figure]] = {}
    for run in repeats:
        for figure in run:
            by_name.setdefault(figure.name, []).append(figure)
    return [_median(figures) for figures in by_name.values()]


def _median(figures: Sequence[Figure]) -> Figure:
    measured = [figure.measured for figure in figures if figure.measured is not None]
    beside = [figure.beside for figure in figures if figure.beside is not None]
    return replace(
        figures[-1],
        measured=median(measured) if measured else None,
        beside=median(beside) if beside else None,
        runs=tuple(measured),
    )


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value below which ``share`` (0 … 1) of ``values`` lie; they must not be empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
