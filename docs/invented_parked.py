"""One invented event of each type of ``events.parked`` and ``events.corrections``. Nobody in it exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from events.approval import Said
from events.corrections import CorrectionRequested
from events.parked import RecordReplaced, RecordSkipped

PERMIT = UUID("6f1f2c1e-30a4-4d7b-9a55-0d3c7c1b8e21")


def parked() -> Iterator[Said]:
    of: dict[str, Any] = {
        "reader": "intake",
        "stream": PERMIT,
        "type": "permit_amended",
        "asked_by": "S-0901",
        "asked_at": datetime(2026, 11, 24, 2, 15, tzinfo=UTC),
    }
    yield RecordSkipped(
        **of,
        version=2,
        position=4711,
        reason="重复报送的变更，与第3版内容相同",
        consented_by="S-0902",
        consented_at=datetime(2026, 11, 24, 2, 40, tzinfo=UTC),
    )
    yield RecordReplaced(**of, version=4, position=4890, reason="有效期止日期缺失，请更正", replaced_by=5)
    yield CorrectionRequested(
        permit=PERMIT,
        permit_version=4,
        type="permit_amended",
        fault="Malformed",
        reason="有效期止日期缺失，请更正",
        requested_by="S-0901",
        requested_on=date(2026, 11, 24),
    )
