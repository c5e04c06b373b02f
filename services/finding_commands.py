"""``linkage findings``: freezes, suggestions to annul, commitment checks and inspections from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from events.penalties import InspectionResult
from projections.findings import findings
from services.command_options import AsJson, refusals_said, well_stated
from services.penalty_commands import Officer, On, legal_day, opened_penalties
from services.supervision.finding_desk import FindingDesk
from services.supervision.finding_stated import (
    CheckCommitment,
    CheckRectification,
    Command,
    Inspect,
    InspectUnplanned,
    LiftFreeze,
    PlanInspection,
    ReportError,
    RequestFreeze,
    SuggestAnnulment,
)
from services.supervision.wording import FINDING_KINDS, FINDING_STATES
from services.terminal import terminal
from services.trouble import WronglyAsked

PermitId = Annotated[UUID, typer.Argument(help="The permit, as a watch list shows it.")]
FindingId = Annotated[UUID, typer.Argument(help="The freeze or inspection, as `linkage findings list` shows it.")]
Department = Annotated[str, typer.Option(help="Code of the department that says so.")]
Document = Annotated[str, typer.Option(help="Number of the department's document.")]
Kind = Annotated[str, typer.Option(help="日常检查, 双随机, 专项检查 or 其他.")]
Passed = Annotated[bool, typer.Option("--passed/--failed", help="Whether it is as it should be.")]
Facts = Annotated[str, typer.Option(help="What was found.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day.")]


@contextmanager
def _opened() -> Iterator[FindingDesk]:
    with opened_penalties() as penalties:
        yield FindingDesk(penalties.engine, penalties.register, penalties.clock)


def list_findings(
    department: Annotated[str | None, typer.Option(help="Code of a department.")] = None,
    permit: Annotated[UUID | None, typer.Option(help="A permit.")] = None,
    still_open: Annotated[bool, typer.Option("--open", help="Only what is not over.")] = False,
    as_json: AsJson = False,
) -> None:
    """The newest 200 findings, as they stand."""
    wanted = {"department": department, "permit": permit, "open": still_open or None}
    with _opened() as desk, desk.engine.connect() as connection:
        rows, _ = findings(connection, wanted, None, 200)
    if as_json:
        typer.echo(json.dumps([row._asdict() for row in rows], ensure_ascii=False, default=str))
        return
    table = Table(title="监管反馈")
    table.add_column("编号", no_wrap=True, min_width=36)
    for heading in ("种类", "状态", "最后一日", "相对人", "许可编号", "部门"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            str(row.finding), FINDING_KINDS[row.kind], FINDING_STATES[row.state], str(row.due or ""),
            row.said["party"]["label"], row.said.get("permit_number", ""), row.said["department_name"],
        )  # fmt: skip
    terminal().print(table)


def freeze(
    permit: PermitId,
    department: Department,
    document: Document,
    reason: Annotated[str, typer.Option(help="Why.")],
    officer: Officer,
    matter: Annotated[list[str] | None, typer.Option(help="A matter; may be given again. None: all of them.")] = None,
    until: Day = None,
    on: On = None,
) -> None:
    """Asks the approval side to grant nothing to the holder of a permit until it is lifted or lapses."""
    _do(
        lambda: RequestFreeze(
            permit=permit,
            matters=tuple(matter or ()),
            department=department,
            document_number=document,
            reason=reason,
            requested_on=legal_day(on),
            until=until.date() if until else None,
            officer=officer,
        )
    )


def lift(
    finding: FindingId, reason: Annotated[str, typer.Option(help="Why it is lifted.")], officer: Officer, on: On = None
) -> None:
    """Takes a freeze back before its last day."""
    _do(lambda: LiftFreeze(why_lifted=reason, lifted_on=legal_day(on), officer=officer), finding)


def suggest_annulment(
    permit: PermitId,
    department: Department,
    document: Document,
    facts: Annotated[str, typer.Option(help="What was found.")],
    legal_basis: Annotated[str, typer.Option(help="The law that it rests on.")],
    officer: Officer,
    check: Annotated[UUID | None, typer.Option(help="The commitment check that it follows from.")] = None,
    on: On = None,
) -> None:
    """Suggests to the approval side that a permit should not have been granted."""
    _do(
        lambda: SuggestAnnulment(
            permit=permit,
            department=department,
            document_number=document,
            facts=facts,
            legal_basis=legal_basis,
            suggested_on=legal_day(on),
            check=check,
            officer=officer,
        )
    )


def report_error(
    permit: PermitId,
    department: Department,
    field: Annotated[str, typer.Option(help="Name of the fact, such as valid_to.")],
    should_be: Annotated[str, typer.Option(help="What it should be.")],
    officer: Officer,
    facts: Facts = "",
    on: On = None,
) -> None:
    """Reports to the approval side that a recorded fact of a permit is wrong (校核纠错)."""
    _do(
        lambda: ReportError(
            permit=permit,
            department=department,
            field=field,
            should_be=should_be,
            facts=facts,
            reported_on=legal_day(on),
            officer=officer,
        )
    )


def check_commitment(
    permit: PermitId, department: Department, passed: Passed, officer: Officer, facts: Facts = "", on: On = None
) -> None:
    """Records whether what a permit was granted on (告知承诺) is so."""
    _do(
        lambda: CheckCommitment(
            permit=permit, department=department, passed=passed, checked_on=legal_day(on), facts=facts, officer=officer
        )
    )


def plan_inspection(
    permit: PermitId,
    department: Department,
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day for which it is planned.")],
    officer: Officer,
    kind: Kind = "日常检查",
    plan: Annotated[str, typer.Option(help="What is to be looked at.")] = "",
) -> None:
    """Records that an inspection is planned."""
    said = {"permit": permit, "department": department, "officer": officer, "inspection_kind": kind}
    _do(lambda: PlanInspection.model_validate(said | {"planned_on": on.date(), "plan": plan}))


def inspect(
    result: Annotated[InspectionResult, typer.Option(help="What it found.")],
    officer: Officer,
    planned: Annotated[UUID | None, typer.Option(help="The planned inspection; or --permit and --department.")] = None,
    permit: Annotated[UUID | None, typer.Option(help="The permit, where none was planned.")] = None,
    department: Annotated[str, typer.Option(help="The department, where none was planned.")] = "",
    kind: Kind = "日常检查",
    problems: Annotated[str, typer.Option(help="What is wrong.")] = "",
    due: Day = None,
    on: On = None,
) -> None:
    """Records what an inspection found."""
    if (planned is None) == (permit is None):
        raise WronglyAsked("give --planned, or --permit and --department")
    said = {
        "inspected_on": legal_day(on),
        "result": result,
        "problems": problems,
        "rectification_due": due.date() if due else None,
        "officer": officer,
    }
    unplanned = said | {"permit": permit, "department": department, "inspection_kind": kind}
    _do(lambda: Inspect.model_validate(said) if planned else InspectUnplanned.model_validate(unplanned), planned)


def check_rectification(
    finding: FindingId, passed: Passed, officer: Officer, facts: Facts = "", due: Day = None, on: On = None
) -> None:
    """Records whether what an inspection found was put right."""
    _do(
        lambda: CheckRectification(
            passed=passed,
            checked_on=legal_day(on),
            facts=facts,
            rectification_due=due.date() if due else None,
            officer=officer,
        ),
        finding,
    )


def _do(stated: Callable[[], Command], finding: UUID | None = None) -> None:
    """Record what is ``stated``. Leaves with 1 when that is refused."""
    with well_stated():
        command = stated()
    with _opened() as desk, refusals_said():
        answer = desk.handle(command, finding)
    typer.echo(f"已登记 {answer['finding']}")
