"""What happened to penalties, in the order in which it was recorded: imposed, amended, matched, repaired, annulled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import psycopg

from events import store
from events.catalogue import decode
from events.penalties import CreditRepaired, PenaltyAmended, PenaltyAnnulled, PenaltyImposed, PenaltySaid
from services.supervision.penalty_outcome import SOURCE


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a penalty, under the name of its ``type``."""

    type: str
    at: datetime
    said: PenaltySaid

    @property
    def on(self) -> date | None:
        """The legal day; None of what follows by itself from what was recorded."""
        match self.said:
            case PenaltyImposed():
                return self.said.facts.decision_date
            case PenaltyAmended():
                return self.said.amended_on
            case PenaltyAnnulled():
                return self.said.annulled_on
            case CreditRepaired():
                return self.said.repaired_on
            case _:
                return None


def happened_to(connection: psycopg.Connection, penalties: Iterable[UUID]) -> Mapping[UUID, Sequence[Happened]]:
    """Return the events of each of ``penalties``, the oldest first."""
    found: dict[UUID, Sequence[Happened]] = {}
    for penalty, records in store.load_streams(connection, SOURCE, penalties).items():
        events = [(record, decode(record.type, record.schema, record.data)) for record in records]
        found[penalty] = [
            Happened(record.type, record.recorded_at, said) for record, said in events if isinstance(said, PenaltySaid)
        ]
    return found


def was_amended(happened: Iterable[Happened]) -> bool:
    return any(isinstance(one.said, PenaltyAmended) for one in happened)
