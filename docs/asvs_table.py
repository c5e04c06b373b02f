"""Where this product stands on OWASP ASVS 5.0.0: ``asvs.csv``, read, checked and shown on ``asvs.md``.

A row has the number of a requirement of level 1 or 2, our own few words of what it is about, a state, and what shows
it: paths of this repository, a test as ``tests/test_x.py::test_name``. The requirements themselves are OWASP's.
"""

from __future__ import annotations

import ast
import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from docs.markdown import table

ROOT = Path(__file__).parents[1]
ROWS = Path(__file__).parent / "asvs.csv"
STATES = ("met", "part", "not met", "not applicable")
LEVELS = {1: 70, 2: 183}
"""How many requirements the standard has of each level."""
CHAPTERS = {
    1: "Encoding, injection",
    2: "Validation, the business's rules",
    3: "In the browser",
    4: "API",
    5: "Files",
    6: "Logging in",
    7: "Sessions",
    8: "Rights",
    9: "Tokens that speak for themselves",
    10: "OAuth and OpenID Connect",
    11: "Cryptography",
    12: "TLS",
    13: "Configuration",
    14: "Protection of data",
    15: "Architecture, components",
    16: "Logs and errors",
    17: "WebRTC",
}
IN_CHAPTER = dict(enumerate((27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7), 1))


@dataclass(frozen=True, slots=True)
class Requirement:
    id: str
    level: int
    about: str
    state: str
    evidence: tuple[str, ...]
    remark: str

    @property
    def chapter(self) -> int:
        return int(self.id.split(".")[0])


def requirements() -> list[Requirement]:
    with ROWS.open(newline="") as file:
        return [
            Requirement(
                row["id"], int(row["level"]), row["about"], row["state"], tuple(row["evidence"].split()), row["remark"]
            )
            for row in csv.DictReader(file)
        ]


def faults(rows: Iterable[Requirement]) -> Iterator[str]:
    """Yield what is wrong with ``rows``: a number twice, another count than the standard's, a state that is none, a
    state without what shows it or without a word why not, a path or a test that is not there."""
    rows = list(rows)
    yield from (f"{id}: twice" for id, count in Counter(row.id for row in rows).items() if count > 1)
    for level, count in LEVELS.items():
        if (found := sum(row.level == level for row in rows)) != count:
            yield f"level {level}: {found} rows, not {count}"
    by_chapter = Counter(row.chapter for row in rows)
    yield from (
        f"chapter {one}: {by_chapter[one]} rows" for one, count in IN_CHAPTER.items() if by_chapter[one] != count
    )
    for row in rows:
        if row.state not in STATES:
            yield f"{row.id}: there is no state {row.state}"
        if row.state in ("met", "part") and not row.evidence:
            yield f"{row.id}: {row.state}, and nothing shows it"
        if row.state in ("part", "not applicable") and not row.remark:
            yield f"{row.id}: {row.state}, and nothing says why"
        for path, _, test in (one.partition("::") for one in row.evidence):
            if not (ROOT / path).is_file():
                yield f"{row.id}: {path} is not there"
            elif test and test not in _functions(path):
                yield f"{row.id}: {path} has no {test}"


@cache
def _functions(path: str) -> frozenset[str]:
    read = ast.parse((ROOT / path).read_text())
    return frozenset(one.name for one in read.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def counts() -> str:
    """Return how many of each chapter are in which state."""
    rows = requirements()
    lines = [
        (f"[{n} {name}](#{_anchor(n)})", [row for row in rows if row.chapter == n]) for n, name in CHAPTERS.items()
    ]
    lines += [(f"level {level}", [row for row in rows if row.level == level]) for level in LEVELS]
    lines += [("both", rows)]
    return table(
        ("chapter", *STATES, "in all"),
        (
            (name, *(str(sum(row.state == one for row in some)) for one in STATES), str(len(some)))
            for name, some in lines
        ),
    )


def chapters() -> str:
    """Return a table for each chapter."""
    parts = []
    for number, name in CHAPTERS.items():
        rows = ((r.id, str(r.level), r.about, r.state, _shown(r)) for r in requirements() if r.chapter == number)
        parts += [
            f"## {number} {name}",
            table(("no.", "level", "about", "state", "what shows it, what is lacking"), rows),
        ]
    return "\n\n".join(parts)


def _anchor(number: int) -> str:
    return f"{number} {CHAPTERS[number]}".lower().replace(",", "").replace("'", "").replace(" ", "-")


def _shown(row: Requirement) -> str:
    return " ".join([*(_link(one) for one in row.evidence), row.remark]).strip()


def _link(evidence: str) -> str:
    path, _, test = evidence.partition("::")
    words = test.removeprefix("test_").replace("_", " ") if test else Path(path).name
    return f"[{words}](../{path})"
