"""A recorded push as lists read it: who gets what, and the decision that it carries, in structs as decisions are."""

from __future__ import annotations

from datetime import datetime

import msgspec

from events.supervision import Role
from projections.listed_decision import ListedDecision, read_decision


class Carries(msgspec.Struct, frozen=True, gc=False):
    """``payload`` is the decision's data as it was recorded."""

    type: str
    schema_version: int
    version: int
    recorded_at: datetime
    payload: msgspec.Raw

    def read(self) -> ListedDecision:
        return read_decision(self.type, self.schema_version, bytes(self.payload))


class Reaches(msgspec.Struct, frozen=True, gc=False):
    department: str
    role: Role
    push_number: int


class ListedPush(msgspec.Struct, frozen=True, gc=False):
    decision: Carries
    receivers: tuple[Reaches, ...]
    left: tuple[str, ...]


read_push = msgspec.json.Decoder(ListedPush).decode
