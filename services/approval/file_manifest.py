"""A file that its sender has numbered and counted: is it whole, and did the ones before it come?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import psycopg

from projections import received_numbers
from projections.completeness import SENDER


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a sender says of a file: who sends it, which number it has among the sender's files, and how many rows."""

    sender: str = ""
    number: int | None = None
    rows: int | None = None


NO_MANIFEST = Manifest()


def note(connection: psycopg.Connection, manifest: Manifest, *, whole: bool, today: date) -> None:
    """Note that the file came. One with fewer or more rows than stated has not: its number stays missing."""
    if whole and manifest.number is not None:
        received_numbers.note(connection, [(f"{SENDER}{manifest.sender}/files", today, manifest.number)])
