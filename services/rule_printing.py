"""Rule changes on a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.table import Table

from services.terminal import terminal
from services.working_days import CHINA


def print_publication(answer: dict[str, Any]) -> None:
    """Print what a publication, or a dry run of one, touches."""
    console, touches = terminal(), answer["touches"]
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
    # Whole, however narrow the window: it is copied into `linkage rules show`.
    table.add_column("标识", no_wrap=True, min_width=36)
    for heading in ("规则", "施行", "答复", "逾期"):
        table.add_column(heading, overflow="fold")
    for one in answer["rule_changes"]:
        withdrawn = one["standing"] == "withdrawn"
        answered = one["standing_in_words"] if withdrawn else f"{one['answered']}/{one['must_answer']}"
        table.add_row(
            one["rule_change"], f"《{one['title']}》{one['document_number']}", one["effective_date"], answered,
            str(one["overdue"] or ""),
        )  # fmt: skip
    terminal().print(table)


def print_rule(answer: dict[str, Any]) -> None:
    """Print a rule change, and below it each body that must answer with what it did."""
    console = terminal()
    console.print(
        f"《{answer['title']}》({answer['document_number']}) {answer['issuing_body']} {answer['kind_in_words']}\n"
        f"{answer['effective_date']} 起施行; {answer['standing_in_words']}; 对所涉决定: {answer['effect_in_words']}"
    )
    for one in answer["bodies"]:
        light = f", {one['light_in_words']}" if "light" in one else ""
        late = f", 已逾期 {one['overdue_working_days']} 个工作日" if one["overdue_working_days"] else ""
        console.print(f"\n{one['name'] or one['body']} {one['body']}: {one['state_in_words']}{light}{late}")
        if one["delivered_at"]:
            due = f"{one['due']}{' (预估)' if one['due_is_estimate'] else ''}"
            console.print(f"  {_moment(one['delivered_at'])} 送达, 期限 {due}")
        for kept in one["answers"]:
            console.print(f"  {kept['clerk']} 于 {_moment(kept['at'])} {'补充' if kept['addition'] else '答复'}:")
            for act in kept["acts"]:
                console.print(f"    {act['on']} {act['in_words']} {act['text']}")

    for one in answer.get("marked", ()):
        last = f"最近 {one['last_decision_date']}"
        console.print(f"\n施行后作出并被标注的决定: {one['name'] or one['body']} {one['decisions']} 件, {last}")


def print_answer(answer: dict[str, Any]) -> None:
    terminal().print(f"已记录: {answer['body']} 由 {answer['clerk']} 于 {_moment(answer['answered_at'])} 答复")


def _moment(at: str) -> str:
    """Return a recorded time as a clerk reads it, in China."""
    return f"{datetime.fromisoformat(at).astimezone(CHINA):%Y-%m-%d %H:%M}"
