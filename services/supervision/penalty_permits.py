"""Which permits a penalty touches: what another look at the lists changes, and what an officer confirms. Pure."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from events.penalties import How, MatchedPermit, PenaltyMatched, PenaltyStatus, PenaltyUnmatched
from services.refusing import Refused
from services.supervision.penalty import NOT_OF_PARTY, NOT_WAITING, Penalty, standing
from services.supervision.penalty_matching import Found, PermitOfParty, names_nothing
from services.supervision.penalty_stated import Confirm


def look(penalty: Penalty, found: Found) -> list[PenaltyMatched | PenaltyUnmatched]:
    """Return what ``found`` changes: which permits the penalty touches, and what of it waits. Nothing when nothing."""
    facts = penalty.facts
    assert facts is not None
    said: list[PenaltyMatched | PenaltyUnmatched] = []
    settled = found.reason is None
    if found.matches != penalty.matches or (settled and not penalty.settled):
        said.append(PenaltyMatched(facts=facts, status=penalty.status, matches=found.matches, settled=settled))
    if found.reason is not None:
        waits = PenaltyUnmatched(
            facts=facts,
            status=penalty.status,
            reason=found.reason.value,
            owner=facts.department_name,
            sought=found.sought,
            candidates=found.candidates,
        )
        if penalty.waiting is None or _sought(waits) != _sought(penalty.waiting):
            said.append(waits)
    return said


def seeks(penalty: Penalty) -> bool:
    """Tell whether a permit that is listed now may be one that the penalty touches: it waits for one, or is one of its
    party, whose older permits may come late."""
    if penalty.status is not PenaltyStatus.IN_FORCE or penalty.facts is None:
        return False
    by_party = any(one.how is How.PARTY for one in penalty.matches)
    return penalty.waiting is not None or (by_party and names_nothing(penalty.facts.certificates))


def keeping(penalty: Penalty, found: Found) -> Found:
    """Return ``found`` with the permits that the penalty was known to touch: also one that has another holder now, or
    has ended. What was taken by the party for want of better gives way."""
    assert penalty.facts is not None
    kept = (How.CERTIFICATE, How.PARTY) if names_nothing(penalty.facts.certificates) else (How.CERTIFICATE,)
    matches = {one.permit: one for one in penalty.matches if one.how in kept}
    matches |= {one.permit: one for one in found.matches}
    return replace(found, matches=tuple(matches[permit] for permit in sorted(matches)))


def _sought(waiting: PenaltyUnmatched) -> tuple[object, ...]:
    return waiting.reason, waiting.sought, waiting.candidates


def confirm(penalty: Penalty, command: Confirm, permits: dict[UUID, PermitOfParty]) -> PenaltyMatched:
    """Return the event by which an officer says which permits the waiting penalty touches.

    What was found by the certificate stays; what was taken for want of better, by the party, gives way to it.
    """
    facts = standing(penalty, "确认证照", PenaltyStatus.IN_FORCE, PenaltyStatus.REPAIRED)
    if penalty.waiting is None:
        raise Refused(NOT_WAITING)
    if any(permit not in permits for permit in command.permits):
        raise Refused(NOT_OF_PARTY, field="permits")
    named = {candidate.permit: candidate.certificate for candidate in penalty.waiting.candidates}
    kept = [one for one in penalty.matches if not command.permits or one.how is not How.PARTY]
    known = {one.permit for one in kept}
    confirmed = [
        MatchedPermit(
            permit=permit,
            deciding_body=permits[permit].deciding_body,
            permit_number=permits[permit].permit_number,
            how=How.CONFIRMED,
            certificate=named.get(permit, ""),
            confirmed_by=command.officer,
        )
        for permit in dict.fromkeys(command.permits)
        if permit not in known
    ]
    return PenaltyMatched(
        facts=facts, status=penalty.status, officer=command.officer, matches=(*kept, *confirmed), settled=True
    )
