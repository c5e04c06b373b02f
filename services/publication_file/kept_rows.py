"""Refused rows of a file that was handed in on a page, kept until each is repaired, where there is no key to seal them.

They hold personal facts: a file of this machine that only the service's own user can read, gone with the last row.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from typing import TextIO
from uuid import UUID, uuid4

from services.publication_file.defects import Defect, RefusedRow
from services.publication_file.refused_rows import RefusedRows


@dataclass(frozen=True, slots=True)
class About:
    """A file with refused rows. ``batch``: the file's identity; ``owner``: whose it is, nobody else finds it;
    ``amending``: why known things with another content were to be amended, empty if they were not."""

    batch: UUID
    owner: str
    staff: str
    name: str
    began: datetime
    amending: str = ""


class _Lines:
    def __init__(self, into: TextIO) -> None:
        self.into = into
        self.many = 0

    def write(self, refused: RefusedRow) -> None:
        said = [refused.row, dict(refused.cells), [asdict(one) for one in refused.defects]]
        self.into.write(json.dumps(said) + "\n")
        self.many += 1


@contextmanager
def keeping(about: About) -> Iterator[RefusedRows]:
    """Keep the rows that are written in the place of what is kept of the same file by the same owner. Without any, the
    file is forgotten; when the block fails, what was kept before stays."""
    place = _place(about.batch, about.owner)
    new = place.with_suffix(f".{uuid4().hex}")
    try:
        with open(new, "w", encoding="utf-8", opener=_for_us_alone) as into:
            into.write(json.dumps(asdict(about), default=str) + "\n")
            lines = _Lines(into)
            yield lines
        if lines.many:
            new.replace(place)
        else:
            forget(about)
    finally:
        new.unlink(missing_ok=True)


def folder() -> Path:
    place = Path(gettempdir()) / "linkage-rows-to-repair"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def forget(about: About) -> None:
    _place(about.batch, about.owner).unlink(missing_ok=True)


def find(batch: UUID, owner: str) -> About | None:
    """Return what ``owner`` keeps of a file; none when no row of it is left."""
    place = _place(batch, owner)
    return _about(place) if place.exists() else None


def kept_by(owner: str) -> list[About]:
    """Return the files of ``owner`` with rows left, the newest first."""
    found = (_about(place) for place in folder().glob(f"*.{owner}.rows"))
    return sorted(found, key=lambda one: one.began, reverse=True)


def rows_of(about: About) -> Iterator[RefusedRow]:
    """Yield the rows that are left, in the order of the file."""
    with _place(about.batch, about.owner).open(encoding="utf-8") as kept:
        next(kept)
        for line in kept:
            row, cells, defects = json.loads(line)
            yield RefusedRow(row, cells, tuple(Defect(**one) for one in defects))


@contextmanager
def alone() -> Iterator[None]:
    """Let one repair at a time: of two at once, the second sees what the first has left."""
    with open(folder() / "lock", "w", encoding="utf-8", opener=_for_us_alone) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _place(batch: UUID, owner: str) -> Path:
    return folder() / f"{batch}.{owner}.rows"


def _about(place: Path) -> About:
    with place.open(encoding="utf-8") as kept:
        said = json.loads(kept.readline())
    return About(**said | {"batch": UUID(said["batch"]), "began": datetime.fromisoformat(said["began"])})


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
