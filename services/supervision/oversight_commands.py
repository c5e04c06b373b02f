"""What can be asked about a push: the forms, as programs and pages send them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from events.oversight import OpenedBy, ReturnReason

Person = Annotated[str, Field(min_length=1, max_length=40, description="经办人工号。")]
Words = Annotated[str, Field(max_length=2000)]
Code = Annotated[str, Field(min_length=18, max_length=18, description="18 位部门代码。")]


class Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(Form):
    """What an officer does about one push, or about all open pushes of the permit when ``push_version`` is left out."""

    push_version: Annotated[int | None, Field(ge=1, description="推送版本；省略则为该许可的全部待办推送。")] = None
    officer: Person


class Read(Step):
    step: Literal["read"] = "read"


class Sign(Step):
    step: Literal["sign"] = "sign"


class Return(Step):
    step: Literal["return"] = "return"
    reason: ReturnReason
    text: Words = ""
    candidate: Annotated[Code | None, Field(description="建议的部门。")] = None


class Handle(Step):
    step: Literal["handle"] = "handle"
    text: Words = ""


class Close(Step):
    step: Literal["close"] = "close"
    text: Words = ""


class Reassign(Form):
    """转办: the coordinator gives the permit to other departments."""

    lead: Code
    co_departments: tuple[Code, ...] = ()
    by: Person
    text: Annotated[str, Field(min_length=1, max_length=2000, description="转办理由。")]


class OpenConsultation(Form):
    opened_by: Literal[OpenedBy.DISPUTE, OpenedBy.BY_HAND] = OpenedBy.BY_HAND
    by: Person
    text: Annotated[str, Field(min_length=1, max_length=2000, description="会商事由。")]
    invited: tuple[Code, ...] = ()


class GiveOpinion(Form):
    body: Code
    officer: Person
    text: Annotated[str, Field(min_length=1, max_length=2000, description="意见。")]
    legal_basis: Words = ""


class RuleOn(Form):
    """裁定. ``effective``: the legal day from which it holds; today when left out."""

    lead: Code
    co_departments: tuple[Code, ...] = ()
    reason: Annotated[str, Field(min_length=1, max_length=2000, description="裁定理由。")]
    legal_basis: Words = ""
    by: Person
    effective: date | None = None
    changes_duty_list: Annotated[bool, Field(description="责任清单随之修改。")] = False
    like_cases: Annotated[bool, Field(description="同样适用于同事项、同区划、同层级的待裁许可。")] = True


AnyStep = Annotated[Read | Sign | Return | Handle | Close, Field(discriminator="step")]
Command = Read | Sign | Return | Handle | Close | Reassign | OpenConsultation | GiveOpinion | RuleOn
