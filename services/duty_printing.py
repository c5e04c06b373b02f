"""How the duty list, its difference, its gaps and its history are shown on the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import typer
from rich.table import Table

from events.supervision import DutyAssigned
from services.supervision.duty_difference import Difference, Gap
from services.supervision.duty_file import DutyFile
from services.supervision.duty_history import Entry
from services.supervision.duty_list import UNCOVERED_WORDS
from services.terminal import terminal
from services.wording import moment_in_words


def named(read: DutyFile, entry: DutyAssigned) -> str:
    row = read.row_of(entry)
    where = f"第 {row} 行" if row else "现行清单"
    return f"{where}: {entry.matter_code} {entry.region_code} {entry.level} 牵头 {entry.lead} 自 {entry.valid_from}"


def show_difference(would: Difference, read: DutyFile, as_json: bool) -> None:
    """Show what an import would do, and that nothing was taken."""
    if as_json:
        typer.echo(json.dumps(_as_json(would, read), ensure_ascii=False, default=str))
        return
    console = terminal()
    console.print(
        f"试算, 未导入: 新增 {len(would.assigned)} 条, 变更 {len(would.changed)} 条, 未变 {would.unchanged} 条, "
        f"不能收下 {len(read.refused)} 行"
    )
    for pair in would.conflicts:
        console.print(f"冲突, 整份不会导入: {named(read, pair.first)} / {named(read, pair.second)}")
    for before, after in would.changed:
        console.print(
            f"变更 {before.matter_code} {before.region_code} {before.level}: {', '.join(_changes(before, after))}"
        )
    table = Table("事项", "区划", "层级", "自", "现牵头", "改为", "许可件数", title="将转办的现行许可")
    for one in would.going:
        table.add_row(
            one.matter_code, one.region_code, one.level, str(one.day), one.leads_now, one.would_lead, str(one.permits)
        )
    console.print(table)


def _as_json(would: Difference, read: DutyFile) -> dict[str, Any]:
    return {
        "dry_run": True,
        "assigned": [entry.model_dump(mode="json") for entry in would.assigned],
        "changed": [
            {"before": before.model_dump(mode="json"), "after": after.model_dump(mode="json")}
            for before, after in would.changed
        ],
        "unchanged": would.unchanged,
        "conflicts": [[named(read, pair.first), named(read, pair.second)] for pair in would.conflicts],
        "refused": len(read.refused),
        "going": [asdict(one) for one in would.going],
    }


def _changes(before: DutyAssigned, after: DutyAssigned) -> list[str]:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return [f"{name} {old[name]} → {new[name]}" for name in new if old.get(name) != new[name]]


def show_gaps(found: Sequence[Gap], day: date, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, default=str))
        return
    table = Table("事项", "区划", "层级", "原因", "现行许可", "待定件", title=f"{day} 没有监管部门的事项")
    for one in found:
        words = UNCOVERED_WORDS[one.why]
        table.add_row(one.matter_code, one.region_code, one.level, words, str(one.permits), str(one.waiting))
    terminal().print(table)


def print_history(found: Sequence[Entry], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in found], ensure_ascii=False))
        return
    table = Table("区划", "层级", "版本", "登记时间", "牵头", "协同", "自", "至", title="监管责任清单的历次版本")
    for one in found:
        said = one.said
        table.add_row(
            said.region_code, said.level, str(one.version), moment_in_words(one.recorded_at),
            said.lead_name or said.lead, "、".join(said.co_departments), str(said.valid_from),
            str(said.valid_to or "长期"),
        )  # fmt: skip
    terminal().print(table)
