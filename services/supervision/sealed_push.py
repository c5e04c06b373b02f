"""What is sealed of a permit that a department watches: opened with the one key that the approval side hands out."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request

from events.database import raw
from services.access.entrance import entrance_of
from services.access.sealed_facts import SealedFact, facts_in
from services.problems import Problem
from services.supervision.office import office_of
from services.supervision.party_register import RegisterAway
from services.supervision.permit_history import history_of


def opened(request: Request, permit: UUID) -> tuple[UUID, list[SealedFact]]:
    """Return the holder of a permit and what is sealed with its newest decision, for a department that watches it now.

    Raises a Problem: 403 for a permit that others watch, or that is nowhere; 503 while no key is handed out.
    """
    office, scope = office_of(request), entrance_of(request.app).caller(request).scope
    with office.engine.connect() as connection:
        history = history_of(raw(connection), permit)
    if history is None or not any(scope.covers(department) for department in history.responsible()):
        raise not_watched()
    newest = history.happened[-1]
    party = newest.decided.facts.party
    if newest.personal is None:
        return party.party_id, []
    try:
        key = office.penalties.register.key_of(party.party_id)
    except RegisterAway:
        raise keys_away() from None
    return party.party_id, facts_in(party, key, newest.personal)


def not_watched() -> Problem:
    """One answer for what others watch and what is nowhere, so that it tells nobody which of others' permits exist."""
    return Problem(
        403,
        "not_watched",
        "这件许可不由本部门监管",
        "个人信息只供现在负责监管的部门（牵头或协同）查看。该许可不由本部门监管，或不存在。",
        "请核对许可标识；确有需要的，请联系负责监管的部门。",
    )


def keys_away() -> Problem:
    return Problem(
        503,
        "keys_away",
        "暂时打不开隐去的信息",
        "密钥由审批侧保管，审批侧现在没有答复。没有显示任何内容，也不占用今天的次数。",
        "请稍后再试；若持续如此，请联系运维人员检查审批侧服务。",
    )
