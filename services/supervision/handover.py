"""What may be said of a handover list (移交清单): it is signed, once, as a whole or with exceptions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.handovers import HandoverListSigned, ReturnedRow
from events.oversight import ReturnReason
from projections.handovers import Handover
from services.refusing import Refused, Rule
from services.supervision.oversight_commands import Code, Form, Person, Words
from services.wording import moment_in_words

UNKNOWN_HANDOVER = Rule("unknown_handover", "没有找到本部门的这份移交清单。", "请核对部门代码和清单标识。")
HANDOVER_SIGNED = Rule("handover_signed", "该移交清单已经签收。", "无需再次签收; 对其中某件有异议的, 请申请会商。")
HANDOVER_WITHDRAWN = Rule(
    "handover_withdrawn", "该移交清单所列许可均已由移交机关撤回。", "无需签收; 重新移交的, 另有清单。"
)
NOT_ON_LIST = Rule("not_on_list", "例外中有不在该清单上的许可。", "请核对许可标识; 清单所列见移交清单。")
TWICE_EXCEPTED = Rule("twice_excepted", "同一许可在例外中出现了两次。", "请每件只写一次。")
ROW_WITHDRAWN = Rule("row_withdrawn", "例外中有移交机关已经撤回的许可。", "已撤回的无需退回, 请从例外中删去。")


class Excepted(Form):
    """A row that is not taken over, with the closed reasons of a return."""

    permit: UUID
    reason: ReturnReason
    text: Words = ""
    candidate: Annotated[Code | None, Field(description="建议的部门。")] = None


class SignHandover(Form):
    """签收移交清单. ``exceptions``: rows that are returned; all others are signed."""

    officer: Person
    exceptions: Annotated[tuple[Excepted, ...], Field(max_length=1000, description="不予接收的许可。")] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list as it stands. ``apart``: the department has said something about it before."""

    push_version: int
    withdrawn: bool
    apart: bool


def sign(
    handover: Handover | None, department: str, stated: SignHandover, rows: Mapping[UUID, Row]
) -> HandoverListSigned:
    """Return the signature of the whole list, or raise ``Refused``. Of two officers at once the second is told who was
    first, and when."""
    if handover is None or handover.department != department:
        raise Refused(UNKNOWN_HANDOVER)
    if handover.signed_at is not None:
        at = moment_in_words(handover.signed_at)
        raise Refused(HANDOVER_SIGNED, f"该移交清单已由 {handover.officer} 于 {at} 签收。")
    withdrawn = sum(row.withdrawn for row in rows.values())
    if withdrawn == len(rows):
        raise Refused(HANDOVER_WITHDRAWN)
    returned: list[ReturnedRow] = []
    for number, one in enumerate(stated.exceptions):
        row = rows.get(one.permit)
        field = f"exceptions.{number}.permit"
        if row is None:
            raise Refused(NOT_ON_LIST, f"许可 {one.permit} 不在该移交清单上。", field)
        if row.withdrawn:
            raise Refused(ROW_WITHDRAWN, f"许可 {one.permit} 已由移交机关撤回。", field)
        if any(before.permit == one.permit for before in returned):
            raise Refused(TWICE_EXCEPTED, f"许可 {one.permit} 在例外中出现了两次。", field)
        returned.append(
            ReturnedRow(
                permit=one.permit, push_version=row.push_version, reason=one.reason, text=one.text,
                candidate=one.candidate,
            )
        )  # fmt: skip
    excepted = {one.permit for one in returned}
    apart = sum(row.apart and not row.withdrawn for permit, row in rows.items() if permit not in excepted)
    return HandoverListSigned(
        number=handover.number,
        body=handover.body,
        department=department,
        officer=stated.officer,
        signed=len(rows) - withdrawn - apart - len(returned),
        apart=apart,
        withdrawn=withdrawn,
        returned=tuple(returned),
    )
