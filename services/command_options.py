"""What many commands are given alike, the one sentence that says what is wrong with it, and why a rule refuses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from pydantic import ValidationError

from services.form_faults import faults_in_words
from services.refusing import Refused
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


@contextmanager
def well_stated() -> Iterator[None]:
    """Read within what the words of a command state: what does not fit its form is told field by field."""
    try:
        yield
    except ValidationError as error:
        faults = faults_in_words(error.errors(include_input=False, include_url=False))
        raise WronglyAsked("; ".join(f"{fault['field']}: {fault['reason']}" for fault in faults)) from None


@contextmanager
def refusals_said(as_json: bool = False) -> Iterator[None]:
    """Say what a rule refuses within, and leave with 1; as JSON it is the answer."""
    try:
        yield
    except Refused as refused:
        if as_json:
            typer.echo(json.dumps(refused.said, ensure_ascii=False))
        else:
            say_refused(refused.text, refused.rule.repair)
        raise typer.Exit(1) from None


def say_refused(text: str, repair: str) -> None:
    """Say why a command was refused, and what to do: on standard error, so that nobody takes it for an answer."""
    typer.echo(f"未予受理: {text}{repair}", err=True)
