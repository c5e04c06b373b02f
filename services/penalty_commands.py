"""``linkage penalties``: what an officer does about penalties from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from projections.penalty_page import Wanted, penalties, unmatched
from services.command_options import AsJson, say_refused, well_stated
from services.import_progress import import_to_end
from services.oversight_opened import opened_supervision
from services.settings import read_settings
from services.supervision.party_register import HttpPartyRegister
from services.supervision.penalty import STATUS_WORDS
from services.supervision.penalty_desk import PenaltyDesk
from services.supervision.penalty_importing import Manner, import_penalties
from services.supervision.penalty_outcome import Asked
from services.supervision.penalty_stated import Amend, Annul, Command, Confirm, Repair
from services.supervision.wording import PENALTY_WAITS
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.working_days import CHINA, china_day

PenaltyId = Annotated[UUID, typer.Argument(help="The penalty, as a list shows it.")]
Officer = Annotated[str, typer.Option(help="Who does it: staff number or short name.")]
On = Annotated[datetime | None, typer.Option(help="The legal day; today when left out.", formats=["%Y-%m-%d"])]
AT_ONCE = 200


@contextmanager
def opened_penalties() -> Iterator[PenaltyDesk]:
    """Open the supervision database as it stands, and the desk of penalties, for one command."""
    settings = read_settings()
    with (
        opened_supervision("penalties") as engine,
        closing(HttpPartyRegister(settings.approval_service, settings.approval_service_key)) as register,
    ):
        yield PenaltyDesk(engine, register, lambda: datetime.now(UTC))


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX.", exists=True, dir_okay=False)],
    amending: Annotated[
        str, typer.Option("--amend", help="Why known penalties with another content are amended; else refused.")
    ] = "",
    officer: Annotated[str, typer.Option(help="Who hands it in: staff number or short name.")] = "",
    refused: Annotated[Path | None, typer.Option(help="Where refused rows go; else beside the file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Good rows go through; refused ones go to a file with reason and repair. Leaves with 1 when rows were refused."""
    manner = Manner(amending, officer)
    with opened_penalties() as desk:
        import_to_end(
            desk.engine,
            "linkage penalties import",
            file,
            refused,
            as_json,
            lambda refused_to, progress: import_penalties(desk, file, manner, refused_to=refused_to, progress=progress),
        )


def list_penalties(
    department: Annotated[str | None, typer.Option(help="Code of the department that imposed them.")] = None,
    permit: Annotated[UUID | None, typer.Option(help="A permit that they touch.")] = None,
    party: Annotated[UUID | None, typer.Option(help="The party's opaque id.")] = None,
    as_json: AsJson = False,
) -> None:
    """The newest 200 penalties, with the permits that they touch."""
    with opened_penalties() as desk, desk.engine.connect() as connection:
        rows, _ = penalties(connection, Wanted(department, permit, party), None, AT_ONCE)
    if as_json:
        _print([dict(row._mapping) for row in rows])
        return
    table = Table(title="行政处罚")
    table.add_column("编号", no_wrap=True, min_width=36)
    for heading in ("文号", "相对人", "处罚", "日期", "状态", "所涉许可"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        facts = row.facts
        touched = "\n".join(one["permit_number"] for one in row.permits) or ("待确认" if row.waiting else "无")
        table.add_row(
            str(row.penalty), facts["document_number"], facts["party"]["label"], facts["penalty_kind"],
            facts["decision_date"], STATUS_WORDS[row.status], touched,
        )  # fmt: skip
    terminal().print(table)


def list_unmatched(
    department: Annotated[str | None, typer.Option(help="Code of the department that must see to them.")] = None,
    as_json: AsJson = False,
) -> None:
    """Penalties that seek a permit: why, with whom, since when, and what may be meant. Leaves with 1 when there are."""
    with opened_penalties() as desk, desk.engine.connect() as connection:
        rows, _ = unmatched(connection, department, None, AT_ONCE)
    if as_json:
        _print([dict(row._mapping) for row in rows])
    else:
        table = Table(title="待确认证照的处罚")
        table.add_column("编号", no_wrap=True, min_width=36)
        for heading in ("文号", "相对人", "原因", "负责部门", "自", "所写证照"):
            table.add_column(heading, overflow="fold")
        table.add_column("候选许可", no_wrap=True)
        for row in rows:
            candidates = "\n".join(f"{one['permit']} {one['permit_number']}" for one in row.candidates)
            table.add_row(
                str(row.penalty), row.document_number, row.party_label, PENALTY_WAITS[row.reason], row.owner,
                f"{row.since.astimezone(CHINA):%m-%d %H:%M}", "\n".join(row.sought), candidates,
            )  # fmt: skip
        terminal().print(table)
    raise typer.Exit(int(bool(rows)))


def confirm_permits(
    penalty: PenaltyId,
    officer: Officer,
    permit: Annotated[list[UUID] | None, typer.Option(help="A permit that it touches; may be given again.")] = None,
    none: Annotated[bool, typer.Option("--none", help="It touches none of those that it sought.")] = False,
) -> None:
    """Says which permits a waiting penalty touches. Leaves with 1 when that is refused."""
    if none == bool(permit):
        raise WronglyAsked("give --permit, once or several times, or --none")
    _do(penalty, Confirm(permits=tuple(permit or ()), officer=officer))


def amend(
    penalty: PenaltyId,
    file: Annotated[Path, typer.Argument(help="JSON, as POST /api/v1/penalties takes it; - reads standard input.")],
    reason: str,
    officer: Officer,
    on: On = None,
) -> None:
    """Records that other facts of a penalty hold: the file states all of them. Leaves with 1 when that is refused."""
    stated = {"penalty": _read(file), "reason": reason, "amended_on": legal_day(on), "officer": officer}
    with well_stated():
        command = Amend.model_validate(stated)
    _do(penalty, command)


def _read(file: Path) -> Any:
    try:
        return json.loads(sys.stdin.read() if str(file) == "-" else file.read_text())
    except OSError:
        raise WronglyAsked(f"{file}: this file cannot be read") from None
    except ValueError:
        raise WronglyAsked(f"{file}: this is no JSON") from None


def annul(penalty: PenaltyId, reason: str, officer: Officer, on: On = None) -> None:
    """Records that a penalty was annulled; every mark that it left is undone. Leaves with 1 when that is refused."""
    _do(penalty, Annul(reason=reason, annulled_on=legal_day(on), officer=officer))


def repair(
    penalty: PenaltyId,
    reason: str,
    officer: Officer,
    document: Annotated[str, typer.Option(help="Number of the document that repairs it.")] = "",
    on: On = None,
) -> None:
    """Records that the party's credit was repaired (信用修复). Leaves with 1 when that is refused."""
    _do(penalty, Repair(reason=reason, repaired_on=legal_day(on), repair_document=document, officer=officer))


def legal_day(on: datetime | None) -> date:
    """Return the day that was given, or today in China."""
    return on.date() if on else china_day()


def _do(penalty: UUID, command: Command) -> None:
    with opened_penalties() as desk:
        (outcome,) = desk.handle([Asked(command, penalty)])
    answer = outcome.answer()
    if answer["accepted"]:
        typer.echo("已登记")
    else:
        say_refused(answer["text"], answer["repair"])
    raise typer.Exit(int(not answer["accepted"]))


def _print(answer: Any) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, default=str))
