"""Commands about parked streams: their common options, the database of the side, and refusals told as such."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, NamedTuple, TypeVar
from uuid import UUID

import typer
from pydantic import BaseModel
from sqlalchemy import Engine

from events.database import open_engine
from services.command_options import refusals_said
from services.completeness_answers import READERS
from services.looking import as_it_stands
from services.migrating import Side
from services.parked_desk import ParkedDesk
from services.stating import stated
from services.trouble import WronglyAsked

Where = Annotated[Side, typer.Option("--side", help="Whose: what supervision parked of approval's, or the reverse.")]
By = Annotated[str, typer.Option("--by", help="Your staff number.", metavar="STAFF")]
Why = Annotated[str, typer.Option("--why", help="Your reason, kept with it; it names no person.", metavar="TEXT")]
Stream = Annotated[str, typer.Argument(help="The stream, as `linkage parked list` shows it.", metavar="STREAM")]
Model = TypeVar("Model", bound=BaseModel)
OPTIONS: Mapping[str, str] = {"officer": "--by", "reason": "--why", "version": "--version"}


class Opened(NamedTuple):
    engine: Engine
    reader: str
    desk: ParkedDesk


@contextmanager
def opened(side: Side) -> Iterator[Opened]:
    """Open the database of ``side``; what a rule refuses is said, and the command leaves with 1."""
    with as_it_stands("parked", frozenset({side})) as (_, databases):
        engine = open_engine(databases.owner[side], application="parked")
        try:
            with refusals_said():
                yield Opened(engine, READERS[side], ParkedDesk(engine, READERS[side]))
        finally:
            engine.dispose()


def stream_of(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise WronglyAsked("a stream is named by its id, as `linkage parked list` shows it") from None


def said(model: type[Model], facts: Mapping[str, Any], options: Mapping[str, str] = OPTIONS) -> Model:
    """Return the form that the options fill in, or say which of them does not fit, by its name on the command line."""
    form = stated(model, dict(facts))
    if isinstance(form, dict):
        faults = ((options.get(one["field"], one["field"]), one["reason"]) for one in form["faults"])
        raise WronglyAsked("; ".join(f"{option}: {reason}" for option, reason in faults))
    return form
