"""``linkage cases``: what an officer does about pushes from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table

from events.database import raw
from events.oversight import ReturnReason
from services.access.files_by_command import write_down
from services.command_options import AsJson
from services.oversight_opened import Department, Permit, hand_in, opened_supervision
from services.proof_file_commands import FileTrouble
from services.supervision.case_questions import Which, case_as_json, cases_of, cases_of_permit
from services.supervision.oversight_commands import Close, Handle, Return, Sign
from services.supervision.permit_answers import department_names
from services.supervision.receipt_proofs import receipt_proof
from services.terminal import terminal
from services.time_rules import read_time_rules
from services.trouble import WronglyAsked
from services.working_days import china_day

Officer = Annotated[str, typer.Option(help="Staff number of the officer.")]
Push = Annotated[int | None, typer.Option(help="Version of the push; all open pushes of the permit when left out.")]
Text = Annotated[str, typer.Option(help="In words.")]
AT_ONCE = 200


def list_cases(
    department: Department,
    state: Annotated[Which, typer.Option(help="Which of them.")] = Which.UNSIGNED,
    as_json: AsJson = False,
) -> None:
    """The first 200: what waits by its last day, with its light; what is done, newest first."""
    today = china_day()
    with opened_supervision("cases") as engine, engine.connect() as connection:
        calendar, names = read_time_rules(raw(connection)).calendar, department_names(connection)
        rows, _ = cases_of(connection, department, state, today, calendar, None, AT_ONCE)
    cases = [case_as_json(row, calendar, today, names) for row in rows]
    if as_json:
        typer.echo(json.dumps(cases, ensure_ascii=False, default=str))
        return
    table = Table("许可", "推送", "编号", "状态", "期限", "灯", "经办", title=names.get(department, department))
    for one in cases:
        due = f"{one['due_on'] or '—'}{' 预估' if one['due_estimated'] else ''}"
        table.add_row(
            str(one["permit"]), str(one["push_version"]), one["permit_number"] or "", one["state_in_words"], due,
            one["light_in_words"] or "—", one["officer"],
        )  # fmt: skip
    terminal().print(table)


def prove(
    department: Department,
    permit: Permit,
    file: Annotated[Path, typer.Argument(help="The file to be written; one that is there already is kept.")],
    push: Annotated[int, typer.Option(help="Version of the push.")] = 1,
) -> None:
    """Writes the push and what the department did about it as a file that deploy/verify_linkage.py checks alone."""
    with opened_supervision("cases") as engine, engine.connect() as connection:
        known = any((row.push_version, row.department) == (push, department)
                    for row in cases_of_permit(connection, permit))  # fmt: skip
        proof = receipt_proof(raw(connection), permit, push, department) if known else None
        if proof is None:
            raise WronglyAsked("no such push in this department" if not known else "no checkpoint yet: wait a minute")
        about = [f"permit={permit}", f"push={push}", f"department={department}"]
        write_down(engine, "linkage cases proof", about)
    try:
        with open(file, "xb") as written:
            written.write(orjson.dumps(proof.as_file(), option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise FileTrouble(f"{file} cannot be written: {error.strerror}") from error
    typer.echo(f"已导出到 {file}；核验：python3 verify_linkage.py {file} --key {proof.head.keys[0].id}")


def sign(department: Department, permit: Permit, officer: Officer, push: Push = None, as_json: AsJson = False) -> None:
    """Leaves with 1 when it was refused, for instance because a colleague was first."""
    hand_in(permit, Sign, department, as_json, officer=officer, push_version=push)


def return_push(
    department: Department,
    permit: Permit,
    officer: Officer,
    reason: Annotated[ReturnReason, typer.Option(help="From the closed list; other needs --text.")],
    text: Text = "",
    candidate: Annotated[str | None, typer.Option(help="Code of the department that should have it.")] = None,
    push: Push = None,
    as_json: AsJson = False,
) -> None:
    """The duty list's lead stays responsible and the clock goes on; a second return opens a consultation."""
    said = {"officer": officer, "push_version": push, "reason": reason, "text": text, "candidate": candidate}
    hand_in(permit, Return, department, as_json, **said)


def handle(
    department: Department,
    permit: Permit,
    officer: Officer,
    text: Text = "",
    push: Push = None,
    as_json: AsJson = False,
) -> None:
    """The department has taken the permit into its supervision."""
    hand_in(permit, Handle, department, as_json, officer=officer, push_version=push, text=text)


def close(
    department: Department,
    permit: Permit,
    officer: Officer,
    text: Text = "",
    push: Push = None,
    as_json: AsJson = False,
) -> None:
    """Nothing more is to be done about the push."""
    hand_in(permit, Close, department, as_json, officer=officer, push_version=push, text=text)
