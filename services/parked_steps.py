"""``linkage parked skip``, ``consent``, ``refuse``, ``repair``: what is decided about the first record that waits."""

from __future__ import annotations

import json

import typer

from services.command_options import AsJson
from services.migrating import Side
from services.parked_asked import By, Stream, Where, Why, opened, said, stream_of
from services.parked_desk import Step
from services.parked_stated import AskRepair, AskSkip, ConsentToSkip, RefuseSkip


def skip(stream: Stream, by: By, why: Why, side: Where = "supervision", as_json: AsJson = False) -> None:
    """Nothing is skipped before another person consents; then what waits behind is applied, in order."""
    _take(side, stream, said(AskSkip, {"officer": by, "reason": why}), "已请求跳过第 {} 版, 待另一人同意", as_json)


def consent(stream: Stream, by: By, side: Where = "supervision", as_json: AsJson = False) -> None:
    """The owner of the partition skips it within a second; for every later reading too."""
    _take(side, stream, said(ConsentToSkip, {"officer": by}), "已同意, 第 {} 版随即跳过", as_json)


def refuse(stream: Stream, by: By, why: Why, side: Where = "supervision", as_json: AsJson = False) -> None:
    """The record goes on waiting."""
    _take(side, stream, said(RefuseSkip, {"officer": by, "reason": why}), "第 {} 版不跳过", as_json)


def repair(stream: Stream, by: By, why: Why, side: Where = "supervision", as_json: AsJson = False) -> None:
    """It becomes a task of the body's desk. When its correction has come, that stands in the record's place."""
    _take(side, stream, said(AskRepair, {"officer": by, "reason": why}), "已请许可机关更正第 {} 版", as_json)


def _take(side: Side, stream: str, form: Step, done: str, as_json: bool) -> None:
    one = stream_of(stream)
    with opened(side) as (_, _, desk):
        answer = desk.step(one, form)
    typer.echo(json.dumps(answer, ensure_ascii=False) if as_json else done.format(answer["version"]))
