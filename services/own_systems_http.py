"""What a department's or bureau's own systems were sent, asked over HTTP by itself; the same on both sides."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from events.database import raw
from events.proof.spoken import spoken_key
from services.checkpoints.ledger_tree import LedgerTree
from services.checkpoints.sent import COPIES_FORMAT, Sent, sent_to
from services.checkpoints.signing_keys import signing_keys
from services.either_side import Here
from services.interface import problems
from services.migrating import Side
from services.own_systems import systems_of

OWN = {"supervision": ("departments", "department"), "approval": ("bodies", "body")}
"""By side: what bodies are called there, and one of them."""


def prefix_of(side: Side) -> str:
    return f"/api/v1/{OWN[side][0]}"


def own_system_routes(side: Side) -> APIRouter:
    """Return the routes of a side, which calls its bodies by its own word."""
    name = OWN[side][1]
    routes = APIRouter(prefix=f"{prefix_of(side)}/{{{name}}}")
    # As a default and not in an annotation: those of this module are texts, and do not know what stands in here.
    own: str = Path(alias=name, description="本单位的 18 位代码。")

    @routes.get(
        "/checkpoints",
        operation_id="listCheckpointsSent",
        summary="本单位的系统收到过的检查点（留存一份，日后可离线核对）",
        responses=problems(),
    )
    def list_checkpoints_sent(
        here: Here,
        body: str = own,
        before: Annotated[int | None, Query(ge=1, le=10**17, description="只要条数小于它的，接着上一页取。")] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="最多个数。")] = 1000,
    ) -> dict[str, Any]:
        """The newest first, of the last 30 days. Keep the answer as a file: ``deploy/verify_linkage.py --kept`` holds
        it against what is exported later. ``way``: ``webhook`` was answered 2xx, ``stream`` written to an open line."""
        with here.engine.connect() as connection:
            found = sent_to(raw(connection), body, before, limit)
            tree, keys = LedgerTree(raw(connection)), signing_keys(raw(connection))
        return {
            "format": COPIES_FORMAT,
            "source": here.side,
            "origin": tree.origin,
            "hash": tree.hash.value,
            "keys": [spoken_key(key).model_dump(mode="json") for key in keys],
            "checkpoints": [_shown(one) for one in found],
        }

    @routes.get(
        "/webhooks",
        operation_id="listOwnWebhooks",
        summary="本单位系统的接收情况：最近的消息、对方怎么答复、何时再试",
        responses=problems(),
    )
    def list_own_webhooks(here: Here, body: str = own) -> dict[str, Any]:
        """Each endpoint with its last 20 messages, the newest first. ``failing_since``: of the first of the attempts
        that all failed. ``reason``: a code, ``http 503`` and the like; ``cause``: the same in words."""
        with here.engine.connect() as connection:
            return {name: body, "webhooks": systems_of(raw(connection), body)}

    return routes


def _shown(one: Sent) -> dict[str, Any]:
    root = one.root.hex() if one.root else None
    return {"size": one.size, "root": root, "note": one.note, "way": one.way, "sent_at": one.sent_at}
