"""The sentences that a clerk reads about a permits file alone: what is wrong, and what to do about it."""

from __future__ import annotations

from services.tables.faults import Fault

PENALTY_FILE = Fault("penalty_file", "这是行政处罚文件, 不是行政许可文件。", "请选择行政许可文件。")
END_BEFORE_START = Fault("end_before_start", "有效期至早于有效期自。", "请核对有效期的起止日期。")
NO_NUMBER = Fault("no_number", "决定文书号和许可编号都为空。", "请至少填写其中一项。")
NO_TERM = Fault("no_term", "有效期至为空, 不能视为长期。", "请填写有效期至; 长期有效的请填 2099/12/31。")
CONFLICTING = Fault(
    "conflicting",
    "与第 {row} 行是同一许可的同一决定, 内容却不一致。",
    "请核对两行, 保留正确的一行; 确为另一次决定的请改正决定文书号或决定日期。",
)

NUMBER_FROM_PERMIT = "决定文书号为空, 按标准以许可编号代替"
NUMBER_FROM_DOCUMENT = "许可编号为空, 以决定文书号识别"
