"""One invented event of each type of ``events.completeness`` and ``events.statements``. Nobody in it exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from docs.invented import BODY, MARKET_BUREAU
from events.approval import Said
from events.canary import CanarySent
from events.canary_return import CanaryReturned
from events.completeness import NumberRun, NumbersArrived, NumbersAskedFor
from events.statements import StatementDisputed, StatementDrawn, StatementSigned


def completeness() -> Iterator[Said]:
    missed = (NumberRun(first=4711, last=4711), NumberRun(first=4714, last=4720))
    yield NumbersAskedFor(source="approval", runs=missed, asked=1, by="linkage")
    yield NumbersArrived(source="approval", runs=missed, asked=1)
    yield CanarySent(canary=2880)
    yield CanaryReturned(canary=2880)


def statements() -> Iterator[Said]:
    of: dict[str, Any] = {
        "body": BODY,
        "department": MARKET_BUREAU,
        "day": date(2026, 11, 24),
        "part": 1,
        "pushes": 37,
        "ids_hash": "9f2c6d1b7a4e8035c1d2e3f4a5b60718293a4b5c6d7e8f9012a3b4c5d6e7f809",
    }
    yield StatementDrawn(**of, runs=(NumberRun(first=1018, last=1054),))
    yield StatementSigned(**of, officer="S-0102")
    yield StatementDisputed(**of, officer="S-0417", reason="1031号推送未见附件")
