"""What an approval body may say in a consultation (会商) about a permit. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from events.opinions import OpinionStated
from services.public_text import may_be_public
from services.refusing import Refused, Rule
from services.stated import NO_NUL, Code, Stated

NOT_CONSULTED = Rule(
    "not_consulted", "该许可没有正在进行的会商, 或会商通知尚未到达审批侧。", "请核对许可标识; 会商须由监管侧发起。"
)
CONSULTATION_RULED = Rule(
    "consultation_ruled", "该次会商已经裁定, 不再收取意见。", "如情况有变, 请商监管侧重新发起会商。"
)
BODY_NOT_ASKED = Rule(
    "body_not_asked", "该机关不是本次会商的参加单位。", "请核对机关代码; 需要参加的, 请商监管侧重新发起。"
)

Said = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=NO_NUL)]


class StatedOpinion(Stated):
    """An opinion as a clerk states it. ``number``: which consultation of the permit; the open one when left out."""

    body: Code
    clerk: Annotated[Code, Field(max_length=40, description="经办人工号或简称。")]
    text: Annotated[Said, Field(min_length=1, description="意见。")]
    legal_basis: Annotated[Said, Field(description="依据。")] = ""
    number: Annotated[int | None, Field(ge=1, lt=2**31, description="第几次会商；省略则为正在进行的一次。")] = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A consultation as this side has heard of it."""

    number: int
    bodies: Sequence[str]
    ruled: bool


def give(permit: UUID, consultations: Sequence[Asked], stated: StatedOpinion) -> OpinionStated:
    """Return the opinion, or raise ``Refused``. ``consultations``: of the permit, as far as this side has heard."""
    may_be_public([stated.text], "text")
    may_be_public([stated.legal_basis], "legal_basis")
    if stated.number is None:
        found = next((one for one in reversed(consultations) if not one.ruled), None)
    else:
        found = next((one for one in consultations if one.number == stated.number), None)
    if found is None:
        raise Refused(NOT_CONSULTED)
    if found.ruled:
        raise Refused(CONSULTATION_RULED, f"该许可的第 {found.number} 次会商已经裁定, 不再收取意见。", "number")
    if stated.body not in found.bodies:
        raise Refused(BODY_NOT_ASKED, field="body")
    return OpinionStated(
        permit=permit, number=found.number, body=stated.body, clerk=stated.clerk, text=stated.text,
        legal_basis=stated.legal_basis,
    )  # fmt: skip
