"""What a person may do about a parked stream: the forms, as pages, programs and commands fill them in."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

REASON_AT_LEAST = 8
"""Characters: who reads the history next year must understand why."""

Officer = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern="^[0-9A-Za-z-]+$"),
    Field(description="工号。"),
]
Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=REASON_AT_LEAST, max_length=400),
    Field(description=f"理由，至少 {REASON_AT_LEAST} 个字，不写姓名、证件号码。"),
]
Parked = Annotated[str, Field(pattern="^[a-z_]{1,40}$", description="停放原因，如 refused。")]


class Acting(BaseModel):
    """办理人."""

    model_config = ConfigDict(extra="forbid")
    officer: Officer


class Reasoned(Acting):
    """办理人和理由."""

    reason: Words


class RetryParked(Acting):
    """重试：指明一件（``stream``），或一种停放原因的全部（``reason``）。"""

    stream: UUID | None = None
    reason: Parked | None = None


class AskSkip(Reasoned):
    """请求跳过最前面的一件；另一人同意后跳过。"""


class ConsentToSkip(Acting):
    """同意跳过：须为请求人以外的人。"""


class RefuseSkip(Reasoned):
    """不同意跳过；请求人自己填报的，为撤回。"""


class AskRepair(Reasoned):
    """请求许可机关更正最前面的一件决定。"""


class LookInto(Reasoned):
    """查看一件停放事件的内容：记录查看人和理由。"""

    version: Annotated[int, Field(ge=1, le=2**31 - 1, description="版本；省略则为最前面的一件。")] | None = None
