"""What is sealed with the newest decision of a permit, for the body that decided it."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request

from events.database import raw
from services.access.entrance import entrance_of
from services.access.sealed_facts import SealedFact, facts_in
from services.approval.http import Office
from services.approval.http_described import unknown_permit
from services.approval.naming_persons import said_in
from services.approval.parties import subject_keys
from services.problems import Problem


def opened(request: Request, permit: UUID) -> tuple[UUID, list[SealedFact]]:
    """Return the holder of a permit and what is sealed of it, for the body that decided it alone."""
    office: Office = request.app.state.office
    with office.engine.connect() as connection:
        _, records = office.desk.permit(raw(connection), permit)
        scope = entrance_of(request.app).caller(request).scope
        if not records:
            # Another's is out of sight, as if it were nowhere; to have asked for it is refused, and written down.
            raise unknown_permit() if scope.everybody else other_body()
        newest = records[-1]
        facts = said_in(newest).facts
        if not scope.covers(facts.deciding_body):
            raise other_body()
        party = facts.party
        key = subject_keys(raw(connection), office.desk.master, [party.party_id]).get(party.party_id)
    return party.party_id, facts_in(party, key, newest.personal)


def other_body() -> Problem:
    return Problem(
        403,
        "other_body",
        "这件许可由其他机关决定",
        "个人信息只供作出决定的机关查看。",
        "确有需要的，请联系作出决定的机关。",
    )
