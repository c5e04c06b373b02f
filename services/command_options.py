"""What many commands are given alike, and the one sentence that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from services.tables.faults import UnreadableFile
from services.trouble import WronglyAsked

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
By = Annotated[str, typer.Option(help="Who orders it: staff number or short name; it is recorded.")]


def named(by: str) -> str:
    """Return who orders it, or say that it must be said."""
    if not by.strip():
        raise WronglyAsked("say who orders it: --by")
    return by.strip()


def id_of(text: str) -> UUID:
    """Return the id that was copied from another command's answer."""
    try:
        return UUID(text)
    except ValueError:
        raise WronglyAsked("this is no id: copy it as it was printed") from None


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """Read ``file`` within: one that is no table is told by its name, and why."""
    try:
        yield
    except UnreadableFile as error:
        raise WronglyAsked(f"{file.name}: {error}") from None
