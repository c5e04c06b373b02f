"""Is a record still as it was recorded? Asked over HTTP, the same on both sides."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path

from events.checking import Checked, check_stream
from events.database import raw
from services.checking import unknown_record
from services.checkpoints.own import first_covering
from services.either_side import Here
from services.interface import problems

record_routes = APIRouter(prefix="/api/v1")


@record_routes.get(
    "/records/{stream}/{number}",
    operation_id="checkRecord",
    summary="存证核验：一条记录是否与登记时一致",
    responses=problems(unknown_record()),
)
def check_record(
    here: Here,
    stream: Annotated[UUID, Path(description="记录标识：许可等的标识。")],
    number: Annotated[int, Path(ge=1, le=1_000_000, description="第几条：事件的版本。")],
) -> dict[str, Any]:
    """Compute the digest of the record anew, and hold its row against those before and after it in the hash chain.

    ``holds``: this record; ``all_hold``: every record of the same stream that was looked at, at most 1,000. ``wrong``:
    ``content``, ``before``, ``after``, ``none_before``, ``none_after``; ``missing``: recorded and not there.
    ``checkpoint``: the first that the record is under; ``/proof`` at the end of this address proves it.
    """
    with here.engine.connect() as connection:
        found = check_stream(raw(connection), here.side, stream, number)
        one = found.records.get(number) if found else None
        checkpoint = first_covering(raw(connection), one.record.position) if one and one.record.position else None
    if found is None or (number not in found.records and number not in found.missing):
        raise unknown_record()
    return {
        "stream": str(stream),
        "version": number,
        "holds": one is not None and not one.wrong,
        "all_hold": found.holds,
        "missing": list(found.missing),
        "record": _shown(one) if one else None,
        "wrong_records": [_shown(each) for each in found.records.values() if each.wrong],
        "ledger_head": found.head,
        "checkpoint": {"size": checkpoint.size, "root": checkpoint.root.hex()} if checkpoint else None,
    }


def _shown(one: Checked) -> dict[str, Any]:
    return {
        "version": one.record.version,
        "event": str(one.record.id),
        "type": one.record.type,
        "recorded_at": one.record.recorded_at,
        "position": one.record.position or None,
        "digest": one.digest.hex(),
        "hash": one.hash.hex() if one.hash else None,
        "code": one.code,
        "wrong": list(one.wrong),
    }
