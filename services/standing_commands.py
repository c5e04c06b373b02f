"""``linkage standing`` and ``standing-rules``: may a permit be granted, and what known facts mean for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import psycopg
import typer
from rich.table import Table

from events.database import raw
from events.standing import FactKind, Means, StandingRuleSet
from services.approval.handling import legal_today
from services.approval.standing import PRESET
from services.approval.standing_answers import FACT_WORDS, MEANS_WORDS, find_party, standing_of
from services.approval.standing_rules import rules_set, set_rule
from services.command_options import AsJson
from services.file_commands import opened_desk
from services.looking import approval_as_it_stands
from services.terminal import terminal
from services.trouble import WronglyAsked


def show_standing(
    party: Annotated[str, typer.Argument(help="Id of the party; `-` reads its number from standard input.")],
    matter: Annotated[str | None, typer.Option(help="Code of the matter that is asked for.")] = None,
    as_json: AsJson = False,
) -> None:
    """Shows what is in effect against a party and what it means. Leaves with 1 when a grant must wait.

    The number of a person stands on no command line, where every user of the machine could read it.
    """
    with _party(party) as (connection, known):
        found = standing_of(connection, known, matter, legal_today()) if known else None
    if found is None:
        typer.echo(json.dumps(None) if as_json else "没有找到该行政相对人")
        raise typer.Exit(1)
    typer.echo(json.dumps(found, ensure_ascii=False)) if as_json else _show(found)
    raise typer.Exit(int(found["standing"] == Means.BLOCK))


@contextmanager
def _party(asked: str) -> Iterator[tuple[psycopg.Connection, UUID | None]]:
    if asked == "-":
        number = sys.stdin.readline().strip()
        with opened_desk() as desk, desk.engine.connect() as connection:
            yield raw(connection), find_party(raw(connection), desk.master, number)
        return
    try:
        party = UUID(asked)
    except ValueError:
        raise WronglyAsked("a party is named by its id; with `-` its number is read from standard input") from None
    with approval_as_it_stands("standing") as connection:
        yield connection, party


def _show(found: dict[str, Any]) -> None:
    console = terminal()
    console.print(f"{found['standing_in_words']} ({found['as_of']})")
    if found["facts"]:
        table = Table("情形", "含义", "自", "至", "来源", "文书号", "内容")
        for one in found["facts"]:
            until = one["until"] or one["due"] or ""
            table.add_row(
                one["kind_in_words"], one["means_in_words"], one["since"], until + (" 逾期" if one["overdue"] else ""),
                one["source_name"], one["document_number"], one["subject"],
            )  # fmt: skip
        console.print(table)


def set_standing_rule(
    kind: Annotated[FactKind, typer.Argument(help="The kind of fact.")],
    means: Annotated[Means, typer.Argument(help="What it means from then on.")],
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    clerk: Annotated[str, typer.Option(help="Staff number or short name of who sets it.")],
    basis: Annotated[str, typer.Option(help="The law or document that it rests on.")],
    until: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    matter: Annotated[str, typer.Option(help="Only when this matter is asked about.")] = "*",
    same_matter: Annotated[
        bool, typer.Option("--same-matter", help="Only facts about a permit of the very matter asked about.")
    ] = False,
) -> None:
    """Sets what a known fact means for a grant; the rule that held before stays readable as an event."""
    rule = StandingRuleSet(
        kind=kind, means=means, matter_code=matter, same_matter=same_matter, valid_from=since.date(),
        valid_to=until.date() if until else None, legal_basis=basis, clerk=clerk,
    )  # fmt: skip
    if rule.valid_to and rule.valid_to < rule.valid_from:
        raise WronglyAsked("the last day is before the first")
    with opened_desk() as desk, desk.engine.begin() as transaction:
        new = set_rule(raw(transaction), rule, datetime.now(UTC))
    typer.echo("已设定" if new else "早已如此设定")


def list_standing_rules(as_json: AsJson = False) -> None:
    """Shows what each kind of fact means: what comes with the product, and what was set."""
    with approval_as_it_stands("standing") as connection:
        found = rules_set(connection)
    if as_json:
        preset = [{"kind": kind.value, "means": means.value} for kind, means in PRESET.items()]
        typer.echo(
            json.dumps({"preset": preset, "set": [rule.model_dump(mode="json") for rule in found]}, ensure_ascii=False)
        )
        return
    table = Table("情形", "事项", "含义", "自", "至", "依据")
    for kind, means in PRESET.items():
        table.add_row(FACT_WORDS[kind], "*", MEANS_WORDS[means], "", "", "预设")
    for rule in found:
        reach = f"{rule.matter_code} (同一事项)" if rule.same_matter else rule.matter_code
        days = rule.valid_from.isoformat(), rule.valid_to.isoformat() if rule.valid_to else ""
        table.add_row(FACT_WORDS[rule.kind], reach, MEANS_WORDS[rule.means], *days, rule.legal_basis)
    terminal().print(table)
