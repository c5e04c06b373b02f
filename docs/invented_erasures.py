"""One invented event of each type of ``events.erasures``. Nobody in it exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from events.approval import Said
from events.erasures import PartyErased


def erasures() -> Iterator[Said]:
    yield PartyErased(
        party_id=UUID("0b6f1d5e-77f2-4a0a-8c9f-6f1d2f1f0a11"),
        reason="许可已注销满五年，当事人书面申请删除",
        asked_by="S-0901",
        asked_at=datetime(2026, 11, 24, 2, 15, tzinfo=UTC),
        consented_by="S-0902",
        consented_at=datetime(2026, 11, 24, 2, 40, tzinfo=UTC),
    )
