"""The desk of pushes and consultations for one command of the command line, and how its answers are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, cast
from uuid import UUID

import typer
from pydantic import BaseModel
from sqlalchemy import Engine

from events.database import open_engine
from services.command_options import say_refused, well_stated
from services.looking import as_it_stands
from services.supervision.overseeing import Asked, OversightDesk
from services.supervision.oversight_commands import Command

Permit = Annotated[UUID, typer.Argument(help="The permit, as lists and answers show it.")]
Department = Annotated[str, typer.Argument(help="Code of the department, 18 characters.")]


@contextmanager
def opened_supervision(process: str) -> Iterator[Engine]:
    """Open the supervision database as it stands."""
    with as_it_stands(process, frozenset({"supervision"})) as (_, databases):
        engine = open_engine(databases.owner["supervision"], application=process)
        try:
            yield engine
        finally:
            engine.dispose()


def hand_in(permit: UUID, form: type[BaseModel], department: str, as_json: bool, **said: Any) -> None:
    """Let the desk handle the command that ``form`` makes of what was said, and show its answer.

    Leaves with 1 when a rule refused it, with 2 when it does not fit its form.
    """
    with well_stated():
        command = cast(Command, form(**said))
    with opened_supervision("oversight") as engine:
        (answer,) = OversightDesk(engine, lambda: datetime.now(UTC)).handle([Asked(permit, command, department)])
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    elif answer["accepted"]:
        typer.echo("已记录: " + ", ".join(f"{one['type']} (第 {one['version']} 版)" for one in answer["events"]))
    else:
        say_refused(answer["text"], answer["repair"])
    raise typer.Exit(int(not answer["accepted"]))
