"""New decisions of the invented city, one every few seconds, handed in over HTTP as a bureau would."""

import threading
import time
from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import httpx
import structlog

from services.approval.handling import legal_today
from services.sample_city.city import haizhou
from services.sample_city.officers import Officers
from services.sample_city.permits import new_decision

log = structlog.get_logger()

REMEMBERED = 200
_FIRST_SERIAL = 1_000_000
"""Above every number of the file."""


def hand_in_slowly(approval: str, supervision: str, every: float, stop: threading.Event) -> None:
    """Post to the approval side every `every` seconds until `stop`, and let officers at the supervision side see to
    what was granted; a restart of either side is waited for."""
    random = Random()  # noqa: S311 - a show, not a secret
    with _client(approval) as bureau, _client(supervision) as office:
        officers = Officers(bureau, office, random)
        for decision in decisions(random):
            if stop.wait(every):
                return
            try:
                answer = bureau.post("/api/v1/decisions", json=decision)
            except httpx.TransportError as error:
                log.warning("decision_not_handed_in", error=type(error).__name__)
                continue
            if not answer.is_success:
                log.warning("decision_refused", rule=answer.json().get("code"))
            elif decision["kind"] == "核发":
                officers.hear(answer.json()["permit"], decision)
            officers.act(legal_today())


def _client(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=10, trust_env=False)


def decisions(random: Random) -> Iterator[dict[str, Any]]:
    """Grants, and for one in four a later decision about a permit that was granted here before."""
    granted: list[dict[str, Any]] = []
    while True:
        today = legal_today()
        if granted and random.random() < 0.25:
            yield _followed(random, granted.pop(random.randrange(len(granted))), today)
            continue
        decision = new_decision(random, haizhou(), _serial(), today)
        granted = [*granted, decision][-REMEMBERED:]
        yield decision


def _serial() -> int:
    """Another one each tenth of a second, also after a restart, for ten years."""
    return _FIRST_SERIAL + int(time.time() * 10) % 90_000_000


def _followed(random: Random, before: dict[str, Any], today: date) -> dict[str, Any]:
    number = before["document_number"]
    later = before | {"decision_date": today.isoformat(), "document_number": number.replace("许", "续")}
    kind = random.choice(("变更", "变更", "补发", "注销", "吊销"))
    if kind == "变更":
        return later | {"kind": kind, "content": before["content"] + "（变更经营范围）"}
    if kind == "补发":
        return later | {"kind": kind, "reason": "证书遗失"}
    return later | {"kind": kind, "reason": "企业申请注销" if kind == "注销" else "违法经营，情节严重"}
