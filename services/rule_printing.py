"""Rule changes on a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table


def print_publication(answer: dict[str, Any]) -> None:
    """Print what a publication, or a dry run of one, touches."""
    console, touches = Console(), answer["touches"]
    head = "试算, 没有发布" if answer.get("dry_run") else f"规则变更 {answer['rule_change']} 第 {answer['version']} 版"
    console.print(f"{head}\n《{answer['title']}》({answer['document_number']}) {answer['effective_date']} 起施行")
    console.print(f"对依据被废止规定的决定: {answer['effect_in_words']}")
    for matter in touches["matters"]:
        named = matter["name"] or ("未命名" if matter["known"] else "监管责任清单中没有该事项")
        console.print(f"事项 {matter['matter_code']} {named}")
    permits = touches["permits"]
    console.print(f"有效许可 {_count(permits['count'], permits['count_capped'])} 件")
    for one in permits["by_department"]:
        console.print(f"  {one['name']}: {_count(one['permits'], one['count_capped'])} 件")
    console.print(
        f"依据涉及的监管责任 {len(touches['duties'])} 条; 待定职责的决定 {touches['waiting_decisions']['count']} 件"
    )
    console.print(f"在办申请: {touches['pending_applications']['in_words']}")
    table = Table("机关", "名称", "有效许可", title="须答复的机关")
    counts = {one["body"]: _count(one["permits"], one["count_capped"]) for one in permits["by_body"]}
    for one in answer["must_answer"]:
        table.add_row(one["body"], one["name"], counts.get(one["body"], "–"))
    console.print(table)


def _count(count: int, capped: bool) -> str:
    return f"{count:,} 以上" if capped else f"{count:,}"


def print_list(answer: dict[str, Any]) -> None:
    table = Table(title="规则变更")
    table.add_column("标识", no_wrap=True, min_width=36)
    for heading in ("名称", "文号", "施行", "状态", "已答复", "逾期"):
        table.add_column(heading, overflow="fold")
    for one in answer["rule_changes"]:
        table.add_row(
            one["rule_change"], one["title"], one["document_number"], one["effective_date"], one["standing_in_words"],
            f"{one['answered']}/{one['must_answer']}", str(one["overdue"] or ""),
        )  # fmt: skip
    Console().print(table)


def print_rule(answer: dict[str, Any]) -> None:
    console = Console()
    console.print(
        f"《{answer['title']}》({answer['document_number']}) {answer['issuing_body']} {answer['kind_in_words']}\n"
        f"{answer['effective_date']} 起施行; {answer['standing_in_words']}; 决定: {answer['effect_in_words']}"
    )
    table = Table("机关", "状态", "送达", "期限", "逾期(工作日)", "答复", "处理", title="须答复的机关")
    for one in answer["bodies"]:
        acts = [f"{act['in_words']} {act['on']} {act['text']}" for kept in one["answers"] for act in kept["acts"]]
        due = f"{one['due']}{' 预估' if one['due_is_estimate'] else ''}" if one["due"] else "–"
        when = f"{one['clerk']} {one['answered_at'][:16]}" if one["answered_at"] else "–"
        late = str(one["overdue_working_days"] or "")
        table.add_row(
            one["name"] or one["body"], one["state_in_words"], (one["delivered_at"] or "–")[:16], due, late, when,
            "\n".join(acts),
        )  # fmt: skip
    console.print(table)


def print_answer(answer: dict[str, Any]) -> None:
    Console().print(f"已记录: {answer['body']} 由 {answer['clerk']} 于 {answer['answered_at'][:16]} 答复")
