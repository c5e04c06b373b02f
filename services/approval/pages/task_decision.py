"""The decision that carries an answer out, as a clerk states it beside the answer: what is new, the rest is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import psycopg
from pydantic import BaseModel, Field

from events import store
from events.tasks import TaskOutcome
from services.approval.decision import Decision, Kind
from services.approval.outcome import SOURCE
from services.approval.restating import restated

OFFERED: Mapping[str, Kind] = {
    TaskOutcome.REVOKE: Kind.REVOKE,
    TaskOutcome.ANNUL: Kind.ANNUL,
    TaskOutcome.AMEND: Kind.AMEND,
    TaskOutcome.SURRENDER: Kind.SURRENDER,
    TaskOutcome.RENEW: Kind.RENEW,
    TaskOutcome.CORRECT: Kind.CORRECT,
}
_STATED = (
    "document_name",
    "document_number",
    "decision_date",
    "legal_basis",
    "valid_from",
    "valid_to",
    "content",
    "place",
)


class RecordingForm(BaseModel):
    """What stands in the form of an answer. Empty fields of a decision leave the permit's facts as they are;
    ``decision`` is the version of one that is recorded already."""

    outcome: TaskOutcome
    key: Annotated[str, Field(max_length=100)] = ""
    to: str = "/tasks"
    reason: Annotated[str, Field(max_length=4000)] = ""
    decision: Annotated[str, Field(pattern=r"^\d{0,9}$")] = ""
    document_name: Annotated[str, Field(max_length=400)] = ""
    document_number: Annotated[str, Field(max_length=200)] = ""
    decision_date: str = ""
    legal_basis: Annotated[str, Field(max_length=4000)] = ""
    valid_from: str = ""
    valid_to: str = ""
    content: Annotated[str, Field(max_length=4000)] = ""
    place: Annotated[str, Field(max_length=4000)] = ""


def recording(connection: psycopg.Connection, master: bytes, permit: UUID, stated: RecordingForm) -> Decision | None:
    """Return the decision that is to be recorded with the answer; None where the outcome needs none."""
    kind = OFFERED.get(stated.outcome)
    if kind is None:
        return None
    records = store.load_streams(connection, SOURCE, [permit])[permit]
    new: dict[str, Any] = {name: text for name in _STATED if (text := getattr(stated, name).strip())}
    if "valid_to" in new:
        new["long_term"] = False
    return restated(connection, master, records, kind, new | {"reason": stated.reason})
