"""Signed checkpoints, the keys that signed them, and the proof of a record, asked over HTTP; the same on both sides."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import APIRouter, Path, Query

from events.checking import check_stream
from events.database import raw
from events.proof.spoken import in_base64, spoken_key
from services.checking import unknown_record
from services.checkpoints.heard import newest_held, trusted_keys
from services.checkpoints.ledger_tree import LedgerTree, TreeBroken
from services.checkpoints.own import Signed, first_covering, newest_signed, signed_at
from services.checkpoints.signing_keys import signing_keys
from services.completeness_answers import other_side
from services.either_side import Here
from services.interface import problems
from services.problems import Problem
from services.proof_file.layout import Head, receipt

proof_routes = APIRouter(prefix="/api/v1")


def not_signed_yet() -> Problem:
    return Problem(
        409, "not_signed_yet", "还没有检查点", "检查点每分钟签发一次，这条记录还不在任何检查点之下。",
        "请一分钟后再取。过后仍没有的，请运维人员查看“检查点”一行。",
    )  # fmt: skip


def unknown_checkpoint() -> Problem:
    return Problem(
        404, "unknown_checkpoint", "没有这个检查点", "本侧没有签发过至这一条的检查点。",
        "请从 /api/v1/checkpoints 取已签发的条数。",
    )  # fmt: skip


def tree_broken() -> Problem:
    return Problem(
        409, "tree_broken", "账簿对不上", "账簿缺号或被改动过，算不出证明。",
        "不要采信该记录，请告知运维人员：执行 linkage verify。",
    )  # fmt: skip


@proof_routes.get(
    "/signing-keys",
    operation_id="listSigningKeys",
    summary="签名密钥：本侧的，和本侧认可的对方的",
    responses=problems(),
)
def list_signing_keys(here: Here) -> dict[str, Any]:
    """Every public key, the newest first, with when it may sign. Compare ids by another way than this one."""
    with here.engine.connect() as connection:
        own, other = signing_keys(raw(connection)), trusted_keys(raw(connection), other_side(here.side))
    return {
        "own": [spoken_key(key).model_dump(mode="json") for key in own],
        "other": [spoken_key(key).model_dump(mode="json") for key in other],
    }


@proof_routes.get(
    "/checkpoints",
    operation_id="showCheckpoints",
    summary="检查点：本侧最新签发的，和本侧留存的对方的",
    responses=problems(),
)
def show_checkpoints(here: Here) -> dict[str, Any]:
    """``note``: the signed text; keep it. ``other``: of the other side's ledger, as this side holds and checked it."""
    with here.engine.connect() as connection:
        own, held = newest_signed(raw(connection)), newest_held(raw(connection), other_side(here.side))
    return {
        "own": {"size": own.size, "root": own.root.hex(), "note": own.newest_note} if own else None,
        "other": {"size": held.size, "root": held.root.hex(), "note": held.note} if held else None,
    }


@proof_routes.get(
    "/checkpoints/consistency",
    operation_id="proveConsistency",
    summary="两个检查点前后相接的证明（RFC 6962）",
    responses=problems(not_signed_yet(), unknown_checkpoint(), tree_broken()),
)
def prove_consistency(
    here: Here,
    earlier: Annotated[int, Query(ge=1, le=10**17, description="您留存的检查点的条数。")] = 1,
    later: Annotated[int | None, Query(ge=1, le=10**17, description="另一个的条数；不写为最新的。")] = None,
) -> dict[str, Any]:
    """Hashes that lead from the root of the first ``earlier`` records to the checkpoint of ``later``."""
    with here.engine.connect() as connection:
        found = _signed(raw(connection), later)
        if earlier > found.size:
            raise unknown_checkpoint()
        try:
            proof = LedgerTree(raw(connection)).consistency(earlier, found.size)
        except TreeBroken:
            raise tree_broken() from None
    return {"earlier": earlier, "later": found.size, "note": found.note, "proof": in_base64(proof)}


@proof_routes.get(
    "/records/{stream}/{number}/proof",
    operation_id="proveRecord",
    summary="回执：一条记录在检查点之下的证明",
    responses=problems(unknown_record(), not_signed_yet(), unknown_checkpoint(), tree_broken()),
)
def prove_record(
    here: Here,
    stream: Annotated[UUID, Path(description="记录标识：许可等的标识。")],
    number: Annotated[int, Path(ge=1, le=1_000_000, description="第几条：事件的版本。")],
    size: Annotated[
        int | None, Query(ge=1, le=10**17, description="在哪个检查点之下；不写为登记后第一个，即文书上印的。")
    ] = None,
) -> dict[str, Any]:
    """A receipt that deploy/verify_linkage.py checks. It bears the record's digest and not its content: whoever has the
    content computes the digest from it."""
    with here.engine.connect() as opened:
        connection = raw(opened)
        checked = check_stream(connection, here.side, stream, number)
        one = checked.records.get(number) if checked else None
        if one is None:
            raise unknown_record()
        position = one.record.position
        found = _signed(connection, size) if size else first_covering(connection, position) if position else None
        if found is None or found.size < position:
            raise not_signed_yet()
        tree = LedgerTree(connection)
        try:
            proof = tree.inclusion(position, found.size)
        except TreeBroken:
            raise tree_broken() from None
        head = Head(here.side, tree.origin, tree.hash, signing_keys(connection), found.note, (), {})
        return receipt(head, position, one.record.recorded_at, one.digest, proof)


def _signed(connection: psycopg.Connection, size: int | None) -> Signed:
    found = signed_at(connection, size) if size else newest_signed(connection)
    if found is None:
        raise unknown_checkpoint() if size else not_signed_yet()
    return found
