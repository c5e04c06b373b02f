"""``linkage officers …`` and ``linkage assign``: who does what, who is away or gone, and what nobody holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import Engine

from events.database import open_engine, raw
from events.people import LeaveRecorded, OfficerDeparted
from services import people
from services.assigning import Assignment, assign_item
from services.command_options import AsJson, By, id_of, named, readable, refusals_said
from services.databases import open_databases
from services.journal import open_journal
from services.migrating import Side
from services.officer_file import read_appointments, read_officers
from services.officers_shown import gaps_of, officers_of, unassigned_of
from services.parts_by_the_clock import open_items_of, whereabouts_of
from services.people_register import appoint_one, enrol, say
from services.refused_rows_shown import Refusals, refused_as_json, show_refused
from services.refusing import Refused
from services.settings import Settings, read_settings
from services.tables.faults import Fault
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.working_days import china_day

OfSide = Annotated[Side, typer.Option(help="Whose officers.")]
Number = Annotated[str, typer.Argument(help="Staff number.")]
File = Annotated[Path, typer.Argument(help="CSV or XLSX.", exists=True, dir_okay=False)]
Day = typer.Option(formats=["%Y-%m-%d"])


@contextmanager
def _opened(side: Side) -> Iterator[tuple[Settings, Engine]]:
    """Open a side's database. What a rule refuses is printed with its repair, and leaves with 1."""
    settings = read_settings()
    open_journal(settings.log_level, process="officers")
    with open_databases(settings, frozenset({side})) as databases:
        engine = open_engine(databases.owner[side], application="officers")
        try:
            with refusals_said():
                yield settings, engine
        finally:
            engine.dispose()


def import_officers(file: File, by: By, side: OfSide = "supervision", as_json: AsJson = False) -> None:
    """Takes the good rows and names the bad ones. Leaves with 1 when rows were refused."""
    with readable(file):
        read = read_officers(file)
    with _opened(side) as (_, engine), engine.begin() as transaction:
        taken = enrol(raw(transaction), side, list(read.entries.values()), named(by), datetime.now(UTC))
    _tell(taken.recorded, taken.unchanged, read.refused, as_json)


def import_appointments(file: File, by: By, side: OfSide = "supervision", as_json: AsJson = False) -> None:
    """Takes the good rows and names the bad ones; no 事项编码 means whatever no other row of the department names."""
    with readable(file):
        read = read_appointments(file, named(by))
    refused, recorded = list(read.refused), 0
    with _opened(side) as (_, engine), engine.begin() as transaction:
        for row, entry in read.entries.items():
            try:
                recorded += appoint_one(raw(transaction), side, entry, datetime.now(UTC))
            except Refused as error:
                fault = Fault(error.rule.code, error.text, error.rule.repair)
                refused.append((row, "负责人工号", entry.officer, fault))
    _tell(recorded, len(read.entries) - recorded - len(refused) + len(read.refused), sorted_by_row(refused), as_json)


def sorted_by_row(refused: Refusals) -> Refusals:
    return sorted(refused, key=lambda one: one[0])


def _tell(recorded: int, unchanged: int, refused: Refusals, as_json: bool) -> None:
    rows = refused_as_json(refused)
    if as_json:
        typer.echo(json.dumps({"recorded": recorded, "unchanged": unchanged, "refused": rows}, ensure_ascii=False))
    else:
        typer.echo(f"新记录 {recorded} 条, 未变 {unchanged} 条")
        show_refused(terminal(), rows)
    raise typer.Exit(int(bool(refused)))


def show_officers(
    officer: Annotated[str | None, typer.Argument(help="Staff number; everybody if left out.")] = None,
    department: Annotated[str | None, typer.Option(help="Only of this department.")] = None,
    side: OfSide = "supervision",
    as_json: AsJson = False,
) -> None:
    """Shows who is there, away or gone, how many open items each holds, and what each is appointed to."""
    with _opened(side) as (settings, engine), engine.connect() as connection:
        kinds, places = open_items_of(side, settings), whereabouts_of(side)
        found = officers_of(raw(connection), kinds, places, china_day(), department)
    if officer is not None:
        found = [one for one in found if one["officer"] == officer]
        if not found:
            raise WronglyAsked(f"{people.UNKNOWN_OFFICER.text}{people.UNKNOWN_OFFICER.repair}")
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    table = Table("工号", "姓名", "部门", "职务", "现状", "待办", "职责", title="经办人员")
    for one in found:
        duties = "、".join(
            f"{'默认' if duty['matter_code'] == '*' else duty['matter_code']}{' (代理)' if duty['as_deputy'] else ''}"
            for duty in one["appointments"]
        )
        table.add_row(
            one["officer"], one["name"], one["department"], one["post"], one["state_in_words"], str(one["open"]), duties
        )
    terminal().print(table)


def leave(
    officer: Number,
    by: By,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    back: Annotated[bool, typer.Option("--take-back", help="Take back the leave that begins on --from.")] = False,
    side: OfSide = "supervision",
) -> None:
    """Records a leave, or another last day of one; the items go to who stands in, and come back, within a minute."""
    if (last is None) is not back:
        raise WronglyAsked("say the last day, --to, or --take-back")

    def decide(known: people.People) -> LeaveRecorded:
        one = known.officers.get(officer)
        if last is None:
            return people.take_leave_back(one, officer, first.date(), named(by))
        return people.take_leave(one, officer, first.date(), last.date(), named(by))

    with _opened(side) as (_, engine), engine.begin() as transaction:
        say(raw(transaction), side, officer, decide, datetime.now(UTC))
    typer.echo("已撤回" if back else "已登记请假")


def depart_one(
    officer: Number,
    by: By,
    reason: Annotated[str, typer.Option(help="Why.")],
    on: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day without; today.")
    ] = None,
    successor: Annotated[str | None, typer.Option(help="Who takes over; else who is appointed next.")] = None,
    side: OfSide = "supervision",
) -> None:
    """Records a departure: open items move to the successor, to the deputy, or to the department's officer."""
    said = OfficerDeparted(
        officer=officer, departed_from=on.date() if on else china_day(), successor=successor, by=named(by),
        reason=_reason(reason),
    )  # fmt: skip
    with _opened(side) as (_, engine), engine.begin() as transaction:
        say(raw(transaction), side, officer, lambda known: people.depart(said, known), datetime.now(UTC))
    typer.echo(f"已登记离岗, 自 {said.departed_from} 起")


def list_unassigned(side: OfSide = "supervision", as_json: AsJson = False) -> None:
    """What is open and held by nobody, or only for want of a better one; departments of the duty list that have named
    nobody. Leaves with 1 when there is any."""
    with _opened(side) as (settings, engine), engine.connect() as connection:
        items = unassigned_of(raw(connection), open_items_of(side, settings))
        departments = gaps_of(raw(connection), side, whereabouts_of(side), china_day())
    if as_json:
        typer.echo(json.dumps({"items": items, "departments": departments}, ensure_ascii=False))
    else:
        table = Table(title="没有经办人员的事项")
        table.add_column("编号", no_wrap=True, min_width=36)
        for heading in ("种类", "责任方", "上级", "现由", "原因"):
            table.add_column(heading, overflow="fold")
        for one in items:
            table.add_row(
                one["item"], one["kind_in_words"], one["owner"], one["superior"], one["officer"] or "–",
                one["held_by_in_words"] or "尚未分派",
            )  # fmt: skip
        terminal().print(table)
        for code in departments:
            typer.echo(f"部门 {code} 没有默认负责人: 请用 linkage officers appoint 指定")
    raise typer.Exit(int(bool(items or departments)))


def assign_one(
    item: Annotated[str, typer.Argument(help="The item, as `linkage deadlines list` shows it.")],
    officer: Annotated[str, typer.Argument(help="Staff number of who is to hold it.")],
    by: By,
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")],
    side: OfSide = "supervision",
    as_json: AsJson = False,
) -> None:
    """指派: gives an open item to an officer of its department or of its superior; later appointments leave it so."""
    wanted = id_of(item)
    form = Assignment(officer=officer, by=named(by), reason=_reason(reason))
    with _opened(side) as (settings, engine):
        kinds, places = open_items_of(side, settings), whereabouts_of(side)
        answer: dict[str, Any] = assign_item(engine, side, kinds, places, wanted, form, datetime.now(UTC))
    typer.echo(json.dumps(answer, ensure_ascii=False) if as_json else f"已指派给 {answer['officer']}")


def _reason(reason: str) -> str:
    if not reason.strip():
        raise WronglyAsked("say why: --reason")
    return reason.strip()
