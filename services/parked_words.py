"""What is done about parked streams, in words and as programs read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from projections.parked_acts import Act, Done
from projections.parked_requests import Request, Wanted
from projections.parked_streams import Contents, ParkedStream, WaitingRecord

ACT_WORDS: Mapping[str, str] = {
    Act.RETRY: "要求重试",
    Act.LOOK: "查看内容",
    Act.SKIP_ASKED: "请求跳过",
    Act.SKIP_CONSENTED: "同意跳过",
    Act.SKIP_REFUSED: "不同意跳过",
    Act.SKIP_WITHDRAWN: "撤回跳过请求",
    Act.SKIPPED: "已跳过",
    Act.REPAIR_ASKED: "请许可机关更正",
    Act.REPLACED: "已由更正取代",
    Act.LAPSED: "请求失效：该件已不在等候",
}


def request_in_words(request: Request) -> str:
    if request.kind == Wanted.REPAIR:
        return f"等候许可机关更正第 {request.version} 版"
    if request.consented_by is None:
        return f"请求跳过第 {request.version} 版，待另一人同意"
    return f"跳过第 {request.version} 版已获同意，正在办理"


def request_as_json(request: Request | None) -> dict[str, Any] | None:
    """Return what is asked for about a stream; None when nothing is."""
    if request is None:
        return None
    return {
        "kind": request.kind,
        "version": request.version,
        "reason": request.reason,
        "asked_by": request.asked_by,
        "asked_at": request.asked_at.isoformat(),
        "consented_by": request.consented_by,
        "consented_at": request.consented_at.isoformat() if request.consented_at else None,
    }


def stream_as_json(stream: ParkedStream, request: Request | None) -> dict[str, Any]:
    """Return a parked stream without contents."""
    return {
        "stream": str(stream.stream),
        "partition": stream.partition,
        "reason": stream.reason,
        "detail": stream.detail,
        "parked_at": stream.parked_at.isoformat(),
        "retry_requested_at": stream.retry_requested_at.isoformat() if stream.retry_requested_at else None,
        "waiting": stream.waiting,
        "request": request_as_json(request),
    }


def records_as_json(records: Sequence[WaitingRecord]) -> list[dict[str, Any]]:
    return [
        {
            "version": one.version, "type": one.type, "schema": one.schema,
            "recorded_at": one.recorded_at.isoformat(), "defect": one.defect,
        }
        for one in records
    ]  # fmt: skip


def contents_as_json(contents: Contents) -> dict[str, Any]:
    """Return what a record says. ``personal_bytes``: the length of the sealed personal part."""
    return {
        "version": contents.version, "type": contents.type, "text": contents.text, "cut": contents.cut,
        "personal_bytes": contents.sealed,
    }  # fmt: skip


def done_as_json(done: Done) -> dict[str, Any]:
    return {
        "id": done.id, "stream": str(done.stream) if done.stream else None, "version": done.version, "act": done.act,
        "by": done.by, "reason": done.reason, "at": done.at.isoformat(),
    }  # fmt: skip
