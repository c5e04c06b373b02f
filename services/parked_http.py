"""Parked streams over HTTP, alike on both sides: listed, tried again, skipped by two people, mended by the bureau."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query

from events.database import raw
from projections import parked_acts, parked_streams
from projections.parked_requests import open_requests
from services.completeness_answers import READERS
from services.either_side import At, Here
from services.handing_in import AskedBy, Asker
from services.interface import problems
from services.parked_desk import ParkedDesk, Step
from services.parked_rules import PARKED_RULES, UNKNOWN_PARKED, UNKNOWN_WAITING
from services.parked_stated import AskRepair, AskSkip, ConsentToSkip, LookInto, RefuseSkip, RetryParked
from services.parked_words import contents_as_json, done_as_json, records_as_json, stream_as_json
from services.problems import Problem
from services.public_text import HOLDS_IDENTITY_NUMBER
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused, Rule

Stream = Annotated[UUID, Path(description="停放的一件：许可标识，或其他事件流的标识。")]
parked_routes = APIRouter(prefix="/api/v1/parked")


def problem_of(refused: Refused) -> Problem:
    """Return the problem of what a rule about parked streams refused: 404 when there is no such thing."""
    status = 404 if refused.rule in (UNKNOWN_PARKED, UNKNOWN_WAITING) else 422
    return Problem(status, refused.rule.code, "未予受理", refused.text, refused.rule.repair)


def _by(*rules: Rule) -> tuple[Problem, ...]:
    return tuple(problem_of(Refused(rule)) for rule in rules)


_STEP = problems(*_by(*PARKED_RULES, HOLDS_IDENTITY_NUMBER, SAME_KEY_OTHER_CONTENT))


def desk_of(here: At) -> ParkedDesk:
    return ParkedDesk(here.engine, READERS[here.side])


@parked_routes.get("", operation_id="listParked", summary="停放事件", responses=problems())
def listed(
    here: Here,
    reason: Annotated[str, Query(pattern="^[a-z_]{0,40}$", description="停放原因；省略则为全部。")] = "",
    skipped: Annotated[int, Query(ge=0, le=1_000_000, description="略过前面多少件。")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="件数。")] = 200,
) -> dict[str, Any]:
    """Return which streams stand still, the longest first, and what is asked for about each. Contents are not told."""
    reader = READERS[here.side]
    with here.engine.connect() as opened:
        connection = raw(opened)
        found = parked_streams.parked_page(connection, reader, reason or None, skipped, limit)
        asked = open_requests(connection, reader, (one.stream for one in found))
    return {"parked": [stream_as_json(one, asked.get(one.stream)) for one in found]}


@parked_routes.get("/history", operation_id="listParkedActs", summary="停放事件的办理经过", responses=problems())
def history(
    here: Here,
    stream: Annotated[UUID | None, Query(description="只看这一件。")] = None,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="只看编号小于此数的。")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="条数。")] = 200,
) -> dict[str, Any]:
    """Return who did what, the newest first: also about streams that are parked no longer."""
    with here.engine.connect() as connection:
        found = parked_acts.history(raw(connection), READERS[here.side], stream, before, limit)
    return {"acts": [done_as_json(one) for one in found]}


@parked_routes.post("/retries", operation_id="retryParked", summary="重试停放事件", status_code=201, responses=_STEP)
def retry(here: Here, form: RetryParked) -> dict[str, Any]:
    """Ask for another try: of one stream, or of all that were parked for a reason. ``asked``: how many that are."""
    try:
        return {"asked": desk_of(here).retry(form)}
    except Refused as refused:
        raise problem_of(refused) from None


@parked_routes.get(
    "/{stream}", operation_id="readParked", summary="一件停放事件", responses=problems(*_by(UNKNOWN_PARKED))
)
def read(here: Here, stream: Stream) -> dict[str, Any]:
    """Return the first hundred records that wait, by their envelopes. Not what they say."""
    reader = READERS[here.side]
    with here.engine.connect() as opened:
        connection = raw(opened)
        found = parked_streams.waiting_records(connection, reader, stream)
        asked = open_requests(connection, reader, [stream]).get(stream)
    if found is None:
        raise problem_of(Refused(UNKNOWN_PARKED))
    return stream_as_json(found[0], asked) | {"records": records_as_json(found[1])}


@parked_routes.post(
    "/{stream}/looks", operation_id="lookIntoParked", summary="查看停放事件的内容", status_code=201, responses=_STEP
)
def look(here: Here, stream: Stream, form: LookInto) -> dict[str, Any]:
    """Return what one record says; who looked and why is kept. The personal part stays sealed."""
    try:
        return contents_as_json(desk_of(here).look(stream, form))
    except Refused as refused:
        raise problem_of(refused) from None


@parked_routes.post("/{stream}/skip", operation_id="askToSkip", summary="请求跳过", status_code=201, responses=_STEP)
def ask_skip(here: Here, stream: Stream, form: AskSkip, by: AskedBy) -> dict[str, Any]:
    """Ask that the first record be skipped; nothing is before another person consents."""
    return _take(here, stream, form, by)


@parked_routes.post(
    "/{stream}/consent", operation_id="consentToSkip", summary="同意跳过", status_code=201, responses=_STEP
)
def consent(here: Here, stream: Stream, form: ConsentToSkip, by: AskedBy) -> dict[str, Any]:
    """Consent; the owner of the partition skips it within a second, and applies what waits behind, in order."""
    return _take(here, stream, form, by)


@parked_routes.post(
    "/{stream}/refusal", operation_id="refuseToSkip", summary="不同意跳过", status_code=201, responses=_STEP
)
def refuse(here: Here, stream: Stream, form: RefuseSkip, by: AskedBy) -> dict[str, Any]:
    """Refuse the skip, or take one's own request back."""
    return _take(here, stream, form, by)


@parked_routes.post(
    "/{stream}/repair", operation_id="askForCorrection", summary="请许可机关更正", status_code=201, responses=_STEP
)
def repair(here: Here, stream: Stream, form: AskRepair, by: AskedBy) -> dict[str, Any]:
    """Ask the deciding body to correct the first record; its correction then stands in the record's place."""
    return _take(here, stream, form, by)


def _take(here: At, stream: UUID, form: Step, by: Asker) -> dict[str, Any]:
    try:
        return desk_of(here).step(stream, form, by.caller, by.key)
    except Refused as refused:
        raise problem_of(refused) from None
