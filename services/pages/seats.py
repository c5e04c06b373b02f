"""Who sits before a page: in which role, for which body, under which staff number.

A seat is what the reader said when they chose it, kept in a cookie of their browser; it is written into what they do,
as the ``officer`` of a command over HTTP is. It says which work is shown first. It is no log-in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.problems import Problem


class Role(StrEnum):
    CLERK = "clerk"
    OFFICER = "officer"
    POLICY = "policy"
    COORDINATOR = "coordinator"
    LEADER = "leader"
    OPERATOR = "operator"
    SYSTEM = "sysadmin"
    SECURITY = "secadmin"
    AUDIT = "auditadmin"

    @property
    def words(self) -> str:
        return ROLE_WORDS[self]

    @property
    def of_a_body(self) -> bool:
        """Whether the role is one body's; the others look at all of them."""
        return self in (Role.CLERK, Role.OFFICER, Role.POLICY)

    @property
    def is_administrator(self) -> bool:
        """Whether it is one of the three (三员分立, GB/T 22239): nobody may be two of them, none sees business."""
        return self in (Role.SYSTEM, Role.SECURITY, Role.AUDIT)


ROLE_WORDS = {
    Role.CLERK: "审批人员",
    Role.OFFICER: "监管人员",
    Role.POLICY: "政策法规人员",
    Role.COORDINATOR: "协调员",
    Role.LEADER: "领导",
    Role.OPERATOR: "运维人员",
    Role.SYSTEM: "系统管理员",
    Role.SECURITY: "安全管理员",
    Role.AUDIT: "审计管理员",
}
ROLE_WORK = {
    Role.CLERK: "发布审批结果，修复未通过的行，回复处罚和规则变更",
    Role.OFFICER: "签收、退回推送，检查，记录处罚",
    Role.POLICY: "发布法规、政策、标准的变化，看谁还没有回复",
    Role.COORDINATOR: "维护监管责任清单，主持会商和裁定",
    Role.LEADER: "看各部门是否接得住、接得快，督办超期事项",
    Role.OPERATOR: "看延迟、停放事件，恢复运行",
    Role.SYSTEM: "在服务器上用命令和设置管理系统的运行，不看业务数据，不管账号",
    Role.SECURITY: "管理账号、岗位和登录，不看业务数据",
    Role.AUDIT: "查看审计记录，不看业务数据，不管账号",
}
_COOKIE = re.compile(r"([a-z]+)\.([0-9A-Z]{18})?\.([0-9A-Za-z-]{1,40})")


@dataclass(frozen=True, slots=True)
class Seat:
    """``body``: 18-character code, empty for a role that is not of one body. ``staff``: staff number (工号)."""

    role: Role
    body: str
    staff: str

    def as_cookie(self) -> str:
        return f"{self.role}.{self.body}.{self.staff}"


def seat_of(cookie: str, roles: Sequence[Role]) -> Seat | None:
    """Read a seat; none when the cookie is missing, spoiled, or of a role that this side does not have."""
    found = _COOKIE.fullmatch(cookie)
    if not found or found[1] not in roles:
        return None
    role = Role(found[1])
    return Seat(role, found[2] or "", found[3]) if role.of_a_body == bool(found[2]) else None


class NoSeat(Exception):
    """The page needs to know who asks; the reader is led to choose a seat and comes back."""


def no_right(roles: Sequence[Role]) -> Problem:
    who = "、".join(role.words for role in roles)
    return Problem(
        403,
        "no_right",
        "这件事由其他岗位办理",
        f"本页由{who}使用，您当前的岗位不能办理。",
        "请转告相应人员。如您也承担该岗位，演示中点右上角换岗位，正式系统请找安全管理员。",
    )
