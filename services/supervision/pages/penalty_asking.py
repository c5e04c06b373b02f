"""How a form about a penalty comes to the desk, and what the reader is told when it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from events.penalties import PenaltyFacts
from projections.penalty_page import penalty
from services.handing_in import not_accepted
from services.pages.act_keys import BY_PAGE, act_key
from services.pages.seats import Seat
from services.problems import Problem
from services.refusing import Refused, Rule
from services.supervision.office import Office
from services.supervision.party_register import REGISTER_AWAY
from services.supervision.penalty_http import unknown_penalty
from services.supervision.penalty_outcome import Asked
from services.supervision.penalty_stated import Command


def ask(office: Office, command: Command, which: UUID | None, once: str, said: Any) -> Mapping[str, Any]:
    """Have the desk do ``command``, once for the form whose random key is ``once`` and which ``said`` this; return the
    answer, or raise ``Refused``."""
    key = act_key(once, [type(command).__name__, str(which), said])
    (outcome,) = office.penalties.handle([Asked(command, which, BY_PAGE, key)])
    office.standings_changed()
    answer = outcome.answer()
    if not answer["accepted"]:
        raise Refused(Rule(answer["rule"], answer["text"], answer["repair"]), field=answer["field"])
    return answer


def problem_of(refused: Refused) -> Problem:
    code = refused.rule.code
    status = 503 if code == REGISTER_AWAY.code else 404 if code.startswith("unknown_") else 422
    return not_accepted(status, code, refused.text, refused.rule.repair)


def own_penalty(office: Office, seat: Seat, which: UUID) -> PenaltyFacts:
    """Return the facts of a penalty as it stands; only the department that imposed it goes on with it."""
    with office.engine.connect() as connection:
        row = penalty(connection, which)
    if row is None:
        raise unknown_penalty()
    facts = PenaltyFacts.model_validate(row.facts)
    if facts.department != seat.body:
        text = f"这一处罚由{facts.department_name}作出，后续由该机关登记。"
        raise Problem(403, "not_yours", "由处罚机关办理", text, "请联系处罚机关。")
    return facts
