"""``linkage rules``: rule changes, published and corrected by supervision, and answered by approval bodies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel
from sqlalchemy import Engine

from events.database import connect, open_engine
from events.rule_answers import Done
from events.rule_changes import Change, Effect, Norm
from projections.rule_marks import marked_by_body
from services.command_options import AsJson, id_of, refusals_said, well_stated
from services.databases import open_databases
from services.journal import open_journal
from services.looking import as_it_stands
from services.migrating import Side
from services.rule_printing import print_answer, print_list, print_publication, print_rule
from services.rule_reading import AskedRules, RuleState, list_of, one_of
from services.settings import Settings, read_settings
from services.trouble import WronglyAsked
from services.working_days import china_day

RuleId = Annotated[str, typer.Argument(help="The rule change, as it was printed.")]
OfSide = Annotated[Side, typer.Option(help="Whose view of it.")]
Officer = Annotated[str, typer.Option(help="Who does it: staff number or short name.")]
ADay = ["%Y-%m-%d"]
Stated = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)


def publish_rule(
    file: Annotated[
        Path | None, typer.Argument(help="JSON, as POST /api/v1/rule-changes takes it.", exists=True, dir_okay=False)
    ] = None,
    kind: Annotated[Change | None, typer.Option(help="What became of it.")] = None,
    norm: Annotated[Norm | None, typer.Option(help="What kind of rule it is.")] = None,
    title: Annotated[str | None, typer.Option(help="Its title.")] = None,
    number: Annotated[str | None, typer.Option(help="Its document number.")] = None,
    issuing_body: Annotated[str | None, typer.Option(help="Who issued it.")] = None,
    effective: Annotated[datetime | None, typer.Option(formats=ADay, help="First day on which it holds.")] = None,
    matter: Annotated[list[str] | None, typer.Option(help="Code of a matter touched; again for more.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Code of a region; again for more.")] = None,
    replaces: Annotated[list[str] | None, typer.Option(help="《title》 or number of what it repeals.")] = None,
    body: Annotated[list[str] | None, typer.Option(help="A body that must answer besides those found.")] = None,
    text: Annotated[str | None, typer.Option(help="The text, or the part that matters.")] = None,
    attachment: Annotated[Path | None, typer.Option(help="File whose SHA-256 is kept.", exists=True)] = None,
    read_at: Annotated[str | None, typer.Option(help="Where it can be read.")] = None,
    effect: Annotated[Effect | None, typer.Option(help="On decisions; else LINKAGE_RULE_EFFECT.")] = None,
    covers_matters: Annotated[bool, typer.Option(help="Every grant of a touched matter meets the effect.")] = False,
    department: Annotated[str | None, typer.Option(help="Code of the department that publishes.")] = None,
    officer: Annotated[str | None, typer.Option(help="Who publishes: staff number or short name.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it touches, publish nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Publishes a rule change and shows what it touches and who must answer. Options win over the file."""
    from services.supervision.rule_stated import Publication

    stated = _read(file)
    options: Mapping[str, Any] = {
        "kind": kind, "norm": norm, "title": title, "document_number": number, "issuing_body": issuing_body,
        "effective_date": effective and effective.date(), "matters": matter, "regions": region,
        "replaces": replaces and [_document(one) for one in replaces], "bodies": body, "text": text,
        "attachment_sha256": attachment and hashlib.sha256(attachment.read_bytes()).hexdigest(),
        "readable_at": read_at, "effect": effect, "covers_matters": covers_matters or None,
        "department": department, "officer": officer,
    }  # fmt: skip
    publication = _checked(Publication, stated | {name: value for name, value in options.items() if value})
    with _opened("supervision") as (settings, engine):
        from services.supervision.rule_desk import RuleDesk

        desk = RuleDesk(engine, Effect(settings.rule_effect))
        answer = _allowed(lambda: desk.look(publication) if dry_run else desk.publish(publication))
    _print(answer, as_json, print_publication)


def correct_rule(
    rule: RuleId,
    file: Annotated[Path, typer.Argument(help="JSON: the whole content as it is right.", exists=True, dir_okay=False)],
    reason: Annotated[str, typer.Option(help="What was wrong.")],
    officer: Officer,
    as_json: AsJson = False,
) -> None:
    """Corrects what was published. Unless only the wording differs, every body must answer again."""
    from services.supervision.rule_stated import Correction

    correction = _checked(Correction, _read(file) | {"reason": reason, "officer": officer})
    with _opened("supervision") as (settings, engine):
        from services.supervision.rule_desk import RuleDesk

        desk = RuleDesk(engine, Effect(settings.rule_effect))
        answer = _allowed(lambda: desk.correct(id_of(rule), correction))
    _print(answer, as_json, print_publication)


def withdraw_rule(
    rule: RuleId,
    reason: Annotated[str, typer.Option(help="Why it is taken back.")],
    officer: Officer,
    as_json: AsJson = False,
) -> None:
    """Takes back what was published by mistake: nobody need answer, and no later decision meets it."""
    from services.supervision.rule_desk import RuleDesk
    from services.supervision.rule_stated import Withdrawal

    withdrawal = _checked(Withdrawal, {"reason": reason, "officer": officer})
    with _opened("supervision") as (_, engine):
        answer = _allowed(lambda: RuleDesk(engine).withdraw(id_of(rule), withdrawal))
    _print(answer, as_json, lambda _: typer.echo("已撤回"))


def list_rules(
    side: OfSide = "supervision",
    state: Annotated[RuleState, typer.Option(help="Which ones.")] = RuleState.ALL,
    body: Annotated[str | None, typer.Option(help="Only what this body must answer.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Shows rule changes, newest first, and who has answered. Leaves with 1 when somebody is late."""
    asked = AskedRules(state=state, body=body, limit=limit)
    with _seen(side) as connection:
        answer = list_of(connection, asked, china_day())
    _print(answer, as_json, print_list)
    raise typer.Exit(int(any(one["overdue"] for one in answer["rule_changes"])))


def show_rule(rule: RuleId, side: OfSide = "supervision", as_json: AsJson = False) -> None:
    """Shows a rule change, each body that must answer, and who still decides under what it repealed."""
    with _seen(side) as connection:
        answer = _allowed(lambda: one_of(connection, id_of(rule), china_day()))
        if side == "supervision":
            answer["marked"] = marked_by_body(connection, id_of(rule))
    _print(answer, as_json, print_rule)


def answer_rule(
    rule: RuleId,
    body: Annotated[str, typer.Option(help="Code of the body that answers.")],
    clerk: Annotated[str, typer.Option(help="Who answers: staff number or short name.")],
    done: Annotated[list[Done], typer.Option(help="What was done; again for more.")],
    text: Annotated[str, typer.Option(help="What exactly; for nothing the reason.")] = "",
    on: Annotated[datetime | None, typer.Option(formats=ADay, help="On which day; else today.")] = None,
    addition: Annotated[bool, typer.Option("--addition", help="Done after the first answer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Answers a rule change for an approval body."""
    from services.approval.rule_answer import StatedAnswer
    from services.approval.rule_answering import AnswerDesk

    day = on.date() if on else china_day()
    acts = [{"done": one, "text": text, "on": day} for one in done]
    stated = _checked(StatedAnswer, {"body": body, "clerk": clerk, "acts": acts, "addition": addition})
    with _opened("approval") as (_, engine):
        answer = _allowed(lambda: AnswerDesk(engine).answer(id_of(rule), stated))
    _print(answer, as_json, print_answer)


@contextmanager
def _opened(side: Side) -> Iterator[tuple[Settings, Engine]]:
    settings = read_settings()
    open_journal("warning", process="rules")
    with open_databases(settings, frozenset({side})) as databases:
        engine = open_engine(databases.owner[side], application="rules")
        try:
            yield settings, engine
        finally:
            engine.dispose()


@contextmanager
def _seen(side: Side) -> Iterator[Any]:
    with (
        as_it_stands("rules", frozenset({side})) as (_, databases),
        connect(databases.owner[side], application="rules") as connection,
    ):
        yield connection


def _read(file: Path | None) -> Stated:
    if file is None:
        return {}
    try:
        stated = json.loads(file.read_text())
    except ValueError:
        raise WronglyAsked(f"{file.name}: this is no JSON") from None
    if not isinstance(stated, dict):
        raise WronglyAsked(f"{file.name}: one JSON object is wanted")
    return stated


def _document(cited: str) -> dict[str, str]:
    """Take 《title》 for a title, 《title》number for both, and anything else for a number."""
    if not cited.startswith("《"):
        return {"number": cited}
    title, _, number = cited.removeprefix("《").partition("》")
    return {"title": title, "number": number.strip("（）() ")}


def _checked(model: type[Model], stated: Stated) -> Model:
    with well_stated():
        return model.model_validate(stated)


def _allowed(act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the answer; a refusal is printed with what to do, and leaves with 1."""
    with refusals_said():
        return act()


def _print(answer: dict[str, Any], as_json: bool, show: Callable[[dict[str, Any]], None]) -> None:
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        show(answer)
