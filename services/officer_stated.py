"""What is said of officers, as forms over HTTP. How somebody is reached is written, and never read back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from events.approval import Level
from events.people import LeaveRecorded, OfficerDeparted
from services.limits import EVERY_MATTER
from services.people import EVERY_LEVEL, People, depart, take_leave, take_leave_back
from services.people_register import Enrolment
from services.stated import Code, LegalDate, Required, Stated, Text

By = Annotated[Code, Field(description="登记人的工号或简称。")]
StaffNumber = Annotated[Code, Field(max_length=40, description="工号；不得用身份证号码。")]
Address = Annotated[Text, Field(max_length=200)]


class StatedOfficer(Stated):
    """经办人员。姓名与联系方式只保存在本侧数据库。"""

    officer: StaffNumber
    department: Annotated[Code, Field(description="部门代码；统筹部门填简称。")]
    name: Annotated[Required, Field(max_length=100)]
    post: Annotated[Text, Field(max_length=100)] = ""
    mail: Address = ""
    phone: Address = ""
    webhook: Address = ""
    by: By

    def enrolment(self) -> Enrolment:
        return Enrolment(
            self.officer, self.department, self.name, self.post, self.mail, self.phone, self.webhook
        )  # fmt: skip


class StatedLeave(Stated):
    """请假。"""

    first: Annotated[LegalDate, Field(description="第一日。")]
    last: Annotated[LegalDate | None, Field(description="最后一日；省略则撤回从 first 开始的请假。")] = None
    by: By

    def decide(self, officer: str, known: People) -> LeaveRecorded:
        """Return what is said of ``officer``, or raise ``Refused``."""
        one = known.officers.get(officer)
        if self.last is None:
            return take_leave_back(one, officer, self.first, self.by)
        return take_leave(one, officer, self.first, self.last, self.by)


class StatedDeparture(Stated):
    """离岗。"""

    departed_from: Annotated[LegalDate, Field(description="不再在岗的第一日。")]
    successor: Annotated[StaffNumber | None, Field(description="接任人工号；省略则转给代理人或部门默认负责人。")] = None
    by: By
    reason: Required

    def decide(self, officer: str, known: People) -> OfficerDeparted:
        """Return what is said of ``officer``, or raise ``Refused``."""
        return depart(OfficerDeparted(officer=officer, **self.model_dump()), known)


class StatedAppointment(Stated):
    """职责负责人与代理人。"""

    department: Annotated[Code, Field(description="部门代码。")]
    matter_code: Annotated[Code, Field(description="事项编码；* 为部门默认负责人。")] = EVERY_MATTER
    region_code: Annotated[str, Field(pattern=r"^(\d{6}(\d{6})?)?$", description="区划代码；省略则为全部。")] = ""
    level: Annotated[str, Field(pattern=rf"^({'|'.join(Level)}|\*)$", description="层级；* 为全部。")] = EVERY_LEVEL
    officer: StaffNumber
    deputy: StaffNumber | None = None
    valid_from: LegalDate
    valid_to: LegalDate | None = None
    by: By
