"""May I grant? What is known against a party, and the party found by its number, which stands in no address."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query

from events.database import raw
from services.approval.http import Here
from services.approval.standing_answers import find_party, standing_of
from services.interface import problems
from services.problems import Problem
from services.stated import Identifier, Stated

parties = APIRouter(prefix="/api/v1/parties")


class Number(Stated):
    """``identifier``: the USCC, or for a natural person the number of the identity document."""

    identifier: Identifier


def unknown_party() -> Problem:
    return Problem(
        404,
        "unknown_party",
        "没有这个相对人",
        "没有找到该行政相对人。",
        "请核对号码或标识；从未办理过许可的，没有记录。",
    )


@parties.post(
    "/find", operation_id="findParty", summary="按证件号码查找行政相对人", responses=problems(unknown_party())
)
def find(office: Here, number: Number) -> dict[str, str]:
    """Return the id under which a party is known. A POST: numbers of persons stand in no address."""
    with office.engine.connect() as connection:
        party = find_party(raw(connection), office.desk.master, number.identifier)
    if party is None:
        raise unknown_party()
    return {"party": str(party)}


@parties.get(
    "/{party}/standing",
    operation_id="readStanding",
    summary="能否准予：相对人的现状",
    responses=problems(unknown_party()),
)
def read_standing(
    office: Here,
    party: Annotated[UUID, Path(description="相对人标识，见 POST /api/v1/parties/find。")],
    matter: Annotated[str | None, Query(max_length=64, description="拟办事项的代码；省略则不分事项。")] = None,
) -> dict[str, Any]:
    """Return all that is in effect against a party today: since when, from whom, by which document, and what it means
    for the matter; and one word about all of it."""
    with office.engine.connect() as connection:
        found = standing_of(raw(connection), party, matter, office.desk.today())
    if found is None:
        raise unknown_party()
    return found
