"""``linkage parked list``, ``show``, ``retry``, ``history``: what stands still, and what was done about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from events.database import raw
from projections import parked_acts, parked_streams, parking
from projections.parked_requests import Request, open_requests
from projections.parked_streams import ParkedStream
from services.command_options import AsJson
from services.parked_asked import OPTIONS, By, Stream, Where, opened, said, stream_of
from services.parked_stated import LookInto, RetryParked
from services.parked_words import (
    ACT_WORDS,
    contents_as_json,
    done_as_json,
    records_as_json,
    request_in_words,
    stream_as_json,
)
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.working_days import CHINA

MOST_SHOWN = 200


def list_parked(side: Where = "supervision", as_json: AsJson = False) -> None:
    """Streams that stand still, with reason and what waits behind; contents stay hidden. Leaves with 1 if any."""
    with opened(side) as (engine, reader, _), engine.connect() as connection:
        found = parked_streams.parked(raw(connection), reader)
        asked = open_requests(raw(connection), reader, (one.stream for one in found))
    if as_json:
        typer.echo(json.dumps([stream_as_json(one, asked.get(one.stream)) for one in found], ensure_ascii=False))
    else:
        terminal().print(table_of(found, asked))
    raise typer.Exit(int(bool(found)))


def table_of(found: Sequence[ParkedStream], asked: Mapping[UUID, Request]) -> Table:
    """Narrow enough for a window of 80 columns: what is told in sentences stands beneath the stream."""
    table = Table(title="停放事件")
    # Whole, however narrow the window: it is copied into `linkage parked retry`, and the reason into its --reason.
    table.add_column("事件流", overflow="fold", min_width=36)
    for heading in ("原因", "自", "等候"):
        table.add_column(heading, no_wrap=True)
    for one in found:
        told = [one.detail, request_in_words(asked[one.stream]) if one.stream in asked else ""]
        table.add_row(
            "\n".join((str(one.stream), *filter(None, told))), one.reason,
            f"{one.parked_at.astimezone(CHINA):%m-%d %H:%M:%S}", str(one.waiting),
        )  # fmt: skip
    return table


def show(
    stream: Stream,
    side: Where = "supervision",
    contents: Annotated[
        bool, typer.Option("--show", help="Also what one record says: kept with --by and --why.")
    ] = False,
    version: Annotated[int | None, typer.Option(help="With --show: which; otherwise the first.", min=1)] = None,
    by: Annotated[str, typer.Option("--by", help="With --show: your staff number.", metavar="STAFF")] = "",
    why: Annotated[str, typer.Option("--why", help="With --show: why you look.", metavar="TEXT")] = "",
    as_json: AsJson = False,
) -> None:
    """Which records wait, by what stands on their envelopes. The personal part stays sealed in any case."""
    one = stream_of(stream)
    form = said(LookInto, {"officer": by, "reason": why, "version": version}) if contents else None
    with opened(side) as (engine, reader, desk):
        with engine.connect() as connection:
            found = parked_streams.waiting_records(raw(connection), reader, one)
            asked = open_requests(raw(connection), reader, [one]).get(one)
        if found is None:
            raise WronglyAsked(f"{one} is not parked")
        seen = desk.look(one, form) if form else None
    told = stream_as_json(found[0], asked) | {"records": records_as_json(found[1])}
    if as_json:
        typer.echo(json.dumps(told | ({"contents": contents_as_json(seen)} if seen else {}), ensure_ascii=False))
        return
    typer.echo(f"{one}: {found[0].reason} ({found[0].detail})")
    if asked:
        typer.echo(f"{request_in_words(asked)} ({asked.asked_by}: {asked.reason})")
    for record in found[1]:
        typer.echo(f"  {record.version} {record.type} {record.recorded_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}")
    if seen:
        typer.echo(
            f"第 {seen.version} 版的内容{'(节选)' if seen.cut else ''}, 个人信息 {seen.sealed} 字节未解封:\n{seen.text}"
        )


def retry(
    stream: Annotated[str | None, typer.Argument(help="One stream; or give --reason.")] = None,
    reason: Annotated[str | None, typer.Option(help="Every stream that was parked for this reason.")] = None,
    by: By = "operator",
    side: Where = "supervision",
    as_json: AsJson = False,
) -> None:
    """Asks the worker that owns each stream to apply what waits, in order."""
    if not stream and not reason:
        raise WronglyAsked("say which stream, or give --reason")
    if reason and reason not in parking.REASONS:
        raise WronglyAsked(f"--reason: streams are parked for one of {', '.join(sorted(parking.REASONS))}")
    one = stream_of(stream) if stream else None
    form = said(RetryParked, {"officer": by, "stream": one, "reason": reason}, {**OPTIONS, "reason": "--reason"})
    with opened(side) as (_, _, desk):
        asked = desk.retry(form)
    typer.echo(json.dumps({"asked": asked}) if as_json else f"asked to retry {asked} streams")


def history(
    stream: Annotated[str | None, typer.Argument(help="Only of this stream.")] = None,
    side: Where = "supervision",
    before: Annotated[int | None, typer.Option(help="Older than the act with this id.", min=1)] = None,
    as_json: AsJson = False,
) -> None:
    """Retries, looks, skips and corrections, the newest first: who, when and why."""
    one = stream_of(stream) if stream else None
    with opened(side) as (engine, reader, _), engine.connect() as connection:
        found = parked_acts.history(raw(connection), reader, one, before, MOST_SHOWN)
    if as_json:
        typer.echo(json.dumps([done_as_json(done) for done in found], ensure_ascii=False))
        return
    for done in found:
        about = f"{done.stream}" + (f" 第 {done.version} 版" if done.version else "") if done.stream else "全部"
        typer.echo(
            f"{done.id} {done.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S} {ACT_WORDS.get(done.act, done.act)} {about} "
            f"({done.by}) {done.reason}"
        )
